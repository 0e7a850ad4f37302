/* Writing events: what their rows say, for one, for a batch and for many; two statements a
 * transaction. */
#include "test_audit_fixture.h"

struct seen {
	struct id id, object, organisation, user;
	struct text kind, address, request, before, after;
	int64_t roles, at;
};
static const struct field seen_fields[] = {
	{ "id", KIND_ID, FIELD_AT(seen, id) },
	{ "object", KIND_ID, FIELD_AT(seen, object) },
	{ "organisation", KIND_ID, FIELD_AT(seen, organisation) },
	{ "user", KIND_ID, FIELD_AT(seen, user) },
	{ "kind", KIND_TEXT, FIELD_AT(seen, kind) },
	{ "address", KIND_TEXT, FIELD_AT(seen, address) },
	{ "request", KIND_TEXT, FIELD_AT(seen, request) },
	{ "before_state", KIND_TEXT, FIELD_AT(seen, before) },
	{ "after_state", KIND_TEXT, FIELD_AT(seen, after) },
	{ "roles", KIND_INT, FIELD_AT(seen, roles) },
	{ "at", KIND_INSTANT, FIELD_AT(seen, at) },
};
static const struct sql all_events = { "SELECT id, object, organisation, user, kind, address, "
				       "request, before_state, after_state, roles, at"
				       " FROM event ORDER BY id" };
static const struct sql event_count = { "SELECT COUNT(*) FROM event" };

static struct list seen(struct back *back)
{
	struct list rows = { 0 };

	assert_int_equal(db_list(back->db, &all_events, db_none, seen_fields, COUNT_OF(seen_fields),
				 sizeof(struct seen), back->arena, &rows),
			 OK);
	return rows;
}

struct change {
	struct note_state before, after;
	struct id object, event;
	int64_t statements;
	enum err answer;
};

static enum err change(struct tx *tx, void *arg)
{
	struct change *change = arg;

	change->event = tx->event;
	db_statement_count(tx->db);
	enum err e = audit_event(tx, &(struct audit_note){
					     .kind = "thing.changed",
					     .object = change->object,
					     .fields = note_fields,
					     .field_count = COUNT_OF(note_fields),
					     .before = &change->before,
					     .after = &change->after,
				     });
	change->statements = (int64_t)db_statement_count(tx->db);
	return e ? e : change->answer;
}

static void test_one(void **state)
{
	struct back *back = *state;
	struct change arg = { .before = { 1, TEXT("a") },
			      .after = { 2, TEXT("\xf0\xa0\xae\xb7") },
			      .object = id_new(5) };

	assert_int_equal(in_transaction(back, change, &arg), OK);
	assert_int_equal(arg.statements, 2);
	struct list rows = seen(back);
	assert_int_equal(rows.count, 1);
	const struct seen *row = LIST_ITEM(rows, struct seen, 0);
	assert_true(id_equal(row->id, arg.event));
	assert_true(id_equal(row->object, arg.object));
	assert_true(id_equal(row->organisation, back->actor.organisation));
	assert_true(id_equal(row->user, back->actor.user));
	assert_true(text_is(row->kind, "thing.changed"));
	assert_true(text_is(row->address, "192.0.2.1"));
	assert_true(text_is(row->request, "test"));
	assert_true(text_is(row->before, "{\"number\":1,\"name\":\"a\"}"));
	assert_true(text_is(row->after, "{\"number\":2,\"name\":\"\xf0\xa0\xae\xb7\"}"));
	assert_int_equal(row->roles, 5);
	assert_int_equal(number(back->db, &outbox_count), 1);
}

/* Of a change the row tells what changed and nothing else. */
static void test_only_what_changed(void **state)
{
	struct back *back = *state;
	struct change arg = { .before = { 1, TEXT("same") },
			      .after = { 2, TEXT("same") },
			      .object = id_new(5) };

	assert_int_equal(in_transaction(back, change, &arg), OK);
	struct list rows = seen(back);
	const struct seen *row = LIST_ITEM(rows, struct seen, 0);
	assert_true(text_is(row->before, "{\"number\":1}"));
	assert_true(text_is(row->after, "{\"number\":2}"));
}

static void test_rolled_back(void **state)
{
	struct back *back = *state;
	struct change arg = { .object = id_new(5), .answer = ERR_STOCK_SHORT };

	assert_int_equal(in_transaction(back, change, &arg), ERR_STOCK_SHORT);
	assert_int_equal(number(back->db, &event_count), 0);
	assert_int_equal(number(back->db, &outbox_count), 0);
}

