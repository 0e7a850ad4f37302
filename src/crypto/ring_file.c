/*
 * encryption.keys: a line for each key, newest last: id (8 hexadecimal digits), key (64), when it
 * was made. The file is never written in place: a whole new one takes its name once it is on the
 * disk, so that readers need no lock. Writers hold the lock of the directory (flock) from reading
 * to renaming, so that of two that add a key at once neither loses the other's.
 */
#include "ring.h"

#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char name[] = "encryption.keys";

enum {
	INSTANT_SIZE = 27,
	LINE_SIZE = 2 * SEAL_KEY_ID_SIZE + 1 + 2 * SEAL_KEY_SIZE + 1 + INSTANT_SIZE + 1,
	FILE_MAX = SEAL_KEYS_MAX * LINE_SIZE
};

static bool path_make(const char *directory, char out[PATH_SIZE])
{
	int size = snprintf(out, PATH_SIZE, "%s/%s", directory, name);

	return size > 0 && size < PATH_SIZE;
}

static struct ring_stamp stamp_of(const struct stat *status)
{
	return (struct ring_stamp){
		.device = (uint64_t)status->st_dev,
		.inode = (uint64_t)status->st_ino,
		.size = (int64_t)status->st_size,
		.changed_ns = (int64_t)status->st_ctim.tv_sec * 1000000000 +
			      (int64_t)status->st_ctim.tv_nsec,
	};
}

bool ring_stamp_equal(const struct ring_stamp *a, const struct ring_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_ns == b->changed_ns;
}

bool ring_stamp_read(const char *directory, struct ring_stamp *out)
{
	char path[PATH_SIZE];
	struct stat status;

	if (!path_make(directory, path) || lstat(path, &status) != 0)
		return false;
	*out = stamp_of(&status);
	return true;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	OPENSSL_cleanse(ring, sizeof(*ring));
	memory_free(ring);
}

/* ---- reading ----------------------------------------------------------------- */

static bool line_parse(struct text line, struct ring_key *out)
{
	return hex_parse(text_cut(&line, ' '), out->id, sizeof(out->id)) &&
	       hex_parse(text_cut(&line, ' '), out->key, sizeof(out->key)) &&
	       instant_parse(line, &out->made);
}

const struct ring_key *ring_find_in(const struct ring *ring, const uint8_t *id)
{
	for (size_t i = ring->count; i-- > 0;)
		if (memcmp(ring->keys[i].id, id, SEAL_KEY_ID_SIZE) == 0)
			return &ring->keys[i];
	return NULL;
}

static bool ring_parse(struct text whole, struct ring *ring, char *why)
{
	while (whole.size) {
		struct text line = text_cut(&whole, '\n');
		struct ring_key key;

		if (!whole.at || ring->count == SEAL_KEYS_MAX || !line_parse(line, &key) ||
		    ring_find_in(ring, key.id))
			return explain(why, "%s: line %zu is not a key", name, ring->count + 1);
		ring->keys[ring->count++] = key;
		OPENSSL_cleanse(&key, sizeof(key));
	}
	return ring->count || explain(why, "%s holds no key", name);
}

static bool ring_fill(int fd, struct ring *ring, char *why)
{
	char bytes[FILE_MAX];
	struct stat status;

	if (fstat(fd, &status) != 0)
		return explain(why, "%s cannot be read: %s", name, strerror(errno));
	if (!key_file_is_safe(name, &status, why))
		return false;
	if (status.st_size > FILE_MAX)
		return explain(why, "%s is too long", name);
	ring->stamp = stamp_of(&status);

	bool done = read(fd, bytes, (size_t)status.st_size) == status.st_size
			    ? ring_parse((struct text){ bytes, (size_t)status.st_size }, ring, why)
			    : explain(why, "%s cannot be read in full", name);

	OPENSSL_cleanse(bytes, sizeof(bytes));
	return done;
}

/* -1 where it cannot be had; errno says why. */
static int ring_open(const char *directory)
{
	char path[PATH_SIZE];

	errno = ENAMETOOLONG;
	return path_make(directory, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
}

static struct ring *ring_new(char *why)
{
	struct ring *ring = memory_take(sizeof(*ring));

	if (!ring)
		explain(why, "out of memory");
	return ring;
}

static struct ring *ring_read_or_empty(const char *directory, bool empty_allowed, char *why)
{
	int fd = ring_open(directory);

	if (fd < 0 && errno == ENOENT && empty_allowed)
		return ring_new(why);
	if (fd < 0) {
		explain(why, "%s cannot be opened: %s", name, strerror(errno));
		return NULL;
	}

	struct ring *ring = ring_new(why);

	if (ring && !ring_fill(fd, ring, why)) {
		ring_free(ring);
		ring = NULL;
	}
	close(fd);
	return ring;
}

struct ring *ring_read(const char *directory, char *why)
{
	return ring_read_or_empty(directory, false, why);
}

/* ---- writing ----------------------------------------------------------------- */

static size_t ring_print(const struct ring *ring, char *out)
{
	size_t at = 0;

	for (size_t i = 0; i < ring->count; i++) {
		const struct ring_key *key = &ring->keys[i];
		char instant[28];

		hex_format(key->id, sizeof(key->id), out + at);
		at += 2 * sizeof(key->id);
		out[at++] = ' ';
		hex_format(key->key, sizeof(key->key), out + at);
		at += 2 * sizeof(key->key);
		at += (size_t)snprintf(out + at, INSTANT_SIZE + 3, " %.*s\n",
				       TEXT_FMT(instant_format(key->made, instant)));
	}
	return at;
}

static bool ring_write(const char *directory, const struct ring *ring, char *why)
{
	char path[PATH_SIZE], draft[PATH_SIZE + 16], bytes[FILE_MAX + 1];
	bool done = path_make(directory, path);

	if (!done)
		return explain(why, "the key directory's name is too long");
	key_file_draft(path, draft);
	done = key_file_write(draft, bytes, ring_print(ring, bytes)) && rename(draft, path) == 0 &&
	       directory_sync(directory);
	if (!done) {
		explain(why, "%s cannot be written: %s", name, strerror(errno));
		unlink(draft);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return done;
}

/* The descriptor that holds the lock until it is closed; -1. */
static int lock_directory(const char *directory, char *why)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		explain(why, "the key directory cannot be locked: %s", strerror(errno));
	return fd;
}

bool ring_change(const char *directory, ring_change_fn *change, void *context, char *why)
{
	int lock = lock_directory(directory, why);

	if (lock < 0)
		return false;

	struct ring *ring = ring_read_or_empty(directory, true, why);
	bool done = ring && change(ring, context, why) && ring_write(directory, ring, why);

	ring_free(ring);
	close(lock);
	return done;
}
