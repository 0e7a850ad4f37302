/*
 * Reviewers' decisions: approved, a revision becomes what the product is sold as, its prices take
 * effect and the offers move; returned, nothing changes for buyers. One decision or many are done
 * alike: all are judged first, by what was locked and read for all of them, and what holds is then
 * written for all of them, so that many cost hardly more statements than one. Of many, those that
 * are refused leave the others alone, and each is an event of its own.
 */
#include "product_draft.h"
#include "review_rows.h"

#include <stdlib.h>

/* ---- judging ---- */

static enum err refuse(struct decision *decision, enum err e)
{
	if (!decision->outcome)
		decision->outcome = e;
	return e;
}

static struct review *revision_in(const struct list *revisions, struct id id)
{
	for (size_t i = 0; i < revisions->count; i++)
		if (id_equal(LIST_ITEM(*revisions, struct review, i)->id, id))
			return LIST_ITEM(*revisions, struct review, i);
	return NULL;
}

static bool id_among(const struct list *ids, struct id id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (id_equal(*LIST_ITEM(*ids, struct id, i), id))
			return true;
	return false;
}

/* Somebody else's revision is one that does not exist. */
static enum err check_scope(struct tx *tx, struct list *decisions, const struct list *revisions)
{
	const struct scope *scope = &tx->actor->scope;
	struct list within = { 0 };
	enum err e = OK;

	if (scope->kind == SCOPE_COUNTY && revisions->count) {
		struct value *suppliers =
			values_of_ids(tx->arena, revisions->at, revisions->count,
				      sizeof(struct review), offsetof(struct review, supplier));
		if (!suppliers)
			return ERR_MEMORY;
		e = suppliers_of_county(tx->db, text_of(scope->county), suppliers, revisions->count,
					tx->arena, &within);
	}
	for (size_t i = 0; i < decisions->count && !e; i++) {
		struct decision *decision = LIST_ITEM(*decisions, struct decision, i);
		const struct review *revision = revision_in(revisions, decision->id);

		if (!revision ||
		    (scope->kind != SCOPE_PLATFORM && !id_among(&within, revision->supplier)))
			refuse(decision, ERR_NOT_FOUND);
		else
			decision->revision = *revision;
	}
	return e;
}

/* Whoever keeps the supplier's catalogue does not review it, in whatever organisation's name. */
static enum err reviewer_is_apart(struct tx *tx, struct list *decisions, size_t index)
{
	struct decision *decision = LIST_ITEM(*decisions, struct decision, index);
	const struct review *revision = &decision->revision;
	bool holds;

	if (!id_is_none(revision->submitted_by) &&
	    id_equal(revision->submitted_by, tx->actor->user)) {
		refuse(decision, ERR_SAME_PERSON);
		return OK;
	}
	for (size_t i = 0; i < index; i++) {
		const struct decision *other = LIST_ITEM(*decisions, struct decision, i);

		if (other->outcome == OK && id_equal(other->revision.supplier, revision->supplier))
			return OK; /* of the same supplier, and found apart */
	}
	enum err e =
		member_holds(tx->db, tx->actor->user, revision->supplier, ROLE_CATALOGUER, &holds);
	if (!e && holds)
		refuse(decision, ERR_SAME_PERSON);
	return e;
}

static void check_points(struct decision *decision)
{
	struct problems *problems = decision->problems;

	if (decision->decision == DECISION_APPROVE && decision->points.count)
		fail(problems, ERR_ITEMS, AT("/points"), ARG_INT(0), ARG_INT(0));
	for (size_t i = 0; i < decision->points.count; i++) {
		struct review_point *point = LIST_ITEM(decision->points, struct review_point, i);

		if (!pointer_is_of_review(point->pointer))
			fail(problems, ERR_REVIEW_POINT,
			     problem_at(problems, "/points/%zu/pointer", i));
		if (!text_trim_wide(point->note).size)
			fail(problems, ERR_REQUIRED, problem_at(problems, "/points/%zu/note", i));
	}
}