static enum err system_note(struct tx *tx, void *arg)
{
	static const struct actor nobody;
	struct tx own = *tx;

	(void)arg;
	own.actor = &nobody;
	own.address = own.request_id = NO_TEXT;
	return audit_event(&own,
			   &(struct audit_note){ .kind = "thing.expired", .object = id_new(6) });
}

/* The system is nobody from nowhere, and that is sealed like any other. */
static void test_the_system(void **state)
{
	struct back *back = *state;
	struct buffer report = { 0 };

	assert_int_equal(in_transaction(back, system_note, NULL), OK);
	struct list rows = seen(back);
	const struct seen *row = LIST_ITEM(rows, struct seen, 0);
	assert_true(id_is_none(row->user) && id_is_none(row->organisation));
	assert_true(text_is(row->address, "") && text_is(row->request, ""));
	assert_null(row->before.at);
	assert_null(row->after.at);
	drain(back);
	assert_int_equal(verify(back, &report).faults, 0);
	buffer_free(&report);
}

enum { ITEMS = 31 };
static enum err batch(struct tx *tx, void *arg)
{
	static struct actor actors[ITEMS];
	static struct batch_item items[ITEMS];
	struct batch_item *pointers[ITEMS];
	struct audit_note notes[ITEMS];
	struct note_state states[ITEMS];

	for (size_t i = 0; i < ITEMS; i++) {
		actors[i] = (struct actor){ .user = { { (uint8_t)(i + 1) } },
					    .organisation = { { 9 } },
					    .roles = (uint32_t)i };
		items[i] = (struct batch_item){
			.actor = &actors[i],
			.event = id_new(tx->now + 1000 * (int64_t)i),
			.request_id = TEXT("r"),
			.address = TEXT("::1"),
			.now = tx->now + (int64_t)i,
		};
		pointers[i] = &items[i];
		states[i].number = (int64_t)i;
		states[i].name = NO_TEXT;
		notes[i] = (struct audit_note){ "order.placed", { { (uint8_t)(i + 1) } },
						note_fields,    COUNT_OF(note_fields),
						NULL,           &states[i] };
	}
	*(int64_t *)arg = tx->now;
	return audit_batch(tx, pointers, notes, ITEMS);
}

static void test_batch(void **state)
{
	struct back *back = *state;
	struct buffer report = { 0 };
	int64_t now;

	assert_int_equal(in_transaction(back, batch, &now), OK);
	struct list rows = seen(back);
	assert_int_equal(rows.count, ITEMS);
	for (size_t i = 0; i < ITEMS; i++) {
		const struct seen *row = LIST_ITEM(rows, struct seen, i);
		char after[60];

		snprintf(after, sizeof(after), "{\"number\":%zu,\"name\":null}", i);
		assert_int_equal(row->user.bytes[0], i + 1);
		assert_int_equal(row->object.bytes[0], i + 1);
		assert_int_equal(row->roles, i);
		assert_int_equal(row->at, now + (int64_t)i);
		assert_true(text_is(row->after, after));
		assert_null(row->before.at);
	}
	drain(back);
	assert_int_equal(number(back->db, &head_position), ITEMS);
	assert_int_equal(verify(back, &report).faults, 0);
	buffer_free(&report);
}

/* Kept until the end; what a row was made of may be gone by then. */
static enum err write_later(struct tx *tx, void *arg)
{
	struct list rows = { 0 };
	struct tx later = *tx;

	db_statement_count(tx->db);
	audit_later(&later, &rows);
	for (size_t i = 0; i < ITEMS; i++) {
		struct actor actor = { .user = { { (uint8_t)(i + 1) } } };
		struct note_state state = { .number = (int64_t)i };
		struct tx one = later;

		one.actor = &actor;
		one.event = id_new(tx->now + 1000 * (int64_t)i);
		enum err e = audit_event(&one, &(struct audit_note){
						       .kind = "thing.loaded",
						       .object = actor.user,
						       .fields = note_fields,
						       .field_count = COUNT_OF(note_fields),
						       .after = &state,
					       });
		if (e)
			return e;
	}
	assert_int_equal(db_statement_count(tx->db), 0);
	enum err e = audit_write(&later);
	*(size_t *)arg = db_statement_count(tx->db);
	return e;
}

