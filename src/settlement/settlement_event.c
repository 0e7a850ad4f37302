/*
 * The events of money that arrives: credits, claims. A credit's row is locked before
 * anything else, so that two claims of one credit follow each other; balances of accounts come
 * last.
 */
#include "settlement_private.h"

/* What has not come yet cannot be entered or stated. */
enum err day_fault(struct tx *tx, struct arg place)
{
	char today[11];

	return fail(tx->problems, ERR_FUTURE, place, ARG_TEXT(day_format(tx->day, today)));
}

enum err bank_credit_enter(struct tx *tx, void *arg)
{
	struct bank_credit *credit = arg;
	const struct journal journal = {
		.kind = JOURNAL_BANK_CREDIT,
		.source = credit->id,
		.postings = { { ACCOUNT_BANK, credit->bank_account, NO_ID, credit->amount_fen },
			      { ACCOUNT_UNCLAIMED, credit->bank_account, NO_ID,
				-credit->amount_fen } },
		.posting_count = 2,
	};
	char code[11];

	if (credit->day > tx->day)
		return day_fault(tx, AT("/day"));
	enum err e = bank_account_exists(tx->db, credit->bank_account);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/bank_account"));
	if (e)
		return e;
	credit->unclaimed_fen = credit->amount_fen;
	struct text found = payment_code_find(credit->remark, code);
	credit->payment_code = arena_text(tx->arena, found);
	if (found.at && !credit->payment_code.at)
		return ERR_MEMORY;
	credit->entered_at = tx->now;
	credit->entered_by = tx->actor->user;
	e = bank_credit_write(tx->db, credit);
	if (e == ERR_DB_DUPLICATE)
		return fail(tx->problems, ERR_DB_DUPLICATE, AT("/serial"));
	if (e)
		return e;
	e = audit_event(tx, &(struct audit_note){ .kind = "bank_credit.entered",
						  .object = credit->id,
						  .fields = bank_credit_fields,
						  .field_count = bank_credit_field_count,
						  .after = credit });
	return e ? e : journals_post(tx, &journal, 1);
}

/* ---- claims ---- */

/* What a claim works on. */
struct claim_state {
	struct bank_credit credit;
	struct list orders;   /* of struct supply_order: of the payment code */
	struct list balances; /* of struct supply_balance: of those that are confirmed */
	struct list parts;    /* of struct claim_part */
};

/* A unit sees only credits that carry a code of its own; the platform's reconciler sees all. */
static struct id claiming_unit(const struct actor *actor)
{
	return actor->roles & ROLE_RECONCILER ? NO_ID : actor->organisation;
}

static enum err claim_load(struct tx *tx, const struct claim *claim, struct claim_state *state)
{
	struct id unit = claiming_unit(tx->actor);

	enum err e = bank_credit_lock(tx->db, claim->bank_credit, tx->arena, &state->credit);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/bank_credit"));
	if (e)
		return e;
	if (!id_is_none(unit) && !text_equal(state->credit.payment_code, claim->payment_code))
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/bank_credit"));
	e = supply_orders_by_payment_code(tx->db, claim->payment_code, unit, tx->arena,
					  &state->orders);
	if (e)
		return e;
	if (!state->orders.count)
		return fail(tx->problems, ERR_PAYMENT_CODE, AT("/payment_code"));
	struct id *ids = arena_take(tx->arena, state->orders.count * sizeof(*ids));
	if (!ids)
		return ERR_MEMORY;
	for (size_t i = 0; i < state->orders.count; i++)
		ids[i] = LIST_ITEM(state->orders, struct supply_order, i)->id;
	return supply_balances_lock(tx->db, ids, state->orders.count, tx->arena, &state->balances);
}

static struct supply_balance *balance_of(struct claim_state *state, struct id supply_order)
{
	for (size_t i = 0; i < state->balances.count; i++) {
		struct supply_balance *balance =
			LIST_ITEM(state->balances, struct supply_balance, i);

		if (id_equal(balance->supply_order, supply_order))
			return balance;
	}
	return NULL;
}

/* The whole credit, when it is to the fen what the confirmed orders are due. */
static enum err parts_by_due(struct tx *tx, struct claim_state *state)
{
	int64_t due = 0;

	for (size_t i = 0; i < state->balances.count; i++)
		due += balance_due(LIST_ITEM(state->balances, struct supply_balance, i));
	if (!due || due != state->credit.unclaimed_fen)
		return fail(tx->problems, ERR_CLAIM_AMOUNT, AT("/parts"),
			    ARG_INT(state->credit.unclaimed_fen), ARG_INT(due));
	for (size_t i = 0; i < state->balances.count; i++) {
		const struct supply_balance *balance =
			LIST_ITEM(state->balances, struct supply_balance, i);
		struct claim_part *part;

		if (!balance_due(balance))
			continue;
		part = list_add(&state->parts, tx->arena, sizeof(*part));
		if (!part)
			return ERR_MEMORY;
		part->supply_order = balance->supply_order;
		part->amount_fen = balance_due(balance);
	}
	return OK;
}

