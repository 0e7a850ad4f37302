/*
 * Rules of ordering without I/O: the agreement's transition table, payment codes, and what a line
 * costs.
 */
#include "ordering_private.h"

#include <string.h>

const char *const agreement_words[] = { "awaiting_approval", "placed",    "confirmed", "rejected",
					"declined",          "cancelled", "expired",   NULL };
_Static_assert(COUNT_OF(agreement_words) == AGREEMENT_COUNT + 1, "every agreement has its word");
const char *const terms_words[] = { "pay_first", "pay_later", NULL };
const char *const line_status_words[] = { "ok",           "unknown",
					  "not_on_sale",  "below_minimum",
					  "not_multiple", "out_of_range",
					  "short",        NULL };
_Static_assert(COUNT_OF(line_status_words) == LINE_STATUS_COUNT + 1, "every status has its word");

const struct transition agreement_transitions[] = {
	{ AGREEMENT_PLACED, CONFIRM, AGREEMENT_CONFIRMED, .by = ROLE_DISPATCHER },
	{ AGREEMENT_PLACED, DECLINE, AGREEMENT_DECLINED, .by = ROLE_DISPATCHER },
};
const size_t agreement_transition_count = COUNT_OF(agreement_transitions);

enum err agreement_next(enum agreement from, enum agreement_event event, struct problems *problems,
			int32_t *to)
{
	for (size_t i = 0; i < COUNT_OF(agreement_transitions); i++) {
		const struct transition *row = &agreement_transitions[i];

		if (row->from == from && row->event == event) {
			*to = (int32_t)row->to;
			return OK;
		}
	}
	return fail(problems, ERR_TRANSITION, AT(""),
		    ARG_TEXT(text_of(word_of(agreement_words, (int)from))));
}

/* ISO 7064 MOD 11,10 over 9 digits: finds every single wrong digit, and 44 of the 45 swaps of two
 * different neighbours. */
static char check_digit(const char *digits, size_t count)
{
	int product = 10;

	for (size_t i = 0; i < count; i++) {
		int sum = (digits[i] - '0' + product) % 10;

		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	return (char)('0' + (11 - product) % 10);
}

struct text payment_code_make(int64_t counter, char out[11])
{
	assert(counter >= 0 && counter <= INT64_C(999999999));
	for (int i = 8; i >= 0; i--, counter /= 10)
		out[i] = (char)('0' + counter % 10);
	out[9] = check_digit(out, 9);
	out[10] = '\0';
	return (struct text){ out, 10 };
}

bool payment_code_valid(struct text t)
{
	if (t.size != 10)
		return false;
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return check_digit(t.at, 9) == t.at[9];
}

/* The value of an ASCII or a full-width digit; -1 for everything else. */
static int digit_value(uint32_t point)
{
	if (point >= '0' && point <= '9')
		return (int)(point - '0');
	return point >= 0xff10 && point <= 0xff19 ? (int)(point - 0xff10) : -1;
}

struct text payment_code_find(struct text remark, char out[11])
{
	size_t digits = 0;

	for (size_t at = 0; at < remark.size || digits;) {
		int value = at < remark.size ? digit_value(text_next(remark, &at)) : -1;

		if (value >= 0) {
			if (digits < 10)
				out[digits] = (char)('0' + value);
			digits++;
			continue;
		}
		if (digits == 10 && payment_code_valid((struct text){ out, 10 })) {
			out[10] = '\0';
			return (struct text){ out, 10 };
		}
		digits = 0;
	}
	return NO_TEXT;
}

/* A client that orders a SKU in two lines means the sum; the first place is where faults are shown.
 */
void lines_merge(struct list *lines)
{
	struct submitted_line *at = lines->at;
	size_t kept = 0;

	for (size_t i = 0; i < lines->count; i++) {
		if (kept && at[kept - 1].sku == at[i].sku && at[kept - 1].offer == at[i].offer)
			at[kept - 1].quantity += at[i].quantity;
		else
			at[kept++] = at[i];
	}
	lines->count = kept;
}

enum line_status line_price(struct submitted_line *line, int32_t day)
{
	const struct terms *terms = line->terms;

	if (!terms)
		return LINE_UNKNOWN;
	if (!terms->on_sale || !terms->ladder.count ||
	    (terms->last_day != DAY_NONE && terms->last_day < day))
		return LINE_NOT_ON_SALE;
	line->unit_price_fen = ladder_rung(&terms->ladder, line->quantity)->unit_price_fen;
	if (line->quantity > QUANTITY_MAX ||
	    money_multiply(line->unit_price_fen, line->quantity, &line->amount_fen))
		return LINE_OUT_OF_RANGE;
	line->tax_fen = terms->vat_kind == VAT_TAXED
				? money_tax(line->amount_fen, (int)terms->vat_rate)
				: 0;
	if (line->quantity < terms->minimum)
		return LINE_BELOW_MINIMUM;
	if (line->quantity % terms->multiple)
		return LINE_NOT_MULTIPLE;
	return LINE_OK;
}

enum err line_fault(struct problems *problems, const struct submitted_line *line,
		    enum line_status status, int64_t available)
{
	struct arg sku = problem_at(problems, "/lines/%lld/sku", (long long)line->position);
	struct arg quantity =
		problem_at(problems, "/lines/%lld/quantity", (long long)line->position);

	switch (status) {
	case LINE_UNKNOWN:
		return fail(problems, ERR_UNKNOWN_REFERENCE, sku);
	case LINE_NOT_ON_SALE:
		return fail(problems, ERR_NOT_ON_SALE, sku);
	case LINE_BELOW_MINIMUM:
		return fail(problems, ERR_BELOW_MINIMUM, quantity, ARG_INT(line->terms->minimum));
	case LINE_NOT_MULTIPLE:
		return fail(problems, ERR_NOT_MULTIPLE, quantity, ARG_INT(line->terms->multiple));
	case LINE_OUT_OF_RANGE:
		return fail(problems, ERR_AMOUNT_RANGE, quantity);
	case LINE_SHORT:
		return fail(problems, ERR_STOCK_SHORT, quantity, ARG_INT(available));
	case LINE_OK:
	case LINE_STATUS_COUNT:
		break;
	}
	return OK;
}

enum err worse(enum err a, enum err b)
{
	if (!a || !b)
		return a ? a : b;
	return err_info(a)->status >= err_info(b)->status ? a : b;
}