static void test_later(void **state)
{
	struct back *back = *state;
	struct buffer report = { 0 };
	size_t statements;

	assert_int_equal(in_transaction(back, write_later, &statements), OK);
	assert_int_equal(statements, 4); /* 16 rows and 15, twice */
	struct list rows = seen(back);
	assert_int_equal(rows.count, ITEMS);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(LIST_ITEM(rows, struct seen, i)->user.bytes[0], i + 1);
	drain(back);
	assert_int_equal(number(back->db, &head_position), ITEMS);
	assert_int_equal(verify(back, &report).faults, 0);
	buffer_free(&report);
}

/* ---- consequences ---- */

/* What a consequence saw; it looks for the row of its event. */
struct followed {
	struct id object, event, user;
	int64_t now, day, rows;
};
static struct followed followed[ITEMS + 1];
static size_t followed_count;
static enum err follow_answer;

static const struct sql event_of = { "SELECT COUNT(*) FROM event WHERE id = ? AND object = ?" };

static enum err note_followed(struct tx *tx, void *arg)
{
	struct followed *one = &followed[followed_count++];
	const struct id *object = arg;

	assert_true(followed_count <= COUNT_OF(followed));
	*one = (struct followed){ *object, tx->event, tx->actor->user, tx->now, tx->day, 0 };
	assert_int_equal(db_number(tx->db, &event_of, db_values(tx->event, *object), &one->rows),
			 OK);
	return follow_answer;
}

static void consequences_set(struct back *back, const struct consequence *consequences,
			     size_t count)
{
	back->hooks.consequences = consequences;
	back->hooks.consequence_count = count;
	followed_count = 0;
	follow_answer = OK;
}

static const struct consequence consequences[] = {
	{ "thing.chang", note_followed },
	{ "thing.changed", note_followed },
	{ "order.placed", note_followed },
	{ "thing.loaded", note_followed },
};

/* Within the transaction, behind the row, and only for its kind. */
static void test_consequence_of_one(void **state)
{
	struct back *back = *state;
	struct change arg = { .object = id_new(5) };

	consequences_set(back, consequences, COUNT_OF(consequences));
	assert_int_equal(in_transaction(back, change, &arg), OK);
	assert_int_equal(in_transaction(back, system_note, NULL), OK);
	assert_int_equal(followed_count, 1);
	assert_true(id_equal(followed[0].object, arg.object));
	assert_true(id_equal(followed[0].event, arg.event));
	assert_true(id_equal(followed[0].user, back->actor.user));
	assert_int_equal(followed[0].rows, 1);
	assert_int_equal(followed[0].day, day_of(followed[0].now));

	/* what it refuses is not done */
	follow_answer = ERR_STOCK_SHORT;
	assert_int_equal(in_transaction(back, change, &arg), ERR_STOCK_SHORT);
	assert_int_equal(number(back->db, &event_count), 2);
	consequences_set(back, NULL, 0);
}

/* Of a batch and of rows kept until the end: once an event, in the name of whose it is. */
static void test_consequences_of_many(void **state)
{
	struct back *back = *state;
	int64_t now;
	size_t statements;

	consequences_set(back, consequences, COUNT_OF(consequences));
	assert_int_equal(in_transaction(back, batch, &now), OK);
	assert_int_equal(followed_count, ITEMS);
	for (size_t i = 0; i < ITEMS; i++) {
		assert_int_equal(followed[i].object.bytes[0], i + 1);
		assert_int_equal(followed[i].user.bytes[0], i + 1);
		assert_int_equal(followed[i].now, now + (int64_t)i);
		assert_int_equal(followed[i].rows, 1);
	}
	followed_count = 0;
	assert_int_equal(in_transaction(back, write_later, &statements), OK);
	assert_int_equal(followed_count, ITEMS);
	for (size_t i = 0; i < ITEMS; i++) {
		assert_int_equal(followed[i].user.bytes[0], i + 1);
		assert_int_equal(followed[i].rows, 1);
	}
	consequences_set(back, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one, fresh),
		cmocka_unit_test_setup(test_only_what_changed, fresh),
		cmocka_unit_test_setup(test_rolled_back, fresh),
		cmocka_unit_test_setup(test_the_system, fresh),
		cmocka_unit_test_setup(test_batch, fresh),
		cmocka_unit_test_setup(test_later, fresh),
		cmocka_unit_test_setup(test_consequence_of_one, fresh),
		cmocka_unit_test_setup(test_consequences_of_many, fresh),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
