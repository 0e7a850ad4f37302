/* Money in fen: sums and products that notice when they leave the product's range, and rounding
 * half up. */
#include "buffer.h"

__extension__ typedef __int128 int128;

static enum err amount_check(bool overflowed, int64_t amount, int64_t *out)
{
	if (overflowed || amount > AMOUNT_MAX_FEN || amount < -AMOUNT_MAX_FEN)
		return ERR_AMOUNT_RANGE;
	*out = amount;
	return OK;
}

enum err money_add(int64_t a, int64_t b, int64_t *out)
{
	int64_t sum;
	bool overflowed = __builtin_add_overflow(a, b, &sum);

	return amount_check(overflowed, sum, out);
}

enum err money_multiply(int64_t unit_price_fen, int64_t quantity, int64_t *out)
{
	int64_t product;
	bool overflowed = __builtin_mul_overflow(unit_price_fen, quantity, &product);

	return amount_check(overflowed, product, out);
}

/* round_half_up(|total| × part / whole) with the sign of @total. */
static int64_t share(int64_t total, int64_t part, int64_t whole)
{
	int128 size = total < 0 ? -(int128)total : total;
	int128 rounded = (2 * size * part + whole) / (2 * (int128)whole);

	return (int64_t)(total < 0 ? -rounded : rounded);
}

int64_t money_tax(int64_t amount_fen, int rate_percent)
{
	assert(rate_percent >= 0);
	return share(amount_fen, rate_percent, 100 + rate_percent);
}

int64_t money_share(int64_t total_fen, int64_t part, int64_t whole)
{
	assert(whole > 0 && part >= 0 && part <= whole);
	return share(total_fen, part, whole);
}

struct text money_yuan(int64_t fen, char *out)
{
	uint64_t size = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
	int written = snprintf(out, 24, "%s%llu.%02llu", fen < 0 ? "-" : "",
			       (unsigned long long)(size / 100), (unsigned long long)(size % 100));

	assert(written > 0 && written < 24);
	return (struct text){ out, (size_t)written };
}
