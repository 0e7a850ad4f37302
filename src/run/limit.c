/*
 * Rate limits in fixed memory. Of each class and kind of client (address, user) there is a sketch:
 * four rows of 16,384 slots, in which a keyed hash gives every client one slot a row. A slot is the
 * instant at which what it owes is paid (the theoretical arrival time of GCRA): a request adds the
 * time that one costs, 60 s divided by the quota, and a client whose slots all stand a whole window
 * ahead is over. So a quota may be used at once, and comes back evenly.
 *
 * Clients that share a slot make each other's look worse, never better, and one is refused only
 * when all four of its slots are taken. If others have used up S quotas in the last minute, they
 * have filled at most S slots of a row, so that the odds of refusing somebody who asks little are
 * at most (S / 16,384)^4: with 1,000 clients at their limit 1 in 72,000, with 4,000 1 in 281. A
 * slot never stands more than a window ahead, so that all is forgotten in a minute. The hash has a
 * key made at the start: nobody can choose whose slots to fill.
 *
 * Slots are single 64-bit atomics. Threads that ask at once may let through one request each beyond
 * the quota; nothing that was let through is ever left uncounted.
 */
#include "limit.h"

#include <stdatomic.h>
#include <string.h>

struct sketch {
	atomic_int_fast64_t slots[LIMIT_ROWS][LIMIT_SLOTS];
};

struct limit {
	struct sketch *sketch; /* NULL: no limit */
	int64_t step_us;       /* what one request costs */
	int64_t window_us;     /* the whole quota: LIMIT_WINDOW_S, but for what division leaves */
	atomic_uint_fast64_t refused;
};

enum { FRONT_ROOM = 160, TOLD_COUNT = 1 << LIMIT_BY_COUNT };

struct limiter {
	uint64_t key[2];
	struct limit limits[LIMIT_BY_COUNT][RATE_CLASS_COUNT];
	/* what clients are told, up to the first number that changes; by what is told */
	char fronts[RATE_CLASS_COUNT][TOLD_COUNT][FRONT_ROOM];
};

const char *const rate_words[] = {
	[RATE_PUBLIC] = "public", [RATE_READ] = "read",   [RATE_WRITE] = "write",
	[RATE_REPORT] = "report", [RATE_LOGIN] = "login", [RATE_APPLICATION] = "application",
};
_Static_assert(COUNT_OF(rate_words) == RATE_CLASS_COUNT, "every class has its word");

const char *const limit_words[] = { [LIMIT_BY_ADDRESS] = "address", [LIMIT_BY_USER] = "user" };
_Static_assert(COUNT_OF(limit_words) == LIMIT_BY_COUNT, "every kind has its word");

/* Behind the word of the rate, in the names of policies. */
static const char *const policy_ends[LIMIT_BY_COUNT] = {
	[LIMIT_BY_ADDRESS] = "", [LIMIT_BY_USER] = "-user"
};

/* ---- the hash ---------------------------------------------------------------------------- */

static inline uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t little_endian(const uint8_t bytes[8])
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | bytes[i];
	return value;
}