/* Whether it may be decided at all, and so; what approval asks for beside comes after. */
static void check_decision(struct decision *decision)
{
	int32_t state = decision->revision.state;

	if (decision->outcome)
		return;
	if (state != REVISION_SUBMITTED) {
		refuse(decision, fail(decision->problems, ERR_TRANSITION, AT(""),
				      ARG_TEXT(text_of(word_of(revision_words, state)))));
		return;
	}
	decision->reason = text_trim_wide(decision->reason);
	if (!decision->reason.size)
		decision->reason = NO_TEXT;
	if (decision->decision == DECISION_RETURN && !decision->reason.at)
		fail(decision->problems, ERR_REQUIRED, AT("/reason"));
	check_points(decision);
	if (decision->problems->items.count)
		refuse(decision, ERR_REFUSED);
}

/* What ended before today is not approved, each named. */
static void check_ends(struct decision *decision, const struct review *revision, int32_t today)
{
	char day[11];

	if (revision->category_ended)
		refuse(decision, fail(decision->problems, ERR_CATEGORY_ENDED, AT("/category"),
				      ARG_TEXT(revision->category)));
	for (size_t i = 0; i < revision->certificates.count; i++) {
		const struct review_certificate *one =
			LIST_ITEM(revision->certificates, struct review_certificate, i);

		if (one->valid_until != DAY_NONE && one->valid_until < today)
			refuse(decision, fail(decision->problems, ERR_CERTIFICATE_OVER,
					      AT("/certificates"), ARG_TEXT(one->name),
					      ARG_TEXT(day_format(one->valid_until, day))));
	}
	if (revision->mandate_until != DAY_NONE && revision->mandate_until < today)
		refuse(decision, fail(decision->problems, ERR_MANDATE_OVER, AT("/mandate_until"),
				      ARG_TEXT(day_format(revision->mandate_until, day))));
}

static void check_prices(struct decision *decision, const struct review *revision)
{
	char yuan[24];

	for (size_t i = 0; i < revision->flags.count; i++) {
		const struct review_flag *flag = LIST_ITEM(revision->flags, struct review_flag, i);

		if (flag->kind == FLAG_PRICE_ABOVE_BAND && !text_trim_wide(flag->reason).size)
			refuse(decision,
			       fail(decision->problems, ERR_PRICE_REASON,
				    problem_at(decision->problems, "/skus/%lld/price_reason",
					       (long long)flag->sku),
				    ARG_TEXT(money_yuan(flag->top_fen, yuan))));
	}
}

/* The revisions that would be approved: their goods, certificates and bands, read for all. */
static enum err check_approvals(struct tx *tx, struct list *decisions, const void *view)
{
	const struct review_filter filter = { .now = tx->now, .view = view, .locked = true };
	struct list revisions = { 0 };
	enum err e = OK;

	for (size_t i = 0; i < decisions->count; i++) {
		const struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		if (decision->outcome || decision->decision != DECISION_APPROVE)
			continue;
		struct review *to = list_add(&revisions, tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = decision->revision;
	}
	if (!revisions.count)
		return OK;
	e = review_skus_read(tx->db, tx->arena, true, &revisions);
	if (!e)
		e = review_certificates_read(tx->db, tx->arena, true, &revisions);
	if (!e)
		e = review_bands_read(tx->db, tx->arena, &filter, &revisions);
	for (size_t i = 0, next = 0; i < decisions->count && !e; i++) {
		struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		if (decision->outcome || decision->decision != DECISION_APPROVE)
			continue;
		decision->revision = *LIST_ITEM(revisions, struct review, next++);
		check_ends(decision, &decision->revision, tx->day);
		check_prices(decision, &decision->revision);
	}
	return e;
}

static enum err judge(struct tx *tx, struct list *decisions, const void *view)
{
	struct list revisions = { 0 };
	struct value *ids = values_of_ids(tx->arena, decisions->at, decisions->count,
					  sizeof(struct decision), offsetof(struct decision, id));
	enum err e = ids ? revisions_lock(tx, ids, decisions->count, &revisions) : ERR_MEMORY;

