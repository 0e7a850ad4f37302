/*
 * A reviewer's decision on a submitted revision: approved, it becomes what the product is sold as,
 * and the offer moves; returned, nothing changes for buyers.
 */
#include "goods.h"
#include "revisions.h"

static const char *const decision_words[] = { "approve", "return", NULL };

const struct field decision_fields[] = {
	{ "id", KIND_ID, FIELD_AT(decision, id), .only = OUT },
	{ "decision", KIND_WORD, FIELD_AT(decision, decision), .words = decision_words },
	{ "reason", KIND_TEXT, FIELD_AT(decision, reason), .optional = true, .min = 1, .max = 500 },
	{ "product", KIND_ID, FIELD_AT(decision, product), .only = OUT },
	{ "state", KIND_WORD, FIELD_AT(decision, state), .only = OUT, .words = revision_words },
	{ "decided_at", KIND_INSTANT, FIELD_AT(decision, decided_at), .only = OUT },
};
const size_t decision_field_count = COUNT_OF(decision_fields);

/* Somebody else's revision is one that does not exist. */
static enum err check_scope(struct tx *tx, const struct decided_revision *revision)
{
	const struct scope *scope = &tx->actor->scope;
	bool within = scope->kind == SCOPE_PLATFORM;
	enum err e = OK;

	if (scope->kind == SCOPE_COUNTY)
		e = supplier_is_of(tx->db, revision->supplier, text_of(scope->county), &within);
	return e ? e : within ? OK : ERR_NOT_FOUND;
}

/* Whoever keeps the supplier's catalogue does not review it, in whatever organisation's name. */
static enum err reviewer_is_apart(struct tx *tx, const struct decided_revision *revision)
{
	bool holds;
	enum err e =
		member_holds(tx->db, tx->actor->user, revision->supplier, ROLE_CATALOGUER, &holds);

	return e ? e : holds ? ERR_SAME_PERSON : OK;
}

static enum err check_decision(struct tx *tx, const struct decision *decision,
			       const struct decided_revision *revision)
{
	if (revision->state != REVISION_SUBMITTED)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(word_of(revision_words, revision->state))));
	if (!id_is_none(revision->submitted_by) &&
	    id_equal(revision->submitted_by, tx->actor->user))
		return ERR_SAME_PERSON;
	enum err e = reviewer_is_apart(tx, revision);
	if (e)
		return e;
	if (decision->decision == DECISION_RETURN && !text_trim(decision->reason).size) {
		fail(tx->problems, ERR_REQUIRED, AT("/reason"));
		return ERR_REFUSED;
	}
	return OK;
}

static enum err note_decision(struct tx *tx, const struct decision *decision)
{
	const struct audit_note note = {
		.kind = decision->decision == DECISION_APPROVE ? "revision.approved"
							       : "revision.returned",
		.object = decision->id,
		.fields = decision_fields,
		.field_count = decision_field_count,
		.after = decision,
	};

	return audit_event(tx, &note);
}

/* Buyers see the product with what was approved, and its prices with what they were reviewed with.
 */
static enum err offers_move(struct tx *tx, struct id product)
{
	struct list skus = { 0 };
	enum err e = skus_of_product(tx->db, product, tx->arena, &skus);

	return e ? e : offers_follow(tx, skus.at, skus.count);
}

enum err revision_decide(struct tx *tx, void *arg)
{
	struct decision *decision = arg;
	struct decided_revision revision = { .state = 0 };
	bool approves = decision->decision == DECISION_APPROVE;
	enum err e = revision_lock(tx->db, tx->arena, decision->id, &revision);

	if (!e)
		e = check_scope(tx, &revision);
	if (!e)
		e = check_decision(tx, decision, &revision);
	if (e)
		return e;
	decision->product = revision.product;
	decision->state = approves ? REVISION_APPROVED : REVISION_RETURNED;
	decision->decided_at = tx->now;
	e = revision_mark(tx->db, decision, tx->actor->user);
	if (!e && approves)
		e = product_approve(tx->db, revision.product, decision->id);
	if (!e && approves)
		e = revision_prices_put(tx, decision->id);
	if (!e)
		e = note_decision(tx, decision);
	if (!e && approves)
		e = offers_move(tx, revision.product);
	return e;
}
