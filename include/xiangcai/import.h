/*
 * import: tables that people upload, on their way into the database. What all kinds of imports
 * share stands here: the request and its job, reading row by row, what was wrong with rejected rows
 * and what was normalised in accepted ones, dry runs and policies, the one transaction at the end.
 * A kind says how its rows are read and what publishing them means.
 *
 * An import belongs to the organisation that asked for it; others find nothing.
 */
#ifndef XIANGCAI_IMPORT_H
#define XIANGCAI_IMPORT_H

#include "xiangcai/audit.h"
#include "xiangcai/sheet.h"

/* What stands of its faults, notes and changes. */
enum import_kept { KEPT_WHOLE, KEPT_GOING, KEPT_GONE };
/* They are kept for so long, of so many imports of one organisation. */
enum { IMPORT_KEPT_DAYS = 90, IMPORT_KEPT_COUNT = 50 };

enum import_policy { POLICY_ALL_OR_NOTHING, POLICY_ACCEPT_GOOD_ROWS };
extern const char *const policy_words[];

struct import {
	struct id id;    /* also of its job */
	struct id whose; /* the organisation that asked */
	struct id user, file;
	struct id places; /* a second file, for kinds that take one; NO_ID: none */
	struct text kind; /* import_kind.word */
	int32_t policy;
	bool dry_run;
	int32_t state; /* enum job_state */
	struct text format, encoding, sheet;
	int64_t accepted, rejected, skipped, created, changed, unchanged;
	int64_t priced, restocked; /* of catalogues: rows whose price or stock moved */
	bool published;
	struct text problem; /* code of why not all that could be was taken over */
	struct text reason;  /* its sentence, when shown */
	int64_t created_at, ended_at;
	int64_t header_row;          /* the record that was taken for the header; INT_NONE: none */
	int32_t kept;                /* enum import_kept */
	struct text unknown_columns; /* JSON array of header cells that name no column; NO_TEXT
					before */
};
/* As asked for and shown; `places` is the last. */
enum { IMPORT_FIELDS_OF_ONE_FILE = 27, IMPORT_FIELDS_OF_TWO_FILES };
extern const struct field import_fields[];
extern const size_t import_field_count;

/* ---- reading ----------------------------------------------------------------- */

struct import_kind;

/*
 * An import being read by its job. @import takes the counts of accepted, rejected and skipped rows
 * from the kind's reader; @rows is whatever its publication needs. Memory that outlives a row
 * stands in @arena; @scratch is the reader's own and reset as it likes.
 */
struct import_run {
	struct job_run *job;
	const struct import_kind *kind;
	struct import import;
	struct arena *arena, *scratch;
	void *rows;
	struct import_staging *staging; /* of import; what follows, too */
	struct import_options *options;
	struct header *header; /* of the kind's reader, and its counts; NULL: not told */
	const int64_t *accepted, *rejected, *skipped;
};
struct header;
/*
 * Before import_read_file: @header, just begun, follows what was said of the file's columns, and
 * corrections find their cells by it; the counts are the reader's own, which progress tells. All of
 * it is read as the rows pass.
 */
void import_watch(struct import_run *run, struct header *header, const int64_t *accepted,
		  const int64_t *rejected, const int64_t *skipped);
/* Faults of the rows of a second file stand at its records plus this; they are shown without. */
enum { PLACES_RECORDS = 1000000, ROW_FAULTS_MAX = 1000, CELL_KEPT_MAX = 200 };

/* Reads the import's file, or its second one, telling progress and keeping what it was: format,
 * encoding, sheet, and a note for each sheet that is hidden. Errors as sheet_read. */
enum err import_read_file(struct import_run *run, const struct sheet_choice *choice,
			  sheet_row_fn *row, void *context);
enum err import_read_places(struct import_run *run, const struct sheet_choice *choice,
			    struct sheet_source *source, sheet_row_fn *row, void *context);
/* The @number-th fault of a rejected row (at most ROW_FAULTS_MAX): its place is the column's word.
 */
