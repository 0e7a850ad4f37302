/* The keys of sealed fields: an immutable ring in memory, and the file that it is read from. */
#ifndef CRYPTO_RING_H
#define CRYPTO_RING_H

#include "xiangcai/crypto.h"

enum { SEAL_KEY_SIZE = 32 };

struct ring_key {
	uint8_t id[SEAL_KEY_ID_SIZE];
	uint8_t key[SEAL_KEY_SIZE];
	int64_t made;
};

/* Which state of the file a ring was read from: it changes only by being replaced. */
struct ring_stamp {
	uint64_t device, inode;
	int64_t size, changed_ns;
};

struct ring {
	size_t count;                        /* at least 1 */
	struct ring_key keys[SEAL_KEYS_MAX]; /* newest last */
	struct ring_stamp stamp;
	struct ring *previous; /* the one it took the place of: a thread may still read it */
};

/* ---- ring_file.c ------------------------------------------------------------- */

/* False when there is no file to look at. */
bool ring_stamp_read(const char *directory, struct ring_stamp *out);
bool ring_stamp_equal(const struct ring_stamp *a, const struct ring_stamp *b);
const struct ring_key *ring_find_in(const struct ring *ring, const uint8_t *id);
/* ring_free. NULL with a reason in @why. */
struct ring *ring_read(const char *directory, char *why);
void ring_free(struct ring *ring); /* this one alone, wiped; NULL is allowed */
/*
 * Reads the file (an empty ring when there is none), lets @change have the ring, and writes it back
 * as a whole, all under the lock of the directory. False when @change says no.
 */
typedef bool ring_change_fn(struct ring *ring, void *context, char *why);
bool ring_change(const char *directory, ring_change_fn *change, void *context, char *why);

/* ---- ring.c ------------------------------------------------------------------ */

struct ring_source;
/* Makes the file with one key when there is none. NULL with a reason in @why. */
struct ring_source *ring_source_new(const char *directory, char *why);
void ring_source_free(struct ring_source *source); /* NULL is allowed */
/* The newest key to seal under; not older than a second. Lasts until ring_source_free. */
const struct ring_key *ring_newest(struct ring_source *source);
/* The key with that id, looked for in the file again when it is not known; NULL: nowhere. */
const struct ring_key *ring_find(struct ring_source *source, const uint8_t *id);

#endif
