/*
 * Rules of prices, without I/O: up to where a price needs no reason.
 */
#include "goods.h"

/* What a piece of that weight costs at @percent of the median; INT_NONE where that is more than any
 * price. */
static int64_t at_median(int64_t median_per_500g, int64_t percent, int64_t weight_g)
{
	int64_t share = median_per_500g * percent;

	if (share > INT64_MAX / weight_g)
		return INT_NONE;
	return share * weight_g / (500 * 100);
}

int64_t band_top(const struct price_band *band, int64_t weight_g)
{
	int64_t by_rise = INT_NONE, by_median = INT_NONE;

	if (band->lowest_fen != INT_NONE)
		by_rise = band->lowest_fen * BAND_RISE_PERCENT / 100;
	if (band->median_per_500g != INT_NONE && weight_g != INT_NONE && weight_g > 0)
		by_median = at_median(band->median_per_500g, BAND_MEDIAN_PERCENT, weight_g);
	if (by_rise == INT_NONE || by_median == INT_NONE)
		return by_rise == INT_NONE ? by_median : by_rise;
	return by_rise < by_median ? by_rise : by_median;
}
