/* UTF-8 for the readers of this module. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "xiangcai/base.h"

/* The bytes (1 to 4) of the well-formed character at @at, 0 when it is broken. @left > 0. */
size_t utf8_size(const unsigned char *at, size_t left);
/* Writes @point at @out (4 bytes of room) and gives its size. */
size_t utf8_write(uint32_t point, char *out);

/*
 * How many bytes from @at on need no look of a JSON reader or writer: no control, no quote, no
 * backslash and, where @ascii, nothing above 0x7F. Eight at a time, by the carries of bytewise
 * subtraction.
 */
size_t plain_run(const char *at, size_t size, bool ascii);

#endif