enum err import_add_fault(struct import_run *run, int64_t record, size_t number,
			  const struct problem *problem, struct text cell);
/* What a cell of an accepted row was taken for. */
enum err import_add_note(struct import_run *run, int64_t record, size_t number, struct text column,
			 struct text cell, struct text taken);

/* ---- ending ------------------------------------------------------------------ */

enum import_outcome { IMPORT_REFUSED, IMPORT_CHECKED, IMPORT_PUBLISHED, IMPORT_FAILED };
struct import_end {
	struct import import;
	enum import_outcome outcome;
	void *rows; /* of import_run; NULL when nothing of it may be taken over */
};
struct header;
/* A table that a kind takes, as much as is needed to find rejected rows in it again. */
struct import_table {
	/* Makes a header that finds the table's columns. */
	enum err (*header)(struct header *header, struct arena *lasting, struct arena *scratch);
	const char *const *columns; /* their words, as faults name them; NULL-ended */
	uint32_t required;          /* bits of columns that a file must have */
	size_t key; /* the column that ties rows of a second table to those of the first */
	const char *sheet[2]; /* what a sheet of its rejected rows is called, by enum language */
};
/* What a cell at fault may have meant, the likeliest first. */
enum { NEAR_NAMES_MAX = 3 };
struct near_names {
	size_t count;
	struct text names[NEAR_NAMES_MAX];
	int likeness[NEAR_NAMES_MAX];
};
struct import_cell_fault {
	struct text column, code, cell; /* code: of err_info */
};
struct import_kind {
	const char *word, *job; /* in `import.kind`; the kind of its jobs */
	size_t field_count;     /* of import_fields, by whether a second file is taken */
	const struct import_table *tables;
	size_t table_count; /* 1; 2 where a second file, or a second sheet, is taken */
	enum err (*read)(struct import_run *run);
	/*
	 * Inside the last transaction: takes the rows over and fills created, changed, unchanged,
	 * priced and restocked; @publish writes the audit event, @plan nothing but what the rows
	 * would do. Both may run again.
	 */
	enum err (*publish)(struct tx *tx, struct import_end *end);
	enum err (*plan)(struct tx *tx, struct import_end *end);
	void (*published)(struct app *app); /* after the commit; may be NULL */
	/*
	 * What to offer for a cell of a rejected row, by the names of @today. *@known, NULL at
	 * first, keeps what was read for it, in @arena. NULL: nothing ever.
	 */
	enum err (*suggest)(struct db *db, struct arena *arena, int32_t today, void **known,
			    const struct import_cell_fault *fault, struct near_names *out);
};
/* A leased loop: takes away the rows of imports that are kept no longer. */
extern const char imports_loop_name[];
enum err imports_turn(struct app *app, struct db *db, struct arena *arena,
		      const struct lease *lease, bool *more);
/* What the job of @kind does. */
enum err import_job(struct job_run *run, const struct import_kind *kind);

/* ---- handlers ---------------------------------------------------------------- */

enum err import_post(struct req *rq, const struct import_kind *kind);
enum err import_list_get(struct req *rq, const struct import_kind *kind);
enum err import_get(struct req *rq, const struct import_kind *kind);
/*
 * Faults as a list; as CSV or as a workbook the rejected rows themselves, as they stood in the
 * file, with a column of their errors: to be mended and sent again.
 */
enum err import_rejected_get(struct req *rq, const struct import_kind *kind);
enum err import_notes_get(struct req *rq, const struct import_kind *kind);
/* Rows as they stood, by what became of them; how a file would be read; what is remembered of the
 * headers of earlier files, and forgetting it. Of kinds of one table. */
enum err import_rows_get(struct req *rq, const struct import_kind *kind);
enum err import_preview_post(struct req *rq, const struct import_kind *kind);
enum err import_headers_get(struct req *rq, const struct import_kind *kind);
enum err import_header_delete(struct req *rq, const struct import_kind *kind);

/* ---- looking up ---------------------------------------------------------------- */

