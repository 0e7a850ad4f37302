/*
 * The step of the daily run that looks at papers of goods: first what ends soon, then what has
 * ended; for each supplier that it concerns one event, which tells its people. Goods whose mandate
 * has ended follow in the same event: the shop leaves them out by the day, and orders refuse them
 * by their terms, but whoever priced them before is told by an offer that moved.
 */
#include "goods_day.h"

const char *const paper_stage_words[] = { "expiring", "expired", NULL };

static const struct field turn_fields[] = {
	{ "day", KIND_DAY, FIELD_AT(paper_turn, day) },
	{ "papers", KIND_INT, FIELD_AT(paper_turn, papers) },
	{ "skus", KIND_INT, FIELD_AT(paper_turn, skus) },
};

/* "goods.unshelved": nobody is told again of a mandate that he was told of. */
static const char *kind_of(const struct paper_turn *turn)
{
	if (turn->stage == PAPER_EXPIRING)
		return "goods.expiring";
	return turn->papers ? "goods.expired" : "goods.unshelved";
}

/* As if the day had come, for whoever runs one ahead. */
static enum err unshelve(struct tx *tx, const struct paper_turn *turn, const struct list *skus)
{
	enum { AT_ONCE = 512 };
	const int64_t *at = skus->at;
	struct tx own = *tx;
	enum err e = OK;

	if (own.day < turn->day)
		own.day = turn->day;
	for (size_t done = 0; done < skus->count && !e; done += AT_ONCE) {
		size_t count = skus->count - done;

		e = offers_follow(&own, at + done, count < AT_ONCE ? count : AT_ONCE);
	}
	return e;
}

static enum err papers_turn(struct tx *tx, void *arg)
{
	struct paper_turn *turn = arg;
	struct list skus = { 0 };
	enum err e = papers_tell(tx, turn);

	if (!e && turn->stage == PAPER_EXPIRED)
		e = skus_over(tx, turn, &skus);
	turn->skus = (int64_t)skus.count;
	if (e || (!turn->papers && !turn->skus))
		return e;
	e = audit_event(tx, &(struct audit_note){ .kind = kind_of(turn),
						  .object = turn->supplier,
						  .fields = turn_fields,
						  .field_count = COUNT_OF(turn_fields),
						  .after = turn });
	return e ? e : unshelve(tx, turn, &skus);
}

static enum err stage_run(struct step *step, int32_t day, int32_t stage, int64_t *done)
{
	struct paper_turn turn = { .stage = stage, .day = day };
	struct list suppliers = { 0 };
	enum err e = paper_suppliers(step->db, &turn, step->arena, &suppliers);

	for (size_t i = 0; i < suppliers.count && !e; i++) {
		char id[37], text[11];

		turn.supplier = *LIST_ITEM(suppliers, struct id, i);
		turn.papers = turn.skus = 0;
		struct text key =
			arena_print(step->arena, "goods:%s:%s:%s", id_format(turn.supplier, id).at,
				    paper_stage_words[stage], day_format(day, text).at);
		e = key.at ? run_step(step, key, papers_turn, &turn, NULL) : ERR_MEMORY;
		*done += !e && (turn.papers || turn.skus);
	}
	return e;
}

enum err goods_day(struct step *step, int32_t day, int64_t *done)
{
	enum err e = stage_run(step, day, PAPER_EXPIRING, done);

	return e ? e : stage_run(step, day, PAPER_EXPIRED, done);
}
