/*
 * The archive that a workbook is. minizip reads it from memory; this file decides what may be in
 * one. All entries are looked at before anything is unpacked: their number, their names, what they
 * claim to unpack to. What really comes out is counted again, since claims may lie.
 */
#include <minizip/unzip.h>
#include <string.h>

#include "xlsx.h"

enum { NAME_MAX_SIZE = 512, PIECE_SIZE = 64 * 1024 };

struct entry {
	struct text name;
	unz64_file_pos at;
};

struct zip {
	struct text file;
	size_t at; /* where minizip reads */
	unzFile handle;
	struct list entries; /* of struct entry */
	size_t unpacked;
	char piece[PIECE_SIZE];
};

/* ---- the file in memory, as minizip asks for it ---- */

static voidpf ZCALLBACK stream_open(voidpf opaque, const void *name, int mode)
{
	(void)name;
	(void)mode;
	return opaque;
}

static uLong ZCALLBACK stream_read(voidpf opaque, voidpf stream, void *out, uLong size)
{
	struct zip *zip = stream;
	struct text part = text_part(zip->file, zip->at, size);

	(void)opaque;
	if (part.size > 0)
		memcpy(out, part.at, part.size);
	zip->at += part.size;
	return part.size;
}

static uLong ZCALLBACK stream_write(voidpf opaque, voidpf stream, const void *from, uLong size)
{
	(void)opaque;
	(void)stream;
	(void)from;
	(void)size;
	return 0;
}

static ZPOS64_T ZCALLBACK stream_tell(voidpf opaque, voidpf stream)
{
	(void)opaque;
	return ((const struct zip *)stream)->at;
}

static long ZCALLBACK stream_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
	struct zip *zip = stream;
	size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? zip->at
		      : origin == ZLIB_FILEFUNC_SEEK_END ? zip->file.size
							 : 0;

	(void)opaque;
	if (offset > zip->file.size - base)
		return -1;
	zip->at = base + (size_t)offset;
	return 0;
}

static int ZCALLBACK stream_close(voidpf opaque, voidpf stream)
{
	(void)opaque;
	(void)stream;
	return 0;
}

/* ---- what may be in it ---- */

static bool name_leads_out(struct text name)
{
	struct text rest = name, part;

	if (name.size == 0 || name.at[0] == '/')
		return true;
	for (size_t i = 0; i < name.size; i++)
		if (name.at[i] == '\\' || name.at[i] == ':' || name.at[i] == '\0')
			return true;
	while ((part = text_cut(&rest, '/')).at || rest.at)
		if (text_is(part, "..") || text_is(part, "."))
			return true;
	return false;
}

static const struct entry *entry_find(const struct zip *zip, struct text name)
{
	for (size_t i = 0; i < zip->entries.count; i++) {
		const struct entry *entry = LIST_ITEM(zip->entries, struct entry, i);

		if (text_equal_fold(entry->name, name))
			return entry;
	}
	return NULL;
}

/* Claims of one entry, added to the sum of all. */
static enum err claims_check(const struct zip *zip, const unz_file_info64 *info, uint64_t *claimed)
{
	bool encrypted = info->flag & 1;

	if (encrypted)
		return ERR_XLSX_UNSAFE;
	if (info->size_filename == 0 || info->size_filename >= NAME_MAX_SIZE)
		return ERR_XLSX_BROKEN;
	if (info->uncompressed_size > ZIP_UNPACKED_MAX)
		return ERR_XLSX_LIMIT;
	*claimed += info->uncompressed_size;
	if (*claimed > ZIP_UNPACKED_MAX || *claimed / ZIP_RATIO_MAX > zip->file.size)
		return ERR_XLSX_LIMIT;
	return OK;
}

static enum err entry_add(struct zip *zip, struct arena *arena, uint64_t *claimed)
{
	char name[NAME_MAX_SIZE];
	unz_file_info64 info;
	struct entry *entry;
	struct text text;
	enum err e;

	if (unzGetCurrentFileInfo64(zip->handle, &info, name, sizeof(name), NULL, 0, NULL, 0) !=
	    UNZ_OK)
		return ERR_XLSX_BROKEN;
	e = claims_check(zip, &info, claimed);
	if (e)
		return e;
	text = (struct text){ name, info.size_filename };
	if (name_leads_out(text))
		return ERR_XLSX_UNSAFE;
	if (entry_find(zip, text))
		return ERR_XLSX_BROKEN;
	entry = list_add(&zip->entries, arena, sizeof(*entry));
	if (!entry)
		return ERR_MEMORY;
	entry->name = arena_text(arena, text);
	if (!entry->name.at)
		return ERR_MEMORY;
	return unzGetFilePos64(zip->handle, &entry->at) == UNZ_OK ? OK : ERR_XLSX_BROKEN;
}

static enum err entries_read(struct zip *zip, struct arena *arena)
{
	uint64_t claimed = 0;
	int more = unzGoToFirstFile(zip->handle);

	while (more == UNZ_OK) {
		enum err e = zip->entries.count < ZIP_ENTRIES_MAX ? entry_add(zip, arena, &claimed)
								  : ERR_XLSX_LIMIT;
		if (e)
			return e;
		more = unzGoToNextFile(zip->handle);
	}
	return more == UNZ_END_OF_LIST_OF_FILE ? OK : ERR_XLSX_BROKEN;
}

enum err zip_open(struct text file, struct arena *arena, struct zip **out)
{
	struct zip *zip = arena_take(arena, sizeof(*zip));
	zlib_filefunc64_def functions = {
		.zopen64_file = stream_open,
		.zread_file = stream_read,
		.zwrite_file = stream_write,
		.ztell64_file = stream_tell,
		.zseek64_file = stream_seek,
		.zclose_file = stream_close,
		.zerror_file = stream_close,
		.opaque = zip,
	};
	enum err e;

	if (!zip)
		return ERR_MEMORY;
	zip->file = file;
	zip->handle = unzOpen2_64("", &functions);
	if (!zip->handle)
		return ERR_XLSX_BROKEN;
	e = entries_read(zip, arena);
	if (e)
		zip_close(zip);
	else
		*out = zip;
	return e;
}

void zip_close(struct zip *zip)
{
	unzClose(zip->handle);
}

bool zip_has(const struct zip *zip, struct text name)
{
	return entry_find(zip, name) != NULL;
}

static enum err pieces_take(struct zip *zip, zip_take_fn *take, void *context)
{
	for (;;) {
		int size = unzReadCurrentFile(zip->handle, zip->piece, PIECE_SIZE);
		enum err e;

		if (size < 0)
			return ERR_XLSX_BROKEN;
		zip->unpacked += (size_t)size;
		/* a sheet is read twice: first for its merges */
		if (zip->unpacked > 2 * ZIP_UNPACKED_MAX)
			return ERR_XLSX_LIMIT;
		e = take(context, (struct text){ zip->piece, (size_t)size }, size == 0);
		if (e || size == 0)
			return e;
	}
}

enum err zip_read(struct zip *zip, struct text name, zip_take_fn *take, void *context)
{
	const struct entry *entry = entry_find(zip, name);
	enum err e;

	if (!entry)
		return ERR_NOT_FOUND;
	if (unzGoToFilePos64(zip->handle, &entry->at) != UNZ_OK ||
	    unzOpenCurrentFile(zip->handle) != UNZ_OK)
		return ERR_XLSX_BROKEN;
	e = pieces_take(zip, take, context);
	/* the checksum of what was read to its end */
	if (unzCloseCurrentFile(zip->handle) == UNZ_CRCERROR && !e)
		e = ERR_XLSX_BROKEN;
	return e;
}
