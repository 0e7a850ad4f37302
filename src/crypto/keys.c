/*
 * The key file. It is written in full under another name and then linked to its own, so that it is
 * never seen half written and two first starts at once agree on one key; file and directory are
 * synced before it is used. A file that others may read is refused rather than mended: its key may
 * be known.
 */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHY_SIZE = 128, PATH_SIZE = 4096 };

static bool __attribute__((format(printf, 2, 3))) explain(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, WHY_SIZE, format, args);
	va_end(args);
	return false;
}

/* Writes the key at @path, which must not exist, and to the disk. */
static bool write_key(const char *path, const unsigned char *key)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return false;

	bool done = write(fd, key, KEY_SIZE) == KEY_SIZE && fsync(fd) == 0;
	int reason = errno;

	close(fd);
	errno = reason;
	return done;
}

static bool sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static bool make_key(const char *directory, const char *path, char *why)
{
	unsigned char key[KEY_SIZE];
	char draft[PATH_SIZE + 16], suffix[9];

	random_bytes(key, 4);
	hex_format(key, 4, suffix);
	snprintf(draft, sizeof(draft), "%s.%s", path, suffix);
	random_bytes(key, sizeof(key));

	bool done = write_key(draft, key) && (link(draft, path) == 0 || errno == EEXIST) &&
		    sync_directory(directory);

	if (!done)
		explain(why, "the key file cannot be made: %s", strerror(errno));
	unlink(draft);
	OPENSSL_cleanse(key, sizeof(key));
	return done;
}

static bool check_key(const struct stat *status, char *why)
{
	if (!S_ISREG(status->st_mode))
		return explain(why, "authentication.key is not a file");
	if (status->st_mode & 077)
		return explain(why,
			       "authentication.key is open to others (mode %03o, should be 600)",
			       (unsigned)status->st_mode & 0777);
	if (status->st_size != KEY_SIZE)
		return explain(why, "authentication.key holds %lld bytes instead of %d",
			       (long long)status->st_size, KEY_SIZE);
	return true;
}

static bool read_key(int fd, unsigned char *key, char *why)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return explain(why, "authentication.key cannot be read: %s", strerror(errno));
	if (!check_key(&status, why))
		return false;
	if (read(fd, key, KEY_SIZE) != KEY_SIZE)
		return explain(why, "authentication.key cannot be read in full");
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
		explain(why, "authentication.key cannot be opened: %s", strerror(errno));
	return fd;
}

struct keys *keys_load(const char *directory, char *why)
{
	unsigned char master[KEY_SIZE];
	char path[PATH_SIZE];
	int size = snprintf(path, sizeof(path), "%s/authentication.key", directory);

	if (size < 0 || (size_t)size >= sizeof(path)) {
		explain(why, "the key directory's name is too long");
		return NULL;
	}
	if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
		explain(why, "the key directory cannot be made: %s", strerror(errno));
		return NULL;
	}

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

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	/* OpenSSL wipes the key inside each context. */
	for (size_t i = 0; i < PURPOSE_COUNT; i++)
		EVP_MAC_CTX_free(keys->contexts[i]);
	memory_free(keys);
}