/* A set of texts with a number each, for names, codes and headers that are looked up row by row. */
struct name;
struct names {
	struct arena *arena;
	struct name *slots;
	size_t room, count; /* @room is a power of two */
	uint64_t seed, factor;
};
void names_begin(struct names *names, struct arena *arena);
/* Copies @key; the first value of a key stays. ERR_MEMORY or OK. */
enum err names_put(struct names *names, struct text key, int32_t value);
/* -1 when there is no such key; values are never negative. */
int32_t names_get(const struct names *names, struct text key);

/* ---- headers ------------------------------------------------------------------- */

/*
 * Words of headers, squeezed and in lower case, without '*'. Of each column one at least is in
 * Chinese. The column of errors, which files of rejected rows have, is known beside them: it is
 * no column of any table, and what stands in it counts as nothing.
 */
struct header_word {
	const char *word;
	int column;
};
enum { HEADER_COLUMNS_MAX = 32 };
/* Where the columns of a table stand, and which of its rows only people read. */
struct header_choice {
	int64_t record;       /* the header's, 0: the first one with enough known columns */
	struct names columns; /* header_fold of a cell → column + 1, 0: none; may be empty */
};
/* What a cell of the header was taken for a column by. */
enum header_way { WAY_NONE, WAY_WORD, WAY_SAID, WAY_IGNORED, WAY_REPEATED, WAY_ERRORS };
struct header {
	struct arena *scratch;
	const struct header_choice *choice; /* what was said of this file; NULL: nothing */
	int64_t record;                     /* of the header seen last */
	uint8_t ways[SHEET_CELLS_MAX];      /* enum header_way of its cells */
	struct names words;                 /* header word → column */
	const struct header_word *list;     /* the same as they were given */
	size_t list_count;
	size_t column_count;
	int known_min; /* so many known columns make a header */
	/* what may stand in brackets behind a word and changes nothing; NULL: nothing may */
	bool (*bracket_known)(struct text inside);
	bool seen;
	size_t width;                      /* cells of the header */
	int32_t place[HEADER_COLUMNS_MAX]; /* cell of each column, -1 for those it lacks */
	int32_t errors;                    /* cell of the column of errors, -1: none */
};
/* What the column of errors is called, by enum language. */
extern const char *const header_errors_words[];
enum import_skip { SKIP_NONE, SKIP_BLANK, SKIP_TITLE, SKIP_HEADER, SKIP_TOTAL, SKIP_NOTE };
/* ERR_MEMORY or OK, as the two below. */
enum err header_begin(struct header *header, const struct header_word *words, size_t word_count,
		      size_t column_count, struct arena *lasting, struct arena *scratch);
/* How cells are compared with header_choice.columns; NO_TEXT when out of memory. */
struct text header_fold(struct arena *arena, struct text cell);
/* SKIP_NONE for data; ERR_HEADER_ROW when the record that was chosen names no column. A header met
 * on the way becomes the reader's. */
enum err header_look(struct header *header, const struct sheet_row *row, enum import_skip *skip);
/*
 * The row's cell of @column, "" where row or header lack it; its mark may be NULL. What
 * spreadsheets show for an error ("#N/A") is CELL_ERROR in files that know no marks too.
 */
struct text header_cell(const struct header *header, const struct sheet_row *row, size_t column,
			enum cell_mark *mark);
/* How a column is called in a language, for headers that lack it; NO_TEXT when by no word. */
struct text header_column_word(const struct header *header, size_t column, enum language language);
/* Whether the row shows anything to the right of the header's last cell. */
bool header_exceeded(const struct header *header, const struct sheet_row *row);

/* ---- values -------------------------------------------------------------------- */

/* @t without the spaces that cell_clean left in it; NO_TEXT when out of memory. */
struct text squeeze(struct arena *arena, struct text t);
struct text lower_case(struct arena *arena, struct text t); /* ASCII; NO_TEXT when out of memory */
struct text upper_case(struct arena *arena, struct text t);
/* Blank, or one of the words and signs for "none". */
bool import_means_nothing(struct text clean);

#endif
