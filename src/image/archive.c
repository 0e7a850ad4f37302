/*
 * ZIP archives of pictures (PKWARE APPNOTE 6.3, sections 4.3 and 4.4), read from memory. The
 * directory at the end is what counts: all of it is looked at before anything is unpacked, every
 * entry must lie where it says, and no two may share a byte. An archive with one name that leads
 * out of it, a link or a lock is not looked into at all. What comes out is counted against what was
 * said. Archives of more than 4 GB or 65,534 entries have another form, which is not read.
 */
#include "image_private.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	END_SIZE = 22,
	COMMENT_MAX = 65535,
	DIRECTORY_SIZE = 46,
	LOCAL_SIZE = 30,
	NAME_SIZE_MAX = 255,
	FLAG_ENCRYPTED = 1,
	FLAG_UTF8 = 0x800,
	METHOD_STORED = 0,
	METHOD_DEFLATED = 8,
	HOST_UNIX = 3,
	PIECE = 64 * 1024
};

/* ---- the directory --------------------------------------------------------------------------- */

/* Where the end record stands: the last one whose comment reaches to the end of the file. */
static bool end_find(struct text file, size_t *at)
{
	size_t lowest = file.size > END_SIZE + COMMENT_MAX ? file.size - END_SIZE - COMMENT_MAX : 0;

	if (file.size < END_SIZE)
		return false;
	for (size_t i = file.size - END_SIZE + 1; i-- > lowest;)
		if (memcmp(file.at + i, "PK\5\6", 4) == 0 &&
		    i + END_SIZE + little_endian(file, i + 20, 2) == file.size) {
			*at = i;
			return true;
		}
	return false;
}

static bool leads_out(struct text name)
{
	struct text rest = name, part;

	if (!name.size || name.at[0] == '/')
		return true;
	for (size_t i = 0; i < name.size; i++)
		if ((uint8_t)name.at[i] < ' ' || name.at[i] == '\\' || name.at[i] == ':')
			return true;
	while ((part = text_cut(&rest, '/')).at || rest.at)
		if (text_is(part, "..") || text_is(part, "."))
			return true;
	return false;
}

/* Names that say UTF-8, or are it; else as Chinese Windows writes them. */
static enum err name_take(struct text bytes, bool says_utf8, struct arena *arena, struct text *out)
{
	char to[NAME_SIZE_MAX * 3], *at = to, *from = arena_string(arena, bytes);
	size_t left = bytes.size, room = sizeof(to);

	if (!from)
		return ERR_MEMORY;
	*out = (struct text){ from, bytes.size };
	if (text_is_utf8(bytes))
		return OK;
	iconv_t convert = iconv_open("UTF-8", "GB18030");
	bool good = !says_utf8 && convert != (iconv_t)-1 &&
		    iconv(convert, &from, &left, &at, &room) != (size_t)-1;
	if (convert != (iconv_t)-1)
		iconv_close(convert);
	if (!good)
		return ERR_ARCHIVE_BROKEN;
	*out = arena_text(arena, (struct text){ to, sizeof(to) - room });
	return out->at ? OK : ERR_MEMORY;
}

static bool is_link(struct text file, size_t at)
{
	uint32_t host = little_endian(file, at + 5, 1),
		 mode = little_endian(file, at + 38, 4) >> 16;

	return host == HOST_UNIX && (mode & 0xf000) == 0xa000;
}

/* Where the bytes of the entry begin: behind its own header, which must have the same name. */
static bool local_take(struct text file, size_t directory, struct text name,
		       struct archive_entry *entry, size_t local)
{
	if (local > directory || directory - local < LOCAL_SIZE ||
	    memcmp(file.at + local, "PK\3\4", 4) != 0)
		return false;
	size_t name_size = little_endian(file, local + 26, 2);
	size_t head = LOCAL_SIZE + name_size + little_endian(file, local + 28, 2);
	if (directory - local < head || directory - local - head < entry->packed_size ||
	    !text_equal(text_part(file, local + LOCAL_SIZE, name_size), name))
		return false;
	entry->from = local;
	entry->at = local + head;
	return true;
}

/* The record at *@at, moved on. */
static enum err entry_take(struct text file, size_t directory, size_t end, size_t *at,
			   struct arena *arena, struct archive_entry *out)
{
	if (*at > end || end - *at < DIRECTORY_SIZE || memcmp(file.at + *at, "PK\1\2", 4) != 0)
		return ERR_ARCHIVE_BROKEN;
	size_t record = *at, name_size = little_endian(file, record + 28, 2);
	size_t size = DIRECTORY_SIZE + name_size + little_endian(file, record + 30, 2) +
		      little_endian(file, record + 32, 2);
	uint32_t flags = little_endian(file, record + 8, 2);
	struct text name = text_part(file, record + DIRECTORY_SIZE, name_size);

