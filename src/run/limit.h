/*
 * Rate limits: what the dispatcher and the workers ask of limit.c, which says how they are kept.
 */
#ifndef XIANGCAI_RUN_LIMIT_H
#define XIANGCAI_RUN_LIMIT_H

#include "xiangcai/run.h"

enum limit_by { LIMIT_BY_ADDRESS, LIMIT_BY_USER, LIMIT_BY_COUNT };
enum { LIMIT_ROWS = 4, LIMIT_SLOTS = 16384, LIMIT_WINDOW_S = 60, LIMIT_KEY_SIZE = 16 };

/* What one question came to. */
struct limit_answer {
	bool told;       /* there is such a limit */
	bool over;       /* refused, and not counted */
	int64_t left;    /* requests that may follow at once */
	int64_t full_us; /* until the whole quota is there again */
	int64_t wait_us; /* until a refused request would be let through */
};

struct limiter;
/* With a key of its own for the hash. NULL when out of memory. */
struct limiter *limiter_new(const struct run_settings *settings);
void limiter_free(struct limiter *limiter);
/*
 * Counts a request of the client that @key stands for at @now (by clock_monotonic), or refuses it.
 * Any thread, without a lock. RATE_BY_METHOD has no limit.
 */
struct limit_answer limiter_ask(struct limiter *limiter, enum limit_by by, enum rate_class rate,
				const uint8_t key[LIMIT_KEY_SIZE], int64_t now);
uint64_t limiter_refused(const struct limiter *limiter, enum limit_by by, enum rate_class rate);

extern const char *const rate_words[RATE_CLASS_COUNT]; /* NULL for RATE_BY_METHOD */
extern const char *const limit_words[LIMIT_BY_COUNT];

/*
 * The lines of RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers) for those
 * limits that were told, in @room; NO_TEXT: none was. Every answer has them, those from memory too:
 * what does not change is kept ready.
 */
enum { LIMIT_ROOM = 320 };
struct text limit_lines(const struct limiter *limiter, enum rate_class rate,
			const struct limit_answer answers[LIMIT_BY_COUNT], char room[LIMIT_ROOM]);

/* SipHash-2-4 of exactly 16 bytes. */
uint64_t siphash(const uint64_t key[2], const uint8_t bytes[LIMIT_KEY_SIZE]);

#endif
