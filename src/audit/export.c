/*
 * Exports in the trail: who took which rows away as a file, by which filters. A GET changes nothing
 * of the business, so the event has a transaction of its own, before the file is given.
 */
#include "audit_private.h"

const struct field export_note_fields[] = {
	{ "path", KIND_TEXT, FIELD_AT(export_note, path) },
	{ "filter", KIND_RAW, FIELD_AT(export_note, filter) },
	{ "media", KIND_TEXT, FIELD_AT(export_note, media) },
	{ "rows", KIND_INT, FIELD_AT(export_note, rows), .optional = true },
};
const size_t export_note_field_count = COUNT_OF(export_note_fields);

/* {"name":"value", …}, as it was asked. */
static struct text filter_of(struct req *rq)
{
	struct buffer out = { .max = KIB(64) };

	buffer_char(&out, '{');
	for (size_t i = 0; i < rq->query_count; i++) {
		if (i)
			buffer_char(&out, ',');
		json_string(&out, rq->query[i].name);
		buffer_char(&out, ':');
		json_string(&out, rq->query[i].value);
	}
	buffer_char(&out, '}');
	struct text filter = out.failed ? NO_TEXT : arena_text(rq->arena, buffer_text(&out));
	buffer_free(&out);
	return filter;
}

enum err export_note_of(struct req *rq, const char *media, struct export_note *out)
{
	*out = (struct export_note){
		.path = rq->path,
		.filter = filter_of(rq),
		.media = text_of(media),
		.rows = INT_NONE,
	};
	return out->filter.at ? OK : ERR_MEMORY;
}

struct export_event {
	const char *kind;
	struct id object;
	struct export_note note;
};

static enum err note_export(struct tx *tx, void *arg)
{
	const struct export_event *export = arg;

	return audit_event(tx, &(struct audit_note){
				       .kind = export->kind,
				       .object = export->object,
				       .fields = export_note_fields,
				       .field_count = export_note_field_count,
				       .after = &export->note,
			       });
}

enum err audit_export(struct req *rq, const char *kind, struct id object, const char *media,
		      int64_t rows)
{
	struct export_event export = { .kind = kind, .object = object };
	enum err e = export_note_of(rq, media, &export.note);

	if (e)
		return e;
	export.note.rows = rows;
	rq->key = NO_TEXT;
	return run_event(rq, note_export, &export, NULL, 0);
}
