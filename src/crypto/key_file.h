/* What both key files share: how a file of secrets is written, checked and complained about. */
#ifndef CRYPTO_KEY_FILE_H
#define CRYPTO_KEY_FILE_H

#include "xiangcai/crypto.h"

#include <sys/stat.h>

enum { WHY_SIZE = 128, PATH_SIZE = 4096 };

/* Writes the sentence to @why (WHY_SIZE bytes); false, for `return explain(…)`. */
bool explain(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes the file @path, which must not exist, and to the disk; mode 0600. Leaves errno. */
bool key_file_write(const char *path, const void *bytes, size_t size);
bool key_file_is_safe(const char *name, const struct stat *status, char *why);
/* @path (PATH_SIZE + 16 bytes at @out) with a random suffix: for what is renamed or linked later.
 */
void key_file_draft(const char *path, char *out);
bool directory_sync(const char *directory);

#endif
