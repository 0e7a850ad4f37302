/*
 * The ring that all threads read. It is immutable and published by an atomic pointer; one that was
 * replaced stays until the end, because a thread may be reading it and because there are as many as
 * changes of the file, a few in a server's life. Whoever needs a key looks whether the file has
 * changed: for the newest at most once a second, for one that is unknown each time, which costs one
 * lstat; the file is read only when it has changed. A file that cannot be read changes nothing.
 */
#include "ring.h"

#include "key_file.h"
#include "keys.h"

#include <stdatomic.h>
#include <string.h>

struct ring_source {
	_Atomic(struct ring *) now;
	_Atomic int64_t looked; /* clock_monotonic */
	char directory[PATH_SIZE];
};

/* ---- changes of the file ----------------------------------------------------- */

struct addition {
	int64_t now;
	bool only_first;
	uint8_t id[SEAL_KEY_ID_SIZE]; /* out */
};

static bool add_key(struct ring *ring, void *context, char *why)
{
	struct addition *addition = context;
	struct ring_key *key = &ring->keys[ring->count];

	if (addition->only_first && ring->count)
		return true;
	if (ring->count == SEAL_KEYS_MAX)
		return explain(why, "encryption.keys is full: drop keys that no value needs");
	do
		random_bytes(key->id, sizeof(key->id));
	while (ring_find_in(ring, key->id));
	random_bytes(key->key, sizeof(key->key));
	key->made = addition->now;
	ring->count++;
	memcpy(addition->id, key->id, sizeof(addition->id));
	return true;
}

static bool drop_key(struct ring *ring, void *context, char *why)
{
	const uint8_t *id = context;
	const struct ring_key *key = ring_find_in(ring, id);

	if (!key)
		return explain(why, "there is no such key");

	size_t at = (size_t)(key - ring->keys);

	if (at == ring->count - 1)
		return explain(why, "the newest key is in use");
	memmove(&ring->keys[at], &ring->keys[at + 1],
		(ring->count - at - 1) * sizeof(ring->keys[0]));
	ring->count--;
	return true;
}

/* ---- publishing -------------------------------------------------------------- */

/*
 * Reads the file when it is not the one that @ring was read from. Of several threads one publishes,
 * and what it publishes was read after what it replaces had been published: never an older state.
 */
static void source_look(struct ring_source *source)
{
	struct ring *old = atomic_load(&source->now);
	struct ring_stamp stamp;
	char why[WHY_SIZE];

	if (!ring_stamp_read(source->directory, &stamp) || ring_stamp_equal(&stamp, &old->stamp))
		return;

	struct ring *new = ring_read(source->directory, why);

	if (!new)
		return;
	new->previous = old;
	if (!atomic_compare_exchange_strong(&source->now, &old, new))
		ring_free(new);
}

struct ring_source *ring_source_new(const char *directory, char *why)
{
	struct addition first = { .now = clock_now(&(struct clock){ 0 }), .only_first = true };
	struct ring_source *source = memory_take(sizeof(*source));
	struct ring_stamp stamp;

	if (!source) {
		explain(why, "out of memory");
		return NULL;
	}
	snprintf(source->directory, sizeof(source->directory), "%s", directory);
	atomic_init(&source->looked, clock_monotonic());
	atomic_init(&source->now, NULL);
	if (ring_stamp_read(directory, &stamp) || ring_change(directory, add_key, &first, why))
		atomic_store(&source->now, ring_read(directory, why));
	if (atomic_load(&source->now))
		return source;
	ring_source_free(source);
	return NULL;
}

void ring_source_free(struct ring_source *source)
{
	if (!source)
		return;
	for (struct ring *ring = atomic_load(&source->now), *previous; ring; ring = previous) {
		previous = ring->previous;
		ring_free(ring);
	}
	memory_free(source);
}

/* ---- looking up -------------------------------------------------------------- */

const struct ring_key *ring_newest(struct ring_source *source)
{
	int64_t now = clock_monotonic(), looked = atomic_load(&source->looked);

	if (now - looked >= SEAL_NOTICE_US &&
	    atomic_compare_exchange_strong(&source->looked, &looked, now))
		source_look(source);

	const struct ring *ring = atomic_load(&source->now);

	return &ring->keys[ring->count - 1];
}

const struct ring_key *ring_find(struct ring_source *source, const uint8_t *id)
{
	/* Another thread may publish what it read before the key was added: then once more. */
	enum { LOOKS_MAX = 3 };
	const struct ring_key *key = ring_find_in(atomic_load(&source->now), id);

	for (int i = 0; i < LOOKS_MAX && !key; i++) {
		const struct ring *before = atomic_load(&source->now);

		source_look(source);
		key = ring_find_in(atomic_load(&source->now), id);
		if (before == atomic_load(&source->now))
			break;
	}
	return key;
}

/* ---- for commands ------------------------------------------------------------ */

bool seal_key_list(const struct keys *keys, struct seal_key out[SEAL_KEYS_MAX], size_t *count,
		   char *why)
{
	struct ring *ring = ring_read(keys->source->directory, why);

	if (!ring)
		return false;
	for (size_t i = 0; i < ring->count; i++) {
		memcpy(out[i].id, ring->keys[i].id, sizeof(out[i].id));
		out[i].made = ring->keys[i].made;
	}
	*count = ring->count;
	ring_free(ring);
	return true;
}

bool seal_key_add(const struct keys *keys, int64_t now, uint8_t *id, char *why)
{
	struct addition addition = { .now = now };

	if (!ring_change(keys->source->directory, add_key, &addition, why))
		return false;
	memcpy(id, addition.id, sizeof(addition.id));
	source_look(keys->source);
	return true;
}

bool seal_key_drop(const struct keys *keys, const uint8_t *id, char *why)
{
	uint8_t dropped[SEAL_KEY_ID_SIZE];

	memcpy(dropped, id, sizeof(dropped));
	if (!ring_change(keys->source->directory, drop_key, dropped, why))
		return false;
	source_look(keys->source);
	return true;
}