	if (!e)
		e = check_scope(tx, decisions, &revisions);
	for (size_t i = 0; i < decisions->count && !e; i++) {
		struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		check_decision(decision);
		if (!decision->outcome)
			e = reviewer_is_apart(tx, decisions, i);
	}
	return e ? e : check_approvals(tx, decisions, view);
}

/* ---- writing ---- */

static bool is_good(const struct decision *decision, int32_t word)
{
	return !decision->outcome && decision->decision == word;
}

/* The ids of those that hold and say @word. */
static enum err ids_of(struct tx *tx, const struct list *decisions, int32_t word, struct list *out)
{
	for (size_t i = 0; i < decisions->count; i++) {
		const struct decision *decision = LIST_ITEM(*decisions, struct decision, i);
		struct value *to;

		if (!is_good(decision, word))
			continue;
		to = list_add(out, tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = value_id(decision->id);
	}
	return OK;
}

/* Approvals without a word are marked by one statement; whatever says something by its own. */
static enum err states_write(struct tx *tx, struct list *decisions, const struct list *approved)
{
	enum err e = revisions_mark_approved(tx->db, approved->at, approved->count, tx->actor->user,
					     tx->now);

	for (size_t i = 0; i < decisions->count && !e; i++) {
		struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		if (decision->outcome)
			continue;
		decision->product = decision->revision.product;
		decision->state = decision->decision == DECISION_APPROVE ? REVISION_APPROVED
									 : REVISION_RETURNED;
		decision->decided_at = tx->now;
		if (decision->state == REVISION_RETURNED || decision->reason.at)
			e = revision_mark(tx->db, decision, tx->actor->user);
	}
	return e;
}

static enum err points_write(struct tx *tx, const struct list *decisions)
{
	struct list points = { 0 };

	for (size_t i = 0; i < decisions->count; i++) {
		const struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		for (size_t j = 0; j < decision->points.count && !decision->outcome; j++) {
			struct review_point *to = list_add(&points, tx->arena, sizeof(*to));

			if (!to)
				return ERR_MEMORY;
			*to = *LIST_ITEM(decision->points, struct review_point, j);
			to->revision = decision->id;
			to->number = (int64_t)j + 1;
		}
	}
	return review_points_insert(tx->db, points.at, points.count);
}

/* The prices that the revision asks for, under the event of its approval. */
static enum err prices_write(struct tx *tx, const struct decision *decision, struct id event)
{
	const struct list *skus = &decision->revision.skus;
	struct tx own = *tx;
	struct list prices = { 0 };

	own.event = event;
	for (size_t i = 0; i < skus->count; i++) {
		const struct review_sku *sku = LIST_ITEM(*skus, struct review_sku, i);
		struct price *to =
			sku->asked.count ? list_add(&prices, tx->arena, sizeof(*to)) : NULL;

		if (to)
			*to = (struct price){ .sku = sku->sku,
					      .ladder = sku->asked,
					      .reason = sku->price_reason };
		else if (sku->asked.count)
			return ERR_MEMORY;
	}
	return prices_put(&own, prices.at, prices.count);
}

/* Each decision that holds is an event, the first of them that of the transaction. */
static enum err events_write(struct tx *tx, const struct list *decisions)
{
	struct id *events = arena_take(tx->arena, decisions->count * sizeof(*events));
	struct audit_note *notes = arena_take(tx->arena, decisions->count * sizeof(*notes));
	size_t count = 0;
	enum err e = events && notes ? OK : ERR_MEMORY;

	for (size_t i = 0; i < decisions->count && !e; i++) {
		const struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		if (decision->outcome)
			continue;
		events[count] = count ? id_new(tx->now) : tx->event;
		notes[count] = (struct audit_note){
			.kind = decision->decision == DECISION_APPROVE ? "revision.approved"
								       : "revision.returned",
			.object = decision->id,
			.fields = decision_fields,
			.field_count = decision_field_count,
			.after = decision,
		};
		if (decision->decision == DECISION_APPROVE)
			e = prices_write(tx, decision, events[count]);
		count++;
	}
	if (e || !count)
		return e;
	return audit_many(tx, events, notes, count);
}

static enum err decide(struct tx *tx, struct list *decisions, const void *view)
{
	struct list approved = { 0 }, joining = { 0 }, skus = { 0 };
	enum err e = judge(tx, decisions, view);

