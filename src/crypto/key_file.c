/* Files of secrets: written in full under another name and synced before they get their own. */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool explain(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, WHY_SIZE, format, args);
	va_end(args);
	return false;
}

bool key_file_write(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return false;

	bool done = write(fd, bytes, size) == (ssize_t)size && fsync(fd) == 0;
	int reason = errno;

	close(fd);
	errno = reason;
	return done;
}

bool key_file_is_safe(const char *name, const struct stat *status, char *why)
{
	if (!S_ISREG(status->st_mode))
		return explain(why, "%s is not a file", name);
	if (status->st_mode & 077)
		return explain(why, "%s is open to others (mode %03o, should be 600)", name,
			       (unsigned)status->st_mode & 0777);
	return true;
}

void key_file_draft(const char *path, char *out)
{
	unsigned char bytes[4];
	char suffix[9];

	random_bytes(bytes, sizeof(bytes));
	hex_format(bytes, sizeof(bytes), suffix);
	snprintf(out, PATH_SIZE + 16, "%s.%s", path, suffix);
}

bool directory_sync(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}
