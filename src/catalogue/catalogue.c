/*
 * Rules and arithmetic of the catalogue: words, price ladders, what the public is told of stock,
 * the price per 500 g, and the digest by which the same reviewed content is recognised. No I/O.
 */
#include "catalogue_rows.h"

#include <string.h>

const char *const vat_words[] = { "taxed", "zero", "exempt", NULL };
const char *const revision_words[] = { "draft",    "submitted",  "approved",
				       "returned", "superseded", NULL };
const char *const availability_words[] = { "in", "low", "out", NULL };
const char *const movement_words[] = { "set", "released", "adjusted", NULL };

/* ---- ladders --------------------------------------------------------------------------------- */

/* One "quantity:fen" above @below, which is NULL for the first. */
static bool rung_parse(struct text part, const struct rung *below, struct rung *out)
{
	struct text quantity = text_cut(&part, ':');

	if (!text_to_int(quantity, &out->quantity) || !text_to_int(part, &out->unit_price_fen))
		return false;
	if (out->quantity < 1 || out->quantity > QUANTITY_MAX)
		return false;
	if (out->unit_price_fen < 1 || out->unit_price_fen > PRICE_MAX_FEN)
		return false;
	return !below ||
	       (out->quantity > below->quantity && out->unit_price_fen < below->unit_price_fen);
}

bool ladder_parse(struct text t, struct ladder *out)
{
	struct ladder ladder = { .count = 0 };

	do {
		struct text part = text_cut(&t, ';');
		const struct rung *below = ladder.count ? &ladder.rungs[ladder.count - 1] : NULL;

		if (ladder.count == LADDER_RUNGS_MAX)
			return false;
		if (!rung_parse(part, below, &ladder.rungs[ladder.count]))
			return false;
		ladder.count++;
	} while (t.at);
	*out = ladder;
	return true;
}

struct text ladder_format(const struct ladder *ladder, struct arena *arena)
{
	char text[LADDER_RUNGS_MAX * 42 + 1];
	size_t size = 0;

	for (size_t i = 0; i < ladder->count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%lld:%lld",
					 i ? ";" : "", (long long)ladder->rungs[i].quantity,
					 (long long)ladder->rungs[i].unit_price_fen);
	return arena_text(arena, (struct text){ text, size });
}

const struct rung *ladder_rung(const struct ladder *ladder, int64_t quantity)
{
	size_t i = ladder->count;

	assert(ladder->count > 0);
	while (i > 1 && ladder->rungs[i - 1].quantity > quantity)
		i--;
	return &ladder->rungs[i - 1];
}

const struct rung *ladder_next(const struct ladder *ladder, int64_t quantity)
{
	const struct rung *next = ladder_rung(ladder, quantity) + 1;

	return next < ladder->rungs + ladder->count ? next : NULL;
}

/* What stands in @out, in @arena; NO_TEXT when memory is short. */
static struct text buffer_move(struct buffer *out, struct arena *arena)
{
	struct text text = out->failed ? NO_TEXT : arena_text(arena, buffer_text(out));

	buffer_free(out);
	return text;
}

struct text ladder_json(struct text ladder, struct arena *arena)
{
	struct buffer out = { .max = KIB(4) };
	struct json json = { .out = &out };
	struct ladder read;

	if (!ladder.at || !ladder_parse(ladder, &read))
		return NO_TEXT;
	json_open(&json, NULL, '[');
	for (size_t i = 0; i < read.count; i++)
		rung_write(&json, &read.rungs[i]);
	json_close(&json, ']');
	return buffer_move(&out, arena);
}

void rung_write(struct json *json, const struct rung *rung)
{
	json_open(json, NULL, '{');
	json_int(json, "quantity", rung->quantity);
	json_int(json, "unit_price_fen", rung->unit_price_fen);
	json_close(json, '}');
}

/* ---- certificates ---------------------------------------------------------------------------- */

void certificates_write(struct json *json, const char *key, struct text all)
{
	static const char separator[] = "、";
	struct text rest = all;

	json_open(json, key, '[');
	while (rest.size) {
		const char *found = memmem(rest.at, rest.size, separator, sizeof(separator) - 1);
		size_t size = found ? (size_t)(found - rest.at) : rest.size;

		if (size)
			json_text(json, NULL, text_part(rest, 0, size));
		rest = found ? text_part(rest, size + sizeof(separator) - 1, rest.size) : NO_TEXT;
	}
	json_close(json, ']');
}

struct text certificates_json(struct text all, struct arena *arena)
{
	struct buffer out = { .max = KIB(4) };
	struct json json = { .out = &out };

	certificates_write(&json, NULL, all);
	return buffer_move(&out, arena);
}

/* ---- what buyers are told -------------------------------------------------------------------- */

enum availability availability_of(int64_t available, int64_t minimum)
{
	if (available < minimum)
		return AVAILABLE_OUT;
	return available < 10 * minimum ? AVAILABLE_LOW : AVAILABLE_IN;
}

int64_t fen_per_500g(int64_t unit_price_fen, int64_t weight_g)
{
	if (weight_g == INT_NONE || weight_g <= 0)
		return INT_NONE;
	return (unit_price_fen * 1000 + weight_g) / (2 * weight_g);
}

/* ---- the same content ------------------------------------------------------------------------ */

/* "<bytes>:<text>": no content can look like another one's parts. */
static void digest_text(struct buffer *out, struct text t)
{
	buffer_int(out, (int64_t)t.size);
	buffer_char(out, ':');
	buffer_add(out, t);
}

static void digest_int(struct buffer *out, int64_t number)
{
	buffer_int(out, number);
	buffer_char(out, ';');
}

enum err row_digest(const struct catalogue_row *row, struct buffer *scratch, struct digest *out)
{
	const struct text texts[] = { row->name,          row->county,  row->category,
				      row->specification, row->storage, row->sale_unit,
				      row->certificates,  row->barcode, row->remark };
	const int64_t numbers[] = { row->minimum,  row->multiple, row->shelf_days,
				    row->weight_g, row->vat_kind, row->vat_rate };

	scratch->size = 0;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		digest_text(scratch, texts[i]);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		digest_int(scratch, numbers[i]);
	for (size_t i = 0; i < row->ladder.count; i++) {
		digest_int(scratch, row->ladder.rungs[i].quantity);
		digest_int(scratch, row->ladder.rungs[i].unit_price_fen);
	}
	if (scratch->failed)
		return ERR_MEMORY;
	*out = sm3(buffer_text(scratch));
	return OK;
}
