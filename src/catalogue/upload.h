/*
 * A supplier's file on its way into the catalogue: rows of upload_sql.c and the events around them.
 */
#ifndef CATALOGUE_UPLOAD_H
#define CATALOGUE_UPLOAD_H

#include "catalogue_rows.h"

struct upload {
	struct id id; /* also of its job */
	struct id supplier, user, file;
	int32_t policy;
	bool dry_run;
	int32_t state; /* enum job_state */
	struct text encoding;
	int64_t accepted, rejected, skipped, created, changed, unchanged;
	bool published;
	struct text problem; /* code of why not all that could be was taken over */
	struct text reason;  /* its sentence, when shown */
	int64_t created_at, ended_at;
};
extern const struct field upload_fields[];
extern const size_t upload_field_count;

/* One fault of a rejected row, as staged and as shown. */
struct upload_fault {
	struct id import;
	int64_t record, number;
	struct text field, code, cell, arguments;
	struct text reason; /* the sentence, when shown */
};
extern const struct field upload_fault_fields[];
extern const size_t upload_fault_field_count;

/* What was normalised in one cell of an accepted row. */
struct upload_note {
	struct id import;
	int64_t record, number;
	struct text field, cell, taken;
};
extern const struct field upload_note_fields[];
extern const size_t upload_note_field_count;

/* Faults and notes are listed by (record, number), which one number holds. */
enum { ROW_FAULTS_MAX = 1000, CELL_KEPT_MAX = 200 };

/* ---- events ------------------------------------------------------------------ */

/* Puts the import and its job into the queue. arg: struct upload */
event_fn upload_begin;
/* A chunk of faults or notes. arg: struct list of them */
event_fn upload_stage_faults;
event_fn upload_stage_notes;
enum upload_outcome { END_REFUSED, END_CHECKED, END_PUBLISHED, END_FAILED };
/* The end of the reading: publishes what is to be published, with all counts. */
struct upload_end {
	struct upload upload;           /* counts of rows, encoding, problem */
	struct publication publication; /* its rows: the accepted ones */
	enum upload_outcome outcome;
};
event_fn upload_finish;  /* arg: struct upload_end */
event_fn upload_running; /* arg: struct upload */

/* ---- upload_sql.c ------------------------------------------------------------ */

/* What the organisation's file is, by its bytes; ERR_NOT_FOUND for those of others. */
enum err upload_file_media(struct db *db, struct arena *arena, struct id file,
			   struct id organisation, struct text *media_type);
enum err upload_insert(struct db *db, const struct upload *upload);
enum err upload_mark_running(struct db *db, struct id id);
enum err upload_end(struct db *db, const struct upload *upload);
/* ERR_NOT_FOUND for those of others. */
enum err upload_read(struct db *db, struct arena *arena, struct id supplier, struct id id,
		     struct upload *out);
enum err upload_list(struct db *db, struct arena *arena, struct id supplier, struct id after,
		     int64_t limit, struct list *out);
enum err faults_insert(struct db *db, const struct upload_fault *rows, size_t count);
enum err notes_insert(struct db *db, const struct upload_note *rows, size_t count);
/* @after: record × ROW_FAULTS_MAX + number. */
enum err fault_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		    int64_t limit, struct list *out);
enum err fault_each(struct db *db, struct id import, db_row_fn *fn, void *context);
enum err note_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		   int64_t limit, struct list *out);

#endif
