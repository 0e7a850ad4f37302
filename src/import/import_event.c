/* The events of an import: asked for, staged in chunks, ended. */
#include "import_rows.h"

/* What the audit trail keeps of it. */
static enum err note(struct tx *tx, const char *kind, const struct import *import)
{
	const struct audit_note note = {
		.kind = kind,
		.object = import->id,
		.fields = import_fields,
		.field_count = import_field_count,
		.after = import,
	};

	return audit_event(tx, &note);
}

/* What can be read as a table, by the type that the upload found. */
static bool is_table(struct text media_type)
{
	return text_starts(media_type, "text/") ||
	       text_is(media_type,
		       "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
}

/* The file is the organisation's own, and a table. */
static enum err file_check(struct tx *tx, const struct import *import, struct id file,
			   struct arg pointer)
{
	struct text media_type;
	enum err e = import_file_media(tx->db, tx->arena, file, import->whose, &media_type);

	if (e == ERR_NOT_FOUND)
		fail(tx->problems, ERR_UNKNOWN_REFERENCE, pointer);
	else if (!e && !is_table(media_type))
		fail(tx->problems, ERR_SHEET_TYPE, pointer, ARG_TEXT(media_type));
	else
		return e;
	return ERR_REFUSED;
}

enum err import_request(struct tx *tx, void *arg)
{
	const struct import_asking *asking = arg;
	const struct import *import = &asking->import;
	enum err e = file_check(tx, import, import->file, AT("/file"));

	if (!e && !id_is_none(import->places))
		e = file_check(tx, import, import->places, AT("/places"));
	if (!e)
		e = import_insert(tx->db, import);
	if (!e)
		e = job_add(tx, import->id, asking->kind->job, TEXT("{}"));
	return e ? e : note(tx, "import.requested", import);
}

enum err import_running(struct tx *tx, void *arg)
{
	const struct import *import = arg;

	return import_mark_running(tx->db, import->id);
}

enum err import_stage_faults(struct tx *tx, void *arg)
{
	const struct list *faults = arg;

	return faults_insert(tx->db, faults->at, faults->count);
}

enum err import_stage_notes(struct tx *tx, void *arg)
{
	const struct list *notes = arg;

	return notes_insert(tx->db, notes->at, notes->count);
}

/* The publication writes the event's audit row itself. */
enum err import_finish(struct tx *tx, void *arg)
{
	struct import_ending *ending = arg;
	struct import_end *end = &ending->end;
	struct import *import = &end->import;
	bool publishes = end->outcome == IMPORT_PUBLISHED;
	enum err e = OK;

	import->state = end->outcome == IMPORT_FAILED ? JOB_FAILED : JOB_DONE;
	import->published = publishes;
	import->ended_at = tx->now;
	if (end->rows && publishes)
		e = ending->kind->publish(tx, end);
	else if (end->rows && end->outcome == IMPORT_CHECKED)
		e = ending->kind->plan(tx, end);
	if (e)
		return e;
	if (!publishes)
		e = note(tx, end->outcome == IMPORT_CHECKED ? "import.checked" : "import.refused",
			 import);
	return e ? e : import_close(tx->db, import);
}