	if (!e)
		e = ids_of(tx, decisions, DECISION_APPROVE, &approved);
	if (!e)
		e = joins_judge(tx, decisions, &approved, &joining);
	approved = (struct list){ 0 };
	if (!e)
		e = ids_of(tx, decisions, DECISION_APPROVE, &approved);
	if (!e)
		e = states_write(tx, decisions, &approved);
	if (!e)
		e = points_write(tx, decisions);
	if (!e)
		e = skus_join(tx, &joining);
	if (!e)
		e = products_approve(tx, approved.at, approved.count);
	if (!e)
		e = events_write(tx, decisions);
	if (!e && approved.count)
		e = skus_of_revisions(tx->db, approved.at, approved.count, tx->arena, &skus);
	if (!e && skus.count)
		e = offers_follow(tx, skus.at, skus.count);
	return e;
}

/* ---- one ---- */

enum err revision_decide(struct tx *tx, void *arg)
{
	struct decision *decision = arg;
	struct list one = { .at = decision, .count = 1, .room = 1 };

	decision->outcome = OK;
	decision->problems = tx->problems;
	enum err e = decide(tx, &one, decision->view);
	return e ? e : decision->outcome;
}

/* ---- many ---- */

/* Why it was refused, as a document of its own would say it. */
static enum err refusal_tell(struct tx *tx, struct decision *decision, enum language language)
{
	const struct problems *problems = decision->problems;
	const struct err_info *info = err_info(decision->outcome);
	struct buffer body = { .max = KIB(64) }, sentence = { .max = KIB(4) };
	struct json json = { .out = &body };

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < problems->items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, i);

		sentence.size = 0;
		problem_sentence(problem, language, &sentence);
		json_open(&json, NULL, '{');
		json_text(&json, "pointer", problem->pointer);
		json_text(&json, "code", text_of(err_info(problem->code)->code));
		json_text(&json, "detail", buffer_text(&sentence));
		json_close(&json, '}');
		if (!decision->detail.at)
			decision->detail = arena_text(tx->arena, buffer_text(&sentence));
	}
	json_close(&json, ']');
	decision->code = text_of(info->code);
	if (!decision->detail.at)
		decision->detail = text_of(info->sentence[language]);
	decision->errors = body.failed ? NO_TEXT : arena_text(tx->arena, buffer_text(&body));
	buffer_free(&body);
	buffer_free(&sentence);
	return decision->errors.at && decision->detail.at ? OK : ERR_MEMORY;
}

/* As it was before the event ran, which may be again. */
static enum err decisions_begin(struct tx *tx, struct decisions *all)
{
	all->done = all->refused = 0;
	for (size_t i = 0; i < all->items.count; i++) {
		struct decision *decision = LIST_ITEM(all->items, struct decision, i);

		decision->outcome = OK;
		decision->problems = arena_take(tx->arena, sizeof(*decision->problems));
		if (!decision->problems)
			return ERR_MEMORY;
		decision->problems->arena = tx->arena;
		decision->product = NO_ID;
		decision->state = SMALL_NONE;
		decision->decided_at = INT_NONE;
		decision->code = decision->detail = decision->errors = NO_TEXT;
	}
	return OK;
}

enum err revisions_decide(struct tx *tx, void *arg)
{
	struct decisions *all = arg;
	enum err e = decisions_begin(tx, all);

	if (!e)
		e = decide(tx, &all->items, all->view);
	for (size_t i = 0; i < all->items.count && !e; i++) {
		struct decision *decision = LIST_ITEM(all->items, struct decision, i);

		all->done += !decision->outcome;
		all->refused += decision->outcome != OK;
		if (decision->outcome)
			e = refusal_tell(tx, decision, all->language);
	}
	return e;
}
