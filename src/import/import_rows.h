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

/* ---- events ------------------------------------------------------------------ */

/* Puts the import and its job into the queue. */
struct import_asking {
	struct import import;
	const struct import_kind *kind;
};
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

/* ---- sentence.c -------------------------------------------------------------- */

/* Appends the sentence of a stored fault. */
void fault_sentence(const struct import_fault *fault, enum language language, struct buffer *out);

/* ---- import_sql.c ------------------------------------------------------------ */

/* What the organisation's file is, by its bytes; ERR_NOT_FOUND for those of others. */
enum err import_file_media(struct db *db, struct arena *arena, struct id file,
			   struct id organisation, struct text *media_type);
enum err import_insert(struct db *db, const struct import *import);
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
