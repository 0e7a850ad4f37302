/*
 * The rules of the trail, without I/O: what an event's row says of an object's state, which bytes
 * its MAC covers, how the chain goes on. docs/audit.md is the same in words, for whoever checks a
 * trail with other tools.
 */
#include "audit_private.h"

#include <string.h>

const char sequencer_name[] = "sequencer";

/* ---- states ---------------------------------------------------------------------------------- */

static void state_key(struct buffer *out, const char *name)
{
	json_string(out, text_of(name));
	buffer_char(out, ':');
}

/* @bare: with secrets and whole lists, for comparing; never kept. */
static void state_row(struct buffer *out, const struct field *fields, size_t count, const void *row,
		      bool bare);

static void state_list(struct buffer *out, const struct field *field, const struct list *list,
		       bool bare)
{
	if (list->count > STATE_LIST_MAX && !bare) {
		buffer_int(out, (int64_t)list->count);
		return;
	}
	buffer_char(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			buffer_char(out, ',');
		state_row(out, field->of, field->of_count,
			  (const char *)list->at + i * field->of_size, bare);
	}
	buffer_char(out, ']');
}

/* Writes {"name":value} by the common encoder, told to leave nothing out, and takes the braces off
 * again. */
static void state_value(struct buffer *out, const struct field *field, const void *row)
{
	struct field whole = *field;
	size_t begin = out->size;

	whole.only = 0;
	whole.optional = true;
	json_encode(out, &whole, 1, row);
	if (out->failed)
		return;
	out->size--;
	memmove(out->at + begin, out->at + begin + 1, out->size - begin - 1);
	out->size--;
}

static void state_field(struct buffer *out, const struct field *field, const void *row, bool bare)
{
	const void *value = (const char *)row + field->at;
	bool masked = field->secret && !bare;

	if (!masked && field->kind != KIND_LIST && field->kind != KIND_STRUCT) {
		state_value(out, field, row);
		return;
	}
	state_key(out, field->name);
	if (masked)
		json_string(out, TEXT("***"));
	else if (field->kind == KIND_LIST)
		state_list(out, field, value, bare);
	else
		state_row(out, field->of, field->of_count, value, bare);
}

static void state_row(struct buffer *out, const struct field *fields, size_t count, const void *row,
		      bool bare)
{
	buffer_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buffer_char(out, ',');
		state_field(out, &fields[i], row, bare);
	}
	buffer_char(out, '}');
}

void event_state(struct buffer *out, const struct field *fields, size_t count, const void *row)
{
	state_row(out, fields, count, row, false);
}

/* Whether the member says the same in both rows; @scratch is left empty. */
static bool member_same(struct buffer *scratch, const struct field *field, const void *before,
			const void *after)
{
	scratch->size = 0;
	state_field(scratch, field, before, true);
	size_t middle = scratch->size;
	state_field(scratch, field, after, true);
	struct text both = buffer_text(scratch);
	bool same = !scratch->failed && text_equal(text_part(both, 0, middle),
						   text_part(both, middle, both.size - middle));
	scratch->size = 0;
	return same;
}

/* What both states leave out: members that did not change, but for ids, which say of what this is.
 */
void event_unchanged(const struct field *fields, size_t count, const void *before,
		     const void *after, struct buffer *scratch, bool *unchanged)
{
	for (size_t i = 0; i < count; i++)
		unchanged[i] = fields[i].kind != KIND_ID &&
			       member_same(scratch, &fields[i], before, after);
}

void event_state_but(struct buffer *out, const struct field *fields, size_t count, const void *row,
		     const bool *but)
{
	bool comma = false;

	buffer_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (but[i])
			continue;
		if (comma)
			buffer_char(out, ',');
		comma = true;
		state_field(out, &fields[i], row, false);
	}
	buffer_char(out, '}');
}

/* ---- seals
 * ----------------------------------------------------------------------------------------- */

/* The greatest byte first. */
static void put_number(struct buffer *out, uint64_t number, int bytes)
{
	while (bytes-- > 0)
		buffer_char(out, (char)(number >> (8 * bytes) & 0xff));
}

static void put_id(struct buffer *out, struct id id)
{
	buffer_add(out, (struct text){ (const char *)id.bytes, sizeof(id.bytes) });
}

/* Its length in front, so that no two events have the same bytes; 0xFFFFFFFF stands for NULL. */
static void put_text(struct buffer *out, struct text t)
{
	put_number(out, t.at ? t.size : UINT32_MAX, 4);
	buffer_add(out, t);
}

/* Columns that are never NULL: absent is empty. */
static void put_some_text(struct buffer *out, struct text t)
{
	put_text(out, t.at ? t : TEXT(""));
}

void event_canonical(const struct event *event, struct buffer *out)
{
	out->size = 0;
	buffer_add(out, TEXT("xiangcai event 1\n"));
	put_id(out, event->id);
	put_some_text(out, event->kind);
	put_id(out, event->object);
	put_id(out, event->organisation);
	put_id(out, event->user);
	put_number(out, (uint64_t)event->roles, 4);
	put_some_text(out, event->address);
	put_some_text(out, event->request);
	put_number(out, (uint64_t)event->at, 8);
	put_text(out, event->before);
	put_text(out, event->after);
}

bool event_mac(const struct keys *keys, const struct event *event, struct buffer *scratch,
	       struct digest *out)
{
	event_canonical(event, scratch);
	if (scratch->failed)
		return false;
	*out = mac(keys, MAC_AUDIT, buffer_text(scratch));
	return true;
}

enum err event_holds(const struct keys *keys, const struct event *event, struct buffer *scratch,
		     bool *holds)
{
	struct digest digest;

	if (!event_mac(keys, event, scratch, &digest))
		return ERR_MEMORY;
	*holds = event->mac.size == DIGEST_SIZE &&
		 bytes_equal(event->mac.at, digest.bytes, DIGEST_SIZE);
	return OK;
}

struct digest chain_next(struct digest before, int64_t position, struct text mac)
{
	char bytes[DIGEST_SIZE + 8 + DIGEST_SIZE];

	assert(mac.size == DIGEST_SIZE);
	memcpy(bytes, before.bytes, DIGEST_SIZE);
	for (int i = 0; i < 8; i++)
		bytes[DIGEST_SIZE + i] = (char)((uint64_t)position >> (56 - 8 * i) & 0xff);
	memcpy(bytes + DIGEST_SIZE + 8, mac.at, DIGEST_SIZE);
	return sm3((struct text){ bytes, sizeof(bytes) });
}

bool seal_mac(const struct keys *keys, const struct seal *seal, struct digest *out)
{
	struct buffer bytes = { .max = KIB(1) };

	buffer_add(&bytes, TEXT("xiangcai seal 1\n"));
	put_number(&bytes, (uint64_t)(int64_t)seal->day, 8);
	put_number(&bytes, (uint64_t)seal->position, 8);
	put_text(&bytes, seal->chain);
	put_number(&bytes, (uint64_t)seal->sealed_at, 8);
	bool well = !bytes.failed;
	if (well)
		*out = mac(keys, MAC_AUDIT, buffer_text(&bytes));
	buffer_free(&bytes);
	return well;
}