	if (end - record < size || name_size > NAME_SIZE_MAX)
		return ERR_ARCHIVE_BROKEN;
	*at += size;
	if ((flags & FLAG_ENCRYPTED) || leads_out(name) || is_link(file, record))
		return ERR_ARCHIVE_UNSAFE;
	out->method = (int)little_endian(file, record + 10, 2);
	out->checksum = little_endian(file, record + 16, 4);
	out->packed_size = little_endian(file, record + 20, 4);
	out->size = little_endian(file, record + 24, 4);
	if ((out->method != METHOD_STORED && out->method != METHOD_DEFLATED) ||
	    !local_take(file, directory, name, out, little_endian(file, record + 42, 4)))
		return ERR_ARCHIVE_BROKEN;
	return name_take(name, flags & FLAG_UTF8, arena, &out->name);
}

static int by_place(const void *a, const void *b)
{
	const struct archive_entry *const *x = a, *const *y = b;

	return ((*x)->from > (*y)->from) - ((*x)->from < (*y)->from);
}

/* Two entries that share bytes unpack more than there is. */
static enum err overlaps_check(const struct list *entries, struct arena *arena)
{
	const struct archive_entry **order =
		arena_take(arena, (entries->count + 1) * sizeof(struct archive_entry *));

	if (!order)
		return ERR_MEMORY;
	for (size_t i = 0; i < entries->count; i++)
		order[i] = LIST_ITEM(*entries, struct archive_entry, i);
	qsort(order, entries->count, sizeof(struct archive_entry *), by_place);
	for (size_t i = 1; i < entries->count; i++)
		if (order[i - 1]->at + order[i - 1]->packed_size > order[i]->from)
			return ERR_ARCHIVE_UNSAFE;
	return OK;
}

enum err archive_open(struct text file, struct arena *arena, struct list *entries)
{
	size_t end, unpacked = 0;

	if (!end_find(file, &end))
		return ERR_ARCHIVE_BROKEN;
	size_t count = little_endian(file, end + 10, 2), size = little_endian(file, end + 12, 4);
	size_t at = little_endian(file, end + 16, 4), directory = at;
	if (count > ARCHIVE_ENTRIES_MAX)
		return ERR_ARCHIVE_LIMIT;
	if (at > end || end - at != size)
		return ERR_ARCHIVE_BROKEN;
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *entry = list_add(entries, arena, sizeof(*entry));
		enum err e =
			entry ? entry_take(file, directory, end, &at, arena, entry) : ERR_MEMORY;

		if (e)
			return e;
		unpacked += entry->size;
		if (unpacked > ARCHIVE_UNPACKED_MAX || unpacked / ARCHIVE_RATIO_MAX > file.size)
			return ERR_ARCHIVE_LIMIT;
	}
	return at == end ? overlaps_check(entries, arena) : ERR_ARCHIVE_BROKEN;
}

/* ---- unpacking ------------------------------------------------------------------------------- */

static enum err inflate_into(struct text packed, size_t size, struct buffer *out)
{
	z_stream stream = { .avail_in = (uInt)packed.size };
	uint8_t piece[PIECE];
	int state = inflateInit2(&stream, -MAX_WBITS);

	if (state != Z_OK)
		return ERR_MEMORY;
	/* zlib takes its input by a pointer to bytes that may change, and does not write to it */
	memcpy(&stream.next_in, &packed.at, sizeof(packed.at));
	while (state == Z_OK && out->size <= size) {
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		state = inflate(&stream, Z_NO_FLUSH);
		buffer_add(out, (struct text){ (char *)piece, sizeof(piece) - stream.avail_out });
		if (state == Z_OK && stream.avail_out == sizeof(piece))
			break;
	}
	inflateEnd(&stream);
	return state == Z_STREAM_END ? OK : ERR_ARCHIVE_BROKEN;
}

enum err archive_read(struct text file, const struct archive_entry *entry, struct buffer *out)
{
	struct text packed = text_part(file, entry->at, entry->packed_size);
	enum err e = OK;

	if (entry->method == METHOD_STORED)
		buffer_add(out, packed);
	else
		e = inflate_into(packed, entry->size, out);
	if (!e && out->failed)
		e = ERR_ARCHIVE_LIMIT;
	if (e)
		return e;
	uLong checksum = crc32(0, (const Bytef *)out->at, (uInt)out->size);
	return out->size == entry->size && checksum == entry->checksum ? OK : ERR_ARCHIVE_BROKEN;
}
