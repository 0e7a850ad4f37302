/* Between the files of imports: rows of import_sql.c and the events around them. */
#ifndef IMPORT_ROWS_H
#define IMPORT_ROWS_H

#include "xiangcai/import.h"

/* One fault of a rejected row, as staged and as shown. */
struct import_fault {
	struct id import;
	int64_t record, shown, number;
	struct text field, code, cell, arguments;
	struct text reason; /* the sentence, when shown */
};
extern const struct field import_fault_fields[];
extern const size_t import_fault_field_count;

/* What was normalised in one cell of an accepted row. */
struct import_note {
	struct id import;
	int64_t record, shown, number;
	struct text field, cell, taken;
};
extern const struct field import_note_fields[];
extern const size_t import_note_field_count;

/* What waits to be written while a file is read. */
struct import_staging {
	struct arena *chunk;
	struct list faults, notes; /* of the structs above */
	int64_t fault_chunks, note_chunks;
};

/* ---- what was said of a file (options.c) --------------------------------------- */

/* A header cell and the column that it stands for; empty: for none. */
struct import_header {
	struct id id, whose;
	struct text kind, key, header, column;
	int64_t created_at;
	bool found; /* the file has such a header */
};
extern const struct field import_header_fields[]; /* as asked for and shown, and as a row */
extern const size_t import_header_field_count;
struct import_correction {
	int64_t record;
	struct text column, value;
};
enum {
	HEADERS_KEPT_MAX = 500, /* of a kind, by an organisation */
	CORRECTIONS_MAX = 5000,
	CORRECTION_LENGTH_MAX = 2000
};
struct import_options {
	struct text sheet;  /* NO_TEXT: the first visible one */
	int64_t header_row; /* INT_NONE: where it is found */
	struct list
		columns; /* of struct import_header: what was said of this file, then of others */
	int64_t said;    /* so many of them of this file */
	struct list corrections; /* of struct import_correction, by record */
	/* while rows pass */
	struct header_choice choice;
	size_t next;          /* of the corrections */
	struct sheet_row row; /* the corrected one */
};
/* sheet, header_row, columns, corrections; of the members of @type's member @at. */
/* clang-format off */
#define IMPORT_OPTIONS_FIELDS(type, at)                                                            \
	{ "sheet", KIND_TEXT, FIELD_AT(type, at sheet), .optional = true, .min = 1, .max = 200 },  \
	{ "header_row", KIND_INT, FIELD_AT(type, at header_row), .optional = true,                 \
	  .min = 1, .max = SHEET_ROWS_MAX },                                                       \
	{ "columns", KIND_LIST, FIELD_AT(type, at columns), .optional = true,                      \
	  .max = SHEET_CELLS_MAX, .of = import_said_fields, .of_count = IMPORT_SAID_FIELD_COUNT,   \
	  .of_size = sizeof(struct import_header) },                                               \
	{ "corrections", KIND_LIST, FIELD_AT(type, at corrections), .optional = true,              \
	  .max = CORRECTIONS_MAX, .of = import_correction_fields,                                  \
	  .of_count = IMPORT_CORRECTION_FIELD_COUNT, .of_size = sizeof(struct import_correction) }
/* clang-format on */
enum { IMPORT_SAID_FIELD_COUNT = 2, IMPORT_CORRECTION_FIELD_COUNT = 3 };
extern const struct field import_said_fields[];
extern const struct field import_correction_fields[];
/* Notes what of it is wrong for imports of @kind. */
void said_check(const struct import_kind *kind, struct import_options *options,
		struct problems *problems);
/* As JSON for the row, NO_TEXT when nothing was said. ERR_MEMORY or OK. */
enum err said_write(struct arena *arena, const struct import_options *options, struct text *out);
/* Ready to be followed, behind said_check or from the row of an import (NO_TEXT in it: nothing
 * was said). */
enum err said_begin(struct arena *arena, const struct import_kind *kind,
		    struct import_options *options);
enum err said_load(struct db *db, struct arena *arena, const struct import_kind *kind,
		   struct id import, struct import_options *out);
/* @row, or a corrected copy of it. ERR_CORRECTION_PLACE when a correction finds no cell. */
enum err said_correct(struct import_options *options, const struct header *header,
		      const char *const *columns, const struct sheet_row **row);
