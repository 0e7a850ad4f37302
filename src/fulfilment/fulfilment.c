/*
 * Rules of fulfilment without I/O. A quantity passes the stages confirmed, shipped, received,
 * decided in this order, and never more of it than the stage before holds. An empty list of lines
 * means all that can be handled now.
 */
#include "fulfilment_private.h"

#include <stdlib.h>

struct order_line *state_line(const struct order_state *state, int64_t line)
{
	if (line < 1 || line > (int64_t)state->lines.count)
		return NULL;
	return LIST_ITEM(state->lines, struct order_line, line - 1);
}

struct line_progress *state_progress(const struct order_state *state, int64_t line)
{
	if (line < 1 || line > (int64_t)state->progress.count)
		return NULL;
	return LIST_ITEM(state->progress, struct line_progress, line - 1);
}

static int by_line(const void *a, const void *b)
{
	const struct shipment_line *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

struct shipment_line *state_parcel(const struct order_state *state, int64_t line)
{
	const struct shipment_line key = { .line = line };

	if (!state->parcel.count)
		return NULL;
	return bsearch(&key, state->parcel.at, state->parcel.count, sizeof(key), by_line);
}

/* Marks a line as named; a second time is a fault. @seen has room for every line of the order. */
static enum err name_once(bool *seen, int64_t line, size_t index, struct problems *problems)
{
	if (seen[line])
		return fail(problems, ERR_REPEATED, problem_at(problems, "/lines/%zu/line", index));
	seen[line] = true;
	return OK;
}

static bool *lines_seen(const struct order_state *state, struct arena *arena)
{
	return arena_take(arena, (state->lines.count + 1) * sizeof(bool));
}

static enum err unknown_line(struct problems *problems, size_t index)
{
	return fail(problems, ERR_UNKNOWN_REFERENCE,
		    problem_at(problems, "/lines/%zu/line", index));
}

static enum err exceeds(struct problems *problems, size_t index, const char *member, int64_t left)
{
	return fail(problems, ERR_QUANTITY_EXCEEDS,
		    problem_at(problems, "/lines/%zu/%s", index, member), ARG_INT(left));
}

static enum err nothing_left(struct problems *problems)
{
	return fail(problems, ERR_QUANTITY_EXCEEDS, AT("/lines"), ARG_INT(0));
}

/* ---- confirmation ---- */

static enum err decline(struct confirmation *confirmation, struct order_state *state, size_t index,
			struct problems *problems)
{
	struct declined_line *declined =
		LIST_ITEM(confirmation->declined, struct declined_line, index);
	struct line_progress *progress = state_progress(state, declined->line);

	declined->supply_order = state->order.id;
	if (!progress)
		return fail(problems, ERR_UNKNOWN_REFERENCE,
			    problem_at(problems, "/declined/%zu/line", index));
	if (progress->declined)
		return fail(problems, ERR_REPEATED,
			    problem_at(problems, "/declined/%zu/line", index));
	progress->declined = progress->confirmed;
	progress->confirmed = 0;
	return OK;
}

enum err confirmation_apply(struct confirmation *confirmation, struct order_state *state,
			    struct arena *arena, struct problems *problems)
{
	enum err outcome = OK;

	for (size_t i = 0; i < state->lines.count; i++) {
		const struct order_line *line = LIST_ITEM(state->lines, struct order_line, i);
		struct line_progress *progress =
			list_add(&state->progress, arena, sizeof(*progress));

		if (!progress)
			return ERR_MEMORY;
		progress->supply_order = line->supply_order;
		progress->line = line->line;
		progress->confirmed = line->quantity;
	}
	for (size_t i = 0; i < confirmation->declined.count; i++) {
		enum err e = decline(confirmation, state, i, problems);

		outcome = e ? e : outcome;
	}
	if (outcome)
		return ERR_REFUSED;
	confirmation->agreed_fen = 0;
	for (size_t i = 0; i < state->lines.count; i++)
		if (LIST_ITEM(state->progress, struct line_progress, i)->confirmed)
			confirmation->agreed_fen +=
				LIST_ITEM(state->lines, struct order_line, i)->amount_fen;
	bool all = confirmation->declined.count == state->lines.count;
	return agreement_next((enum agreement)state->order.agreement, all ? DECLINE : CONFIRM,
			      problems, &confirmation->agreement);
}

/* ---- shipment ---- */

static enum err ship_all(struct shipment *shipment, struct order_state *state, struct arena *arena)
{
	for (size_t i = 0; i < state->progress.count; i++) {
		const struct line_progress *progress =
			LIST_ITEM(state->progress, struct line_progress, i);
		struct shipment_line *line;

		if (progress->shipped >= progress->confirmed)
			continue;
		line = list_add(&shipment->lines, arena, sizeof(*line));
		if (!line)
			return ERR_MEMORY;
		line->line = progress->line;
		line->quantity = progress->confirmed - progress->shipped;
	}
	return OK;
}

static enum err ship_line(struct shipment *shipment, struct order_state *state, size_t index,
			  bool *seen, struct problems *problems)
{
	struct shipment_line *line = LIST_ITEM(shipment->lines, struct shipment_line, index);
	struct line_progress *progress = state_progress(state, line->line);

	if (!progress)
		return unknown_line(problems, index);
	if (name_once(seen, line->line, index, problems))
		return ERR_REPEATED;
	if (line->quantity > progress->confirmed - progress->shipped)
		return exceeds(problems, index, "quantity",
			       progress->confirmed - progress->shipped);
	line->shipment = shipment->id;
	line->received = line->accepted = line->rejected = 0;
	progress->shipped += line->quantity;
	return OK;
}

enum err shipment_apply(struct shipment *shipment, struct order_state *state, struct arena *arena,
			struct problems *problems)
{
	enum err outcome = OK;

	if (!shipment->lines.count && ship_all(shipment, state, arena))
		return ERR_MEMORY;
	if (!shipment->lines.count)
		return nothing_left(problems);
	bool *seen = lines_seen(state, arena);
	if (!seen)
		return ERR_MEMORY;
	for (size_t i = 0; i < shipment->lines.count; i++) {
		enum err e = ship_line(shipment, state, i, seen, problems);

		outcome = e ? e : outcome;
	}
	return outcome;
}

/* ---- receipt ---- */

static enum err receive_all(struct receipt *receipt, const struct order_state *state,
			    struct arena *arena)
{
	for (size_t i = 0; i < state->parcel.count; i++) {
		const struct shipment_line *parcel =
			LIST_ITEM(state->parcel, struct shipment_line, i);
		struct receipt_line *line;

		if (parcel->received >= parcel->quantity)
			continue;
		line = list_add(&receipt->lines, arena, sizeof(*line));
		if (!line)
			return ERR_MEMORY;
		line->line = parcel->line;
		line->quantity = parcel->quantity - parcel->received;
	}
	return OK;
}

static enum err receive_line(struct receipt *receipt, struct order_state *state, size_t index,
			     bool *seen, struct problems *problems)
{
	struct receipt_line *line = LIST_ITEM(receipt->lines, struct receipt_line, index);
	struct shipment_line *parcel = state_parcel(state, line->line);

	if (!parcel)
		return unknown_line(problems, index);
	if (name_once(seen, line->line, index, problems))
		return ERR_REPEATED;
	if (line->quantity > parcel->quantity - parcel->received)
		return exceeds(problems, index, "quantity", parcel->quantity - parcel->received);
	line->receipt = receipt->id;
	parcel->received += line->quantity;
	state_progress(state, line->line)->received += line->quantity;
	return OK;
}

enum err receipt_apply(struct receipt *receipt, struct order_state *state, struct arena *arena,
		       struct problems *problems)
{
	enum err outcome = OK;

	if (!receipt->lines.count && receive_all(receipt, state, arena))
		return ERR_MEMORY;
	if (!receipt->lines.count)
		return nothing_left(problems);
	bool *seen = lines_seen(state, arena);
	if (!seen)
		return ERR_MEMORY;
	for (size_t i = 0; i < receipt->lines.count; i++) {
		enum err e = receive_line(receipt, state, i, seen, problems);

		outcome = e ? e : outcome;
	}
	return outcome;
}

/* ---- acceptance ---- */

static int64_t undecided(const struct shipment_line *parcel)
{
	return parcel->received - parcel->accepted - parcel->rejected;
}

static enum err accept_all(struct acceptance *acceptance, const struct order_state *state,
			   struct arena *arena)
{
	for (size_t i = 0; i < state->parcel.count; i++) {
		const struct shipment_line *parcel =
			LIST_ITEM(state->parcel, struct shipment_line, i);
		struct acceptance_line *line;

		if (!undecided(parcel))
			continue;
		line = list_add(&acceptance->lines, arena, sizeof(*line));
		if (!line)
			return ERR_MEMORY;
		line->line = parcel->line;
		line->accepted = undecided(parcel);
		line->reason = TEXT("");
	}
	return OK;
}

static enum err acceptance_line_check(const struct acceptance *acceptance,
				      const struct order_state *state, size_t index, bool *seen,
				      struct problems *problems)
{
	const struct acceptance_line *line =
		LIST_ITEM(acceptance->lines, struct acceptance_line, index);
	const struct shipment_line *parcel = state_parcel(state, line->line);

	if (!parcel)
		return unknown_line(problems, index);
	if (name_once(seen, line->line, index, problems))
		return ERR_REPEATED;
	if (line->rejected && !line->reason.size)
		return fail(problems, ERR_REQUIRED,
			    problem_at(problems, "/lines/%zu/reason", index));
	if (line->accepted + line->rejected > undecided(parcel))
		return exceeds(problems, index, "accepted", undecided(parcel));
	if (!line->accepted && !line->rejected)
		return fail(problems, ERR_RANGE, problem_at(problems, "/lines/%zu/accepted", index),
			    ARG_INT(1), ARG_INT(undecided(parcel)));
	return OK;
}

/*
 * The tax inside a part is the tax inside all accepted so far less what earlier parts got, so that
 * the parts of a fully accepted line add up to the line's tax to the fen.
 */
static void accept_line(struct acceptance *acceptance, struct order_state *state, size_t index,
			int64_t *rejected_fen)
{
	struct acceptance_line *line = LIST_ITEM(acceptance->lines, struct acceptance_line, index);
	const struct order_line *ordered = state_line(state, line->line);
	struct line_progress *progress = state_progress(state, line->line);
	struct shipment_line *parcel = state_parcel(state, line->line);

	line->acceptance = acceptance->id;
	parcel->accepted += line->accepted;
	parcel->rejected += line->rejected;
	progress->accepted += line->accepted;
	progress->rejected += line->rejected;
	line->accepted_fen = line->accepted * ordered->unit_price_fen;
	line->accepted_tax_fen =
		money_share(ordered->tax_fen, progress->accepted, ordered->quantity) -
		progress->accepted_tax_fen;
	progress->accepted_fen += line->accepted_fen;
	progress->accepted_tax_fen += line->accepted_tax_fen;
	acceptance->accepted_fen += line->accepted_fen;
	acceptance->accepted_tax_fen += line->accepted_tax_fen;
	*rejected_fen += line->rejected * ordered->unit_price_fen;
}

enum err acceptance_apply(struct acceptance *acceptance, struct order_state *state,
			  int64_t *rejected_fen, struct arena *arena, struct problems *problems)
{
	enum err outcome = OK;

	if (!acceptance->lines.count && accept_all(acceptance, state, arena))
		return ERR_MEMORY;
	if (!acceptance->lines.count)
		return nothing_left(problems);
	bool *seen = lines_seen(state, arena);
	if (!seen)
		return ERR_MEMORY;
	for (size_t i = 0; i < acceptance->lines.count; i++) {
		enum err e = acceptance_line_check(acceptance, state, i, seen, problems);

		outcome = e ? e : outcome;
	}
	if (outcome)
		return outcome;
	acceptance->accepted_fen = acceptance->accepted_tax_fen = *rejected_fen = 0;
	for (size_t i = 0; i < acceptance->lines.count; i++)
		accept_line(acceptance, state, i, rejected_fen);
	return OK;
}
