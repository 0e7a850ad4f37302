/*
 * What an uploaded file is, by its own bytes: formats with a signature by that, and text as what
 * could stand in a CSV file, in UTF-8 or GB18030 (GB 18030-2005, §5: one byte to 0x7F; two from
 * 0x81–0xFE, then 0x40–0x7E or 0x80–0xFE; four where the second and the fourth are digits). What
 * the client says it is does not count.
 */
#include "background.h"

#include <string.h>

struct media {
	const char *type, *ending;
	struct text signature;
};

static const struct media media[] = {
	{ "application/pdf", ".pdf", { "%PDF-", 5 } },
	{ "image/png", ".png", { "\x89PNG\r\n\x1a\n", 8 } },
	{ "image/jpeg", ".jpg", { "\xff\xd8\xff", 3 } },
	{ "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	  ".xlsx",
	  { "PK\x03\x04", 4 } },
	/* by its bytes a workbook, too: only whoever knows better calls it this */
	{ "application/zip", ".zip", { "PK\x03\x04", 4 } },
	{ "text/csv", ".csv", { "", 0 } }, /* the last: text has no signature */
};

static bool within(uint8_t byte, uint8_t low, uint8_t high)
{
	return byte >= low && byte <= high;
}

/* The bytes of the GB18030 character at @at, of which @left are there; 0 when it is none. */
static size_t gb18030_character(const uint8_t *at, size_t left)
{
	if (at[0] < 0x80)
		return 1;
	if (!within(at[0], 0x81, 0xfe) || left < 2)
		return 0;
	if (within(at[1], 0x40, 0x7e) || within(at[1], 0x80, 0xfe))
		return 2;
	if (left < 4 || !within(at[1], '0', '9'))
		return 0;
	return within(at[2], 0x81, 0xfe) && within(at[3], '0', '9') ? 4 : 0;
}

/* One broken byte in a hundred is let through: a damaged cell is its row's fault, not the file's.
 */
static bool looks_like_gb18030(struct text content)
{
	const uint8_t *bytes = (const uint8_t *)content.at;
	size_t broken = 0;

	for (size_t at = 0; at < content.size;) {
		size_t size = gb18030_character(bytes + at, content.size - at);
		broken += size == 0;
		at += size ? size : 1;
	}
	return broken <= content.size / 100;
}

/* With its mark, UTF-16 is what spreadsheets call Unicode text. */
static bool looks_like_utf16(struct text content)
{
	return content.size % 2 == 0 &&
	       (text_starts(content, "\xff\xfe") || text_starts(content, "\xfe\xff"));
}

static bool looks_like_text(struct text content)
{
	if (looks_like_utf16(content))
		return true;
	if (memchr(content.at, 0, content.size))
		return false;
	return text_is_utf8(content) || looks_like_gb18030(content);
}

const char *file_media(struct text content)
{
	size_t text_at = COUNT_OF(media) - 1;

	if (!content.size)
		return NULL;
	for (size_t i = 0; i < text_at; i++)
		if (text_equal(text_part(content, 0, media[i].signature.size), media[i].signature))
			return media[i].type;
	return looks_like_text(content) ? media[text_at].type : NULL;
}

/* Compound files ([MS-CFB]): what spreadsheets saved before 2007, or with a password since. */
enum err file_refusal(struct text content)
{
	static const char encrypted[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	if (!text_starts(content, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
		return ERR_FILE_TYPE;
	return memmem(content.at, content.size, encrypted, sizeof(encrypted)) ? ERR_SHEET_ENCRYPTED
									      : ERR_SHEET_XLS;
}

const char *file_ending(struct text media_type)
{
	for (size_t i = 0; i < COUNT_OF(media); i++)
		if (text_is(media_type, media[i].type))
			return media[i].ending;
	return "";
}
