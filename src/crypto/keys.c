/*
 * The key files together, and the first of them, authentication.key. It is written in full under
 * another name and then linked to its own, so that it is never seen half written and two first
 * starts at once agree on one key; file and directory are synced before it is used. A file that
 * others may read is refused rather than mended: its key may be known.
 */
#include "keys.h"

#include "key_file.h"
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

static const char name[] = "authentication.key";

static bool make_key(const char *directory, const char *path, char *why)
{
	unsigned char key[KEY_SIZE];
	char draft[PATH_SIZE + 16];

	key_file_draft(path, draft);
	random_bytes(key, sizeof(key));

	bool done = key_file_write(draft, key, sizeof(key)) &&
		    (link(draft, path) == 0 || errno == EEXIST) && directory_sync(directory);

	if (!done)
		explain(why, "the key file cannot be made: %s", strerror(errno));
	unlink(draft);
	OPENSSL_cleanse(key, sizeof(key));
	return done;
}

static bool check_key(const struct stat *status, char *why)
{
	if (!key_file_is_safe(name, status, why))
		return false;
	if (status->st_size != KEY_SIZE)
		return explain(why, "%s holds %lld bytes instead of %d", name,
			       (long long)status->st_size, KEY_SIZE);
	return true;
}

static bool read_key(int fd, unsigned char *key, char *why)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return explain(why, "%s cannot be read: %s", name, strerror(errno));
	if (!check_key(&status, why))
		return false;
	if (read(fd, key, KEY_SIZE) != KEY_SIZE)
		return explain(why, "%s cannot be read in full", name);
	return true;
}

static int open_key(const char *directory, const char *path, char *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT) {
		if (!make_key(directory, path, why))
			return -1;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0)
		explain(why, "%s cannot be opened: %s", name, strerror(errno));
	return fd;
}

/* Reads the master key and derives those of all purposes. */
static struct keys *load_authentication(const char *directory, const char *path, char *why)
{
	unsigned char master[KEY_SIZE];
	int fd = open_key(directory, path, why);

	if (fd < 0)
		return NULL;

	bool done = read_key(fd, master, why);
	struct keys *keys = done ? memory_take(sizeof(*keys)) : NULL;

	close(fd);
	if (done && (!keys || !keys_derive(keys, master))) {
		explain(why, "the keys cannot be derived: out of memory");
		keys_free(keys);
		keys = NULL;
	}
	OPENSSL_cleanse(master, sizeof(master));
	return keys;
}

struct keys *keys_load(const char *directory, char *why)
{
	char path[PATH_SIZE];
	int size = snprintf(path, sizeof(path), "%s/%s", directory, name);

	if (size < 0 || (size_t)size >= sizeof(path)) {
		explain(why, "the key directory's name is too long");
		return NULL;
	}
	if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
		explain(why, "the key directory cannot be made: %s", strerror(errno));
		return NULL;
	}

	struct keys *keys = load_authentication(directory, path, why);

	if (!keys)
		return NULL;
	keys->source = ring_source_new(directory, why);
	if (!keys->source) {
		keys_free(keys);
		return NULL;
	}
	return keys;
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	/* OpenSSL wipes the key inside each context. */
	for (size_t i = 0; i < PURPOSE_COUNT; i++)
		EVP_MAC_CTX_free(keys->contexts[i]);
	ring_source_free(keys->source);
	memory_free(keys);
}
