/* What the tests of the trail share: the app of test_back_fixture.h, and ways to write many events
 * at once. */
#ifndef TEST_AUDIT_FIXTURE_H
#define TEST_AUDIT_FIXTURE_H

#include "test_back_fixture.h"

#include "xiangcai/audit.h"

struct note_state {
	int64_t number;
	struct text name;
};
static const struct field note_fields[] = {
	{ "number", KIND_INT, FIELD_AT(note_state, number) },
	{ "name", KIND_TEXT, FIELD_AT(note_state, name) },
};

struct many {
	size_t count;
	struct id *events;
};

static inline enum err write_many(struct tx *tx, void *arg)
{
	struct many *many = arg;
	struct note_state *states = arena_take(tx->arena, many->count * sizeof(*states));
	struct audit_note *notes = arena_take(tx->arena, many->count * sizeof(*notes));

	for (size_t i = 0; i < many->count; i++) {
		states[i] = (struct note_state){ (int64_t)i, TEXT("\xe7\x9f\xb3\xe6\xb3\x89 tea") };
		notes[i] = (struct audit_note){
			.kind = "thing.made",
			.object = id_new(tx->now),
			.fields = note_fields,
			.field_count = COUNT_OF(note_fields),
			.after = &states[i],
		};
		many->events[i] = id_new(tx->now + 1000 * (int64_t)i);
	}
	return audit_many(tx, many->events, notes, many->count);
}

/* Commits @count events in one transaction; their ids to @events. */
static inline void events_make(struct back *back, size_t count, struct id *events)
{
	struct many many = { count, events };

	assert_int_equal(in_transaction(back, write_many, &many), OK);
	arena_reset(back->arena);
}

static const struct sql clear_outbox = { "DELETE FROM outbox" };
static const struct sql clear_sequence = { "DELETE FROM sequence" };
static const struct sql clear_events = { "DELETE FROM event" };
static const struct sql clear_leases = { "DELETE FROM lease" };
static const struct sql clear_head = {
	"UPDATE sequencer SET position = 0, chain = REPEAT(CHAR(0), 32)"
};
static const struct sql head_position = { "SELECT position FROM sequencer" };
static const struct sql outbox_count = { "SELECT COUNT(*) FROM outbox" };
static const struct sql sequence_count = { "SELECT COUNT(*) FROM sequence" };

static inline int fresh(void **state)
{
	struct back *back = *state;

	run(back->db, &clear_outbox);
	run(back->db, &clear_sequence);
	run(back->db, &clear_events);
	run(back->db, &clear_leases);
	run(back->db, &clear_head);
	arena_reset(back->arena);
	return 0;
}

static inline void drain(struct back *back)
{
	assert_int_equal(sequencer_drain(&back->app, back->db, NULL, 0), OK);
}

/* Runs audit_verify; its report, NUL-ended, stays in @report. */
static inline struct verdict verify(struct back *back, struct buffer *report)
{
	struct verdict verdict = { .report = report };

	report->size = 0;
	assert_int_equal(audit_verify(&back->app, back->db, back->arena, &verdict), OK);
	buffer_char(report, '\0');
	return verdict;
}

#endif