/* Notes which of the columns that were said the header @row has. */
enum err said_meet(struct import_options *options, const struct header *header,
		   const struct sheet_row *row);
/* When all rows have passed: ERR_CORRECTION_PLACE when corrections are left, ERR_COLUMN_ABSENT when
 * the file has a header (NULL: none) but not a column that was said of it. */
enum err said_end(const struct import_options *options, const struct header *header);
/* What either of them is about. */
struct problem said_problem(const struct import_options *options, enum err code);
/* The cells of the header that name no column, as a JSON array. */
struct text said_unknown(struct arena *arena, const struct header *header,
			 const struct sheet_row *row);

/* ---- events ------------------------------------------------------------------ */

/* Puts the import and its job into the queue. */
struct import_asking {
	struct import import;
	const struct import_kind *kind;
	struct import_options options;
};
/* What can be read as a table, by the type that the upload found. */
bool media_is_table(struct text media_type);
event_fn import_request; /* arg: struct import_asking */
event_fn import_running; /* arg: struct import */
/* A chunk of faults or notes. arg: struct list of them */
event_fn import_stage_faults;
event_fn import_stage_notes;
/* The end of the reading: publishes what is to be published, with all counts. */
struct import_ending {
	struct import_end end;
	const struct import_kind *kind;
};
event_fn import_finish; /* arg: struct import_ending */
/* A cancelled import: takes away some of what was staged (*more: there is more), and at the end
 * says so. */
struct import_sweep {
	struct import import;
	bool more;
};
event_fn import_sweep_some;  /* arg: struct import_sweep */
event_fn import_cancelled;   /* arg: struct import_sweep */
event_fn import_header_drop; /* arg: struct import_header: id, whose and kind */

/* ---- sentence.c -------------------------------------------------------------- */

/* Appends the sentence of a stored fault. */
void fault_sentence(const struct import_fault *fault, enum language language, struct buffer *out);

/* ---- import_sql.c ------------------------------------------------------------ */

/* What the organisation's file is, by its bytes; ERR_NOT_FOUND for those of others. */
enum err import_file_media(struct db *db, struct arena *arena, struct id file,
			   struct id organisation, struct text *media_type);
enum err import_insert(struct db *db, const struct import *import, struct text options);
enum err import_options_read(struct db *db, struct arena *arena, struct id id, struct text *out);
/* Whether such an import waits: of the same file, by the same policy and options. */
enum err import_waits(struct db *db, const struct import *import, struct text options, bool *waits);
/* Those whose rows are kept no longer: made before @oldest, or not among the newest; struct id. */
enum err imports_old(struct db *db, struct arena *arena, struct id oldest, struct list *out);
/* @kept: enum import_kept. */
enum err import_mark_kept(struct db *db, struct id id, int32_t kept);
/* Takes away at most SWEEP_ROWS faults, and as many notes and changes; *count: how many it were. */
enum { SWEEP_ROWS = 5000 };
enum err import_sweep_rows(struct db *db, struct id import, uint64_t *count);
/* Of struct import_header, the newest first, at most HEADERS_KEPT_MAX and one. */
enum err headers_list(struct db *db, struct arena *arena, struct id whose, const char *kind,
		      struct list *out);
enum err headers_put(struct db *db, const struct list *headers);
/* Locks it. ERR_NOT_FOUND */
enum err header_read(struct db *db, struct arena *arena, struct id whose, const char *kind,
		     struct id id, struct import_header *out);
enum err header_delete(struct db *db, struct id id);
enum err import_mark_running(struct db *db, struct id id);
enum err import_close(struct db *db, const struct import *import);
/* ERR_NOT_FOUND for those of others and of another kind. */
enum err import_read(struct db *db, struct arena *arena, const char *kind, struct id whose,
		     struct id id, struct import *out);
enum err import_list(struct db *db, struct arena *arena, const char *kind, struct id whose,
		     struct id after, int64_t limit, struct list *out);
enum err faults_insert(struct db *db, const struct import_fault *rows, size_t count);
enum err notes_insert(struct db *db, const struct import_note *rows, size_t count);
/* @after: record × ROW_FAULTS_MAX + number. */
enum err fault_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		    int64_t limit, struct list *out);
enum err note_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		   int64_t limit, struct list *out);

#endif
