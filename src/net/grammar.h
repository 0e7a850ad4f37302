/* The small words of the HTTP and URI grammars (RFC 9110 §5.6, RFC 3986), for the files of this
 * module. */
#ifndef XIANGCAI_NET_GRAMMAR_H
#define XIANGCAI_NET_GRAMMAR_H

#include "xiangcai/base.h"

enum char_class {
	CHAR_TOKEN,  /* tchar */
	CHAR_TARGET, /* visible ASCII but the five that no URI and no browser sends as they are: " #
			< > \ */
	CHAR_HOST,   /* unreserved: what names of hosts are made of; and '%', checked apart */
	CHAR_QUOTED, /* qdtext */
	CHAR_WORD,   /* [A-Za-z0-9._-] */
	CHAR_CLASS_COUNT
};
/* One bit a byte value, the lowest values in the lowest bits of the first word. */
extern const uint64_t char_classes[CHAR_CLASS_COUNT][4];

static inline bool char_is(enum char_class class, char c)
{
	uint8_t byte = (uint8_t)c;

	return (char_classes[class][byte >> 6] >> (byte & 63)) & 1;
}

/* How many bytes of @t from @at on are of @class. */
size_t text_span(struct text t, size_t at, enum char_class class);
/* At least one byte, and all of @class. */
bool text_is_all(struct text t, enum char_class class);
/* No control but HTAB: what a field's value may hold. */
bool text_is_value(struct text t);
int hex_value(char c); /* -1: no hexadecimal digit */
/* uri-host [ ":" port ] with a host that is not empty: a name, an IPv4 address, or an IPv6 address
 * in brackets. */
bool host_is_valid(struct text host);

/*
 * Decodes %XX once, and '+' as a blank where @plus says so. @t itself when there is nothing to
 * decode, else a text in @arena. NO_TEXT when malformed, when NUL comes out or what comes out is
 * not UTF-8; NO_TEXT, too, when out of memory.
 */
struct text percent_decode(struct text t, bool plus, struct arena *arena);

#endif
