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

bool media_is_table(struct text media_type)
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
	else if (!e && !media_is_table(media_type))
		fail(tx->problems, ERR_SHEET_TYPE, pointer, ARG_TEXT(media_type));
	else
		return e;
	return ERR_REFUSED;
}

/* Adds to what was said of this file what was remembered of earlier ones. */
static enum err recall(struct tx *tx, const struct list *kept, struct list *columns)
{
	struct names said;
	enum err e = OK;

	names_begin(&said, tx->arena);
	for (size_t i = 0; i < columns->count && !e; i++)
		e = names_put(&said, LIST_ITEM(*columns, struct import_header, i)->key, 0);
	for (size_t i = 0; i < kept->count && !e; i++) {
		const struct import_header *one = LIST_ITEM(*kept, struct import_header, i);
		struct import_header *added;

		if (names_get(&said, one->key) >= 0)
			continue;
		added = list_add(columns, tx->arena, sizeof(*added));
		if (added)
			*added = *one;
		e = added ? OK : ERR_MEMORY;
	}
	return e;
}

/* Keeps what is said of columns for the next file, and takes in what was said before. */
static enum err remember(struct tx *tx, const struct import_asking *asking,
			 struct import_options *options)
{
	struct list kept = { 0 }, said = options->columns;
	enum err e =
		headers_list(tx->db, tx->arena, asking->import.whose, asking->kind->word, &kept);

	if (!e && kept.count + said.count > HEADERS_KEPT_MAX) {
		fail(tx->problems, ERR_ITEMS, AT("/columns"), ARG_INT(0),
		     ARG_INT(HEADERS_KEPT_MAX - (int64_t)kept.count));
		return ERR_REFUSED;
	}
	if (!e && said.count)
		e = headers_put(tx->db, &said);
	options->said = (int64_t)said.count;
	options->columns = (struct list){ 0 };
	for (size_t i = 0; i < said.count && !e; i++) {
		struct import_header *one = list_add(&options->columns, tx->arena, sizeof(*one));

		if (one)
			*one = *LIST_ITEM(said, struct import_header, i);
		e = one ? OK : ERR_MEMORY;
	}
	return e ? e : recall(tx, &kept, &options->columns);
}

/* Says nothing when there is nothing to say: most files need neither. */
static enum err insert_with_options(struct tx *tx, const struct import_asking *asking)
{
	struct import_options options = asking->options;
	struct text json = NO_TEXT;
	bool waits = false;
	enum err e = OK;

	if (asking->kind->table_count == 1)
		e = remember(tx, asking, &options);
	if (!e && asking->kind->table_count == 1)
		e = said_write(tx->arena, &options, &json);
	/* the lock of the file lets one ask after the other */
	if (!e)
		e = import_waits(tx->db, &asking->import, json, &waits);
	if (!e && waits)
		return ERR_IMPORT_WAITS;
	return e ? e : import_insert(tx->db, &asking->import, json);
}

enum err import_request(struct tx *tx, void *arg)
{
	const struct import_asking *asking = arg;
	const struct import *import = &asking->import;
	enum err e = file_check(tx, import, import->file, AT("/file"));

	if (!e && !id_is_none(import->places))
		e = file_check(tx, import, import->places, AT("/places"));
	if (!e)
		e = insert_with_options(tx, asking);
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

enum err import_sweep_some(struct tx *tx, void *arg)
{
	struct import_sweep *sweep = arg;
	uint64_t count = 0;
	enum err e = import_sweep_rows(tx->db, sweep->import.id, &count);

	sweep->more = count > 0;
	return e;
}

/* What had been counted of it counts for nothing. */
enum err import_cancelled(struct tx *tx, void *arg)
{
	struct import *import = &((struct import_sweep *)arg)->import;

	import->state = JOB_CANCELLED;
	import->accepted = import->rejected = import->skipped = 0;
	import->published = false;
	import->problem = NO_TEXT;
	import->ended_at = tx->now;
	enum err e = note(tx, "import.cancelled", import);
	return e ? e : import_close(tx->db, import);
}

enum err import_header_drop(struct tx *tx, void *arg)
{
	struct import_header *asked = arg;
	struct import_header found = { .key = NO_TEXT };
	struct audit_note forgotten = {
		.kind = "import_header.forgotten",
		.object = asked->id,
		.fields = import_header_fields,
		.field_count = import_header_field_count,
		.before = &found,
	};
	char kind[20];

	snprintf(kind, sizeof(kind), "%.*s", TEXT_FMT(asked->kind));
	enum err e = header_read(tx->db, tx->arena, asked->whose, kind, asked->id, &found);
	if (!e)
		e = header_delete(tx->db, asked->id);
	return e ? e : audit_event(tx, &forgotten);
}
