/* The events of an import: asked for, staged in chunks, ended. */
#include "upload.h"

/* What the audit trail keeps of it. */
static enum err note(struct tx *tx, const char *kind, const struct upload *upload)
{
	const struct audit_note note = {
		.kind = kind,
		.object = upload->id,
		.fields = upload_fields,
		.field_count = upload_field_count,
		.after = upload,
	};

	return audit_event(tx, &note);
}

/* The file is the supplier's own, and text: nothing else can become a catalogue. */
static enum err file_check(struct tx *tx, const struct upload *upload)
{
	struct text media_type;
	enum err e =
		upload_file_media(tx->db, tx->arena, upload->file, upload->supplier, &media_type);

	if (e == ERR_NOT_FOUND)
		fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/file"));
	else if (!e && !text_starts(media_type, "text/"))
		fail(tx->problems, ERR_SHEET_TYPE, AT("/file"), ARG_TEXT(media_type));
	else
		return e;
	return ERR_REFUSED;
}

enum err upload_begin(struct tx *tx, void *arg)
{
	struct upload *upload = arg;
	enum err e = file_check(tx, upload);

	if (!e)
		e = upload_insert(tx->db, upload);
	if (!e)
		e = job_add(tx, upload->id, "import", TEXT("{}"));
	return e ? e : note(tx, "import.requested", upload);
}

enum err upload_running(struct tx *tx, void *arg)
{
	const struct upload *upload = arg;

	return upload_mark_running(tx->db, upload->id);
}

enum err upload_stage_faults(struct tx *tx, void *arg)
{
	const struct list *faults = arg;

	return faults_insert(tx->db, faults->at, faults->count);
}

enum err upload_stage_notes(struct tx *tx, void *arg)
{
	const struct list *notes = arg;

	return notes_insert(tx->db, notes->at, notes->count);
}

/* The publication writes the event's audit row itself. */
enum err upload_finish(struct tx *tx, void *arg)
{
	struct upload_end *end = arg;
	struct upload *upload = &end->upload;
	bool publishes = end->outcome == END_PUBLISHED;
	enum err e = OK;

	if (publishes)
		e = catalogue_publish(tx, &end->publication);
	else if (end->outcome == END_CHECKED)
		e = publication_plan(tx, &end->publication);
	if (e)
		return e;
	upload->state = end->outcome == END_FAILED ? JOB_FAILED : JOB_DONE;
	upload->created = end->publication.created;
	upload->changed = end->publication.changed;
	upload->unchanged = end->publication.unchanged;
	upload->published = publishes;
	upload->ended_at = tx->now;
	if (!publishes)
		e = note(tx, end->outcome == END_CHECKED ? "import.checked" : "import.refused",
			 upload);
	return e ? e : upload_end(tx->db, upload);
}