static bool is_of_code(const struct claim_state *state, struct id supply_order)
{
	for (size_t i = 0; i < state->orders.count; i++)
		if (id_equal(LIST_ITEM(state->orders, struct supply_order, i)->id, supply_order))
			return true;
	return false;
}

static enum err part_check(struct tx *tx, struct claim_state *state, const struct claim_part *part,
			   size_t index)
{
	struct arg at = problem_at(tx->problems, "/parts/%zu/supply_order", index);
	const struct supply_balance *balance = balance_of(state, part->supply_order);

	if (!is_of_code(state, part->supply_order))
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, at);
	if (!balance)
		return fail(tx->problems, ERR_TRANSITION, at, ARG_TEXT(TEXT("placed")));
	for (size_t i = 0; i < index; i++)
		if (id_equal(LIST_ITEM(state->parts, struct claim_part, i)->supply_order,
			     part->supply_order))
			return fail(tx->problems, ERR_REPEATED, at);
	if (part->amount_fen > balance_due(balance))
		return fail(tx->problems, ERR_OVERPAID,
			    problem_at(tx->problems, "/parts/%zu/amount_fen", index),
			    ARG_INT(balance_due(balance)));
	return OK;
}

static enum err parts_as_sent(struct tx *tx, const struct claim *claim, struct claim_state *state)
{
	int64_t sum = 0;
	enum err outcome = OK;

	state->parts = claim->parts;
	for (size_t i = 0; i < state->parts.count; i++) {
		const struct claim_part *part = LIST_ITEM(state->parts, struct claim_part, i);
		enum err e = part_check(tx, state, part, i);

		outcome = e ? e : outcome;
		sum += part->amount_fen;
	}
	if (!outcome && sum > state->credit.unclaimed_fen)
		outcome = fail(tx->problems, ERR_CREDIT_SHORT, AT("/parts"),
			       ARG_INT(state->credit.unclaimed_fen));
	return outcome;
}

static enum err claim_book(struct tx *tx, struct claim *claim, struct claim_state *state)
{
	struct journal *journals = arena_take(tx->arena, state->parts.count * sizeof(*journals));
	size_t count = 0;
	enum err e = OK;

	if (!journals)
		return ERR_MEMORY;
	claim->amount_fen = 0;
	for (size_t i = 0; !e && i < state->parts.count; i++) {
		struct claim_part *part = LIST_ITEM(state->parts, struct claim_part, i);

		part->claim = claim->id;
		claim->amount_fen += part->amount_fen;
		e = book_claim(balance_of(state, part->supply_order), claim->id,
			       state->credit.bank_account, part->amount_fen, journals, &count);
	}
	if (!e)
		e = bank_credit_take(tx->db, claim->bank_credit, claim->amount_fen);
	if (!e)
		e = supply_balances_write(tx->db, state->balances.at, state->balances.count);
	return e ? e : journals_post(tx, journals, count);
}

enum err credit_claim(struct tx *tx, void *arg)
{
	struct claim *claim = arg;
	struct claim_state state = { 0 };

	enum err e = claim_load(tx, claim, &state);
	if (e)
		return e;
	e = claim->parts.count ? parts_as_sent(tx, claim, &state) : parts_by_due(tx, &state);
	if (e)
		return e;
	struct claim done = *claim;
	done.purchase_order = LIST_ITEM(state.orders, struct supply_order, 0)->purchase_order;
	done.parts = state.parts;
	done.amount_fen = 0;
	for (size_t i = 0; i < state.parts.count; i++) {
		struct claim_part *part = LIST_ITEM(state.parts, struct claim_part, i);

		part->claim = claim->id;
		done.amount_fen += part->amount_fen;
	}
	done.claimed_at = tx->now;
	done.claimed_by = tx->actor->user;
	e = claim_write(tx->db, &done);
	if (e)
		return e;
	e = audit_event(tx, &(struct audit_note){ .kind = "claim.created",
						  .object = done.id,
						  .fields = claim_fields,
						  .field_count = claim_field_count,
						  .after = &done });
	if (!e)
		e = claim_book(tx, &done, &state);
	if (!e)
		*claim = done;
	return e;
}

enum err settlement_verify(struct app *app, struct db *db, struct arena *arena,
			   struct verdict *verdict)
{
	(void)app;
	enum err e = checks_run(db, settlement_checks, settlement_check_count, verdict);

	return e ? e : seals_check(db, arena, verdict);
}
