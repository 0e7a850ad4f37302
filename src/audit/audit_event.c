/* Writing events inside the transactions of others: one, those of a batch, or many, at once or kept
 * until the end; the same two statements each time. */
#include "audit_private.h"

/* What an event's row needs beside its note. */
struct origin {
	struct id event;
	const struct actor *actor;
	struct text address, request;
	int64_t at;
};

static enum err state_of(struct arena *arena, const struct audit_note *note, const void *row,
			 const bool *unchanged, struct buffer *scratch, struct text *out)
{
	if (!row)
		return OK;
	scratch->size = 0;
	if (unchanged)
		event_state_but(scratch, note->fields, note->field_count, row, unchanged);
	else
		event_state(scratch, note->fields, note->field_count, row);
	if (scratch->failed)
		return ERR_MEMORY;
	*out = arena_text(arena, buffer_text(scratch));
	return out->at ? OK : ERR_MEMORY;
}

/* Of a change both states tell only what changed. */
static enum err states_of(struct arena *arena, const struct audit_note *note,
			  struct buffer *scratch, struct event *out)
{
	bool *unchanged = NULL;

	if (note->before && note->after && note->field_count) {
		unchanged = arena_take(arena, note->field_count * sizeof(*unchanged));
		if (!unchanged)
			return ERR_MEMORY;
		event_unchanged(note->fields, note->field_count, note->before, note->after, scratch,
				unchanged);
	}
	enum err e = state_of(arena, note, note->before, unchanged, scratch, &out->before);
	return e ? e : state_of(arena, note, note->after, unchanged, scratch, &out->after);
}

static struct text never_absent(struct text t)
{
	return t.at ? t : TEXT("");
}

static enum err event_make(struct tx *tx, const struct origin *origin,
			   const struct audit_note *note, struct buffer *scratch, struct event *out)
{
	struct digest seal;

	*out = (struct event){
		.id = origin->event,
		.kind = text_of(note->kind),
		.object = note->object,
		.organisation = origin->actor->organisation,
		.user = origin->actor->user,
		.roles = origin->actor->roles,
		.address = never_absent(origin->address),
		.request = never_absent(origin->request),
		.at = origin->at,
	};
	assert(!id_is_none(out->id));
	enum err e = states_of(tx->arena, note, scratch, out);
	if (e)
		return e;
	if (!event_mac(tx->app->keys, out, scratch, &seal))
		return ERR_MEMORY;
	out->mac.at = arena_copy(tx->arena, seal.bytes, sizeof(seal.bytes));
	out->mac.size = sizeof(seal.bytes);
	return out->mac.at ? OK : ERR_MEMORY;
}

/* ---- what follows from an event ---- */

static bool has_consequence(const struct hooks *hooks, struct text kind)
{
	for (size_t i = 0; hooks && i < hooks->consequence_count; i++)
		if (text_is(kind, hooks->consequences[i].kind))
			return true;
	return false;
}

/* In the name of whose event it is; those of one kind in the order of their rows. */
static enum err follow(struct tx *tx, const struct origin *origin, struct text kind,
		       struct id object)
{
	const struct hooks *hooks = tx->app->hooks;
	struct tx own = *tx;
	enum err e = OK;

	if (!has_consequence(hooks, kind))
		return OK;
	own.actor = origin->actor;
	own.event = origin->event;
	own.address = origin->address;
	own.request_id = origin->request;
	own.now = origin->at;
	own.day = day_of(origin->at);
	own.later = NULL;
	for (size_t i = 0; i < hooks->consequence_count && !e; i++)
		if (text_is(kind, hooks->consequences[i].kind))
			e = hooks->consequences[i].run(&own, &object);
	return e;
}

/* ---- one, many, those of a batch ---- */

static enum err events_write(struct tx *tx, const struct origin *origins,
			     const struct audit_note *notes, size_t count)
{
	struct buffer scratch = { .max = STATE_SIZE_MAX };
	struct event *events = arena_take(tx->arena, count * sizeof(*events));
	enum err e = events ? OK : ERR_MEMORY;

	for (size_t i = 0; i < count && !e; i++)
		e = event_make(tx, &origins[i], &notes[i], &scratch, &events[i]);
	buffer_free(&scratch);
	if (!e)
		e = events_insert(tx->db, events, count);
	for (size_t i = 0; i < count && !e; i++)
		e = follow(tx, &origins[i], events[i].kind, events[i].object);
	return e;
}

static struct origin origin_of(const struct tx *tx, struct id event)
{
	return (struct origin){
		.event = event,
		.actor = tx->actor,
		.address = tx->address,
		.request = tx->request_id,
		.at = tx->now,
	};
}

/* Everything in the row lives in the arena, in the tables or as long as the transaction. */
static enum err event_keep(struct tx *tx, const struct origin *origin,
			   const struct audit_note *note)
{
	struct buffer scratch = { .max = STATE_SIZE_MAX };
	struct event *event = list_add(tx->later, tx->arena, sizeof(*event));
	enum err e = event ? event_make(tx, origin, note, &scratch, event) : ERR_MEMORY;

	buffer_free(&scratch);
	return e;
}

enum err audit_event(struct tx *tx, const struct audit_note *note)
{
	struct origin origin = origin_of(tx, tx->event);

	return tx->later ? event_keep(tx, &origin, note) : events_write(tx, &origin, note, 1);
}

void audit_later(struct tx *tx, struct list *rows)
{
	tx->later = rows;
}

/* Whoever wrote the kept row may be gone: of the actor there is what the row says. */
static enum err follow_kept(struct tx *tx, const struct event *event)
{
	struct actor actor = { .user = event->user,
			       .organisation = event->organisation,
			       .roles = (uint32_t)event->roles };
	struct origin origin = { event->id, &actor, event->address, event->request, event->at };

	return follow(tx, &origin, event->kind, event->object);
}

enum err audit_write(struct tx *tx)
{
	const struct list *rows = tx->later;
	enum err e = OK;

	tx->later = NULL;
	if (rows->count)
		e = events_insert(tx->db, rows->at, rows->count);
	for (size_t i = 0; i < rows->count && !e; i++)
		e = follow_kept(tx, LIST_ITEM(*rows, struct event, i));
	return e;
}

enum err audit_many(struct tx *tx, const struct id *events, const struct audit_note *notes,
		    size_t count)
{
	struct origin *origins = arena_take(tx->arena, count * sizeof(*origins));

	if (!origins)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		origins[i] = origin_of(tx, events[i]);
	return events_write(tx, origins, notes, count);
}

enum err audit_batch(struct tx *tx, struct batch_item *const *items, const struct audit_note *notes,
		     size_t count)
{
	struct origin *origins = arena_take(tx->arena, count * sizeof(*origins));

	if (!origins)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		origins[i] = (struct origin){
			.event = items[i]->event,
			.actor = items[i]->actor,
			.address = items[i]->address,
			.request = items[i]->request_id,
			.at = items[i]->now,
		};
	return events_write(tx, origins, notes, count);
}