uint64_t siphash(const uint64_t key[2], const uint8_t bytes[LIMIT_KEY_SIZE])
{
	const uint64_t words[] = { little_endian(bytes), little_endian(bytes + 8),
				   (uint64_t)LIMIT_KEY_SIZE << 56 };
	uint64_t v[4] = { key[0] ^ UINT64_C(0x736f6d6570736575),
			  key[1] ^ UINT64_C(0x646f72616e646f6d),
			  key[0] ^ UINT64_C(0x6c7967656e657261),
			  key[1] ^ UINT64_C(0x7465646279746573) };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		v[3] ^= words[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- made and freed ---------------------------------------------------------------------- */

static bool limit_make(struct limit *limit, int64_t quota)
{
	if (!quota)
		return true;
	limit->step_us = LIMIT_WINDOW_S * SECOND_US / quota;
	limit->window_us = limit->step_us * quota;
	assert(limit->step_us > 0);
	limit->sketch = memory_take(sizeof(*limit->sketch));
	return limit->sketch != NULL;
}

/* Bits by enum limit_by. */
static unsigned told(const struct limit_answer answers[LIMIT_BY_COUNT])
{
	return (unsigned)answers[LIMIT_BY_ADDRESS].told << LIMIT_BY_ADDRESS |
	       (unsigned)answers[LIMIT_BY_USER].told << LIMIT_BY_USER;
}

static bool front_make(char front[FRONT_ROOM], const struct run_settings *settings, int rate,
		       unsigned which)
{
	const int64_t *quotas[] = { settings->rate_per_address, settings->rate_per_user };
	const char *name = rate_words[rate], *end = NULL;
	struct buffer out = { .max = FRONT_ROOM };

	buffer_add(&out, TEXT("RateLimit-Policy: "));
	for (int by = 0; by < LIMIT_BY_COUNT; by++) {
		if (!(which >> by & 1))
			continue;
		buffer_print(&out, "%s\"%s%s\";q=%lld;w=%d", end ? ", " : "", name, policy_ends[by],
			     (long long)quotas[by][rate], LIMIT_WINDOW_S);
		end = end ? end : policy_ends[by];
	}
	buffer_print(&out, "\r\nRateLimit: \"%s%s\";r=", name, end ? end : "");
	assert(out.size < FRONT_ROOM);
	if (!out.failed)
		memcpy(front, out.at, out.size);
	buffer_free(&out);
	return !out.failed;
}

struct limiter *limiter_new(const struct run_settings *settings)
{
	struct limiter *limiter = memory_take(sizeof(*limiter));
	bool made = limiter != NULL;

	if (made)
		random_bytes(limiter->key, sizeof(limiter->key));
	for (int rate = RATE_PUBLIC; rate < RATE_CLASS_COUNT && made; rate++) {
		made = limit_make(&limiter->limits[LIMIT_BY_ADDRESS][rate],
				  settings->rate_per_address[rate]) &&
		       limit_make(&limiter->limits[LIMIT_BY_USER][rate],
				  settings->rate_per_user[rate]);
		for (unsigned which = 1; which < TOLD_COUNT && made; which++)
			made = front_make(limiter->fronts[rate][which], settings, rate, which);
	}
	if (made)
		return limiter;
	limiter_free(limiter);
	return NULL;
}

void limiter_free(struct limiter *limiter)
{
	if (!limiter)
		return;
	for (int by = 0; by < LIMIT_BY_COUNT; by++) {
		for (int rate = 0; rate < RATE_CLASS_COUNT; rate++)
			memory_free(limiter->limits[by][rate].sketch);
	}
	memory_free(limiter);
}

/* ---- one request ------------------------------------------------------------------------- */

/* The slots of a client: 14 bits of its hash a row. */
static void slots_find(struct sketch *sketch, uint64_t hash, atomic_int_fast64_t *slots[LIMIT_ROWS])
{
	for (int row = 0; row < LIMIT_ROWS; row++)
		slots[row] = &sketch->slots[row][hash >> (16 * row) & (LIMIT_SLOTS - 1)];
}
_Static_assert((LIMIT_SLOTS & (LIMIT_SLOTS - 1)) == 0 && LIMIT_SLOTS <= 1 << 16,
	       "a row's slot is some of 16 bits");

static int64_t slots_earliest(atomic_int_fast64_t *const slots[LIMIT_ROWS], int64_t now)
{
	int64_t earliest = INT64_MAX;

	for (int row = 0; row < LIMIT_ROWS; row++) {
		int64_t at = atomic_load_explicit(slots[row], memory_order_relaxed);

		if (at < earliest)
			earliest = at;
	}
	return earliest > now ? earliest : now;
}

static void slot_charge(atomic_int_fast64_t *slot, int64_t now, const struct limit *limit)
{
	int_fast64_t before = atomic_load_explicit(slot, memory_order_relaxed);
	int_fast64_t after;

	do {
		after = (before > now ? before : now) + limit->step_us;
		if (after > now + limit->window_us)
			after = now + limit->window_us;
	} while (!atomic_compare_exchange_weak_explicit(slot, &before, after, memory_order_relaxed,
							memory_order_relaxed));
}

struct limit_answer limiter_ask(struct limiter *limiter, enum limit_by by, enum rate_class rate,
				const uint8_t key[LIMIT_KEY_SIZE], int64_t now)
{
	struct limit *limit = &limiter->limits[by][rate];
	atomic_int_fast64_t *slots[LIMIT_ROWS];
	struct limit_answer answer = { 0 };

	if (!limit->sketch)
		return answer;
	slots_find(limit->sketch, siphash(limiter->key, key), slots);
	int64_t owed = slots_earliest(slots, now) - now;
	answer.told = true;
	answer.over = owed + limit->step_us > limit->window_us;
	if (answer.over) {
		atomic_fetch_add_explicit(&limit->refused, 1, memory_order_relaxed);
		answer.wait_us = owed + limit->step_us - limit->window_us;
	} else {
		for (int row = 0; row < LIMIT_ROWS; row++)
			slot_charge(slots[row], now, limit);
		owed += limit->step_us;
	}
	answer.left = (limit->window_us - owed) / limit->step_us;
	answer.full_us = owed;
	return answer;
}

uint64_t limiter_refused(const struct limiter *limiter, enum limit_by by, enum rate_class rate)
{
	return atomic_load_explicit(&limiter->limits[by][rate].refused, memory_order_relaxed);
}

/* ---- what clients are told --------------------------------------------------------------- */

struct line {
	char *at;
	size_t size;
};

static void line_add(struct line *line, struct text t)
{
	assert(line->size + t.size <= LIMIT_ROOM);
	memcpy(line->at + line->size, t.at, t.size);
	line->size += t.size;
}

static void line_number(struct line *line, int64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	line_add(line, (struct text){ digits + at, sizeof(digits) - at });
}

static void line_left(struct line *line, const struct limit_answer *answer)
{
	line_number(line, answer->left);
	line_add(line, TEXT(";t="));
	line_number(line, (answer->full_us + SECOND_US - 1) / SECOND_US);
}

struct text limit_lines(const struct limiter *limiter, enum rate_class rate,
			const struct limit_answer answers[LIMIT_BY_COUNT], char room[LIMIT_ROOM])
{
	const struct limit_answer *address = &answers[LIMIT_BY_ADDRESS];
	const struct limit_answer *user = &answers[LIMIT_BY_USER];
	struct line line = { room, 0 };

	if (!address->told && !user->told)
		return NO_TEXT;
	line_add(&line, text_of(limiter->fronts[rate][told(answers)]));
	line_left(&line, address->told ? address : user);
	if (address->told && user->told) {
		line_add(&line, TEXT(", \""));
		line_add(&line, text_of(rate_words[rate]));
		line_add(&line, text_of(policy_ends[LIMIT_BY_USER]));
		line_add(&line, TEXT("\";r="));
		line_left(&line, user);
	}
	line_add(&line, TEXT("\r\n"));
	return (struct text){ room, line.size };
}
