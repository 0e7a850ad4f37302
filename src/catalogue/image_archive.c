/* What the name of an entry says: whose picture it is, and which one. No I/O. */
#include "image_archive.h"

static struct text base_of(struct text name)
{
	struct text rest = name, base = NO_TEXT;

	while (rest.at)
		base = text_cut(&rest, '/');
	return base;
}

static size_t folders_of(struct text name)
{
	size_t count = 0;

	for (size_t i = 0; i < name.size; i++)
		count += name.at[i] == '/';
	return count;
}

bool archive_skips(struct text name)
{
	static const struct text litter[] = { { "Thumbs.db", 9 },
					      { "desktop.ini", 11 },
					      { ".DS_Store", 9 } };
	struct text base = base_of(name);
	bool skips = !base.size || text_starts(base, "._") || text_starts(name, "__MACOSX/");

	for (size_t i = 0; i < COUNT_OF(litter); i++)
		skips |= text_equal_fold(base, litter[i]);
	return skips;
}

static bool is_picture_ending(struct text ending)
{
	static const struct text endings[] = {
		{ ".jpg", 4 }, { ".jpeg", 5 }, { ".png", 4 }, { ".webp", 5 }
	};
	bool is = false;

	for (size_t i = 0; i < COUNT_OF(endings); i++)
		is |= text_equal_fold(ending, endings[i]);
	return is;
}

/* Where the last @c stands; the size of @t when there is none. */
static size_t last_of(struct text t, char c)
{
	for (size_t i = t.size; i > 0; i--)
		if (t.at[i - 1] == c)
			return i - 1;
	return t.size;
}

enum err archive_name_read(struct archive_picture *picture)
{
	struct text base = base_of(picture->name);
	size_t dot = last_of(base, '.');

	picture->place = 1;
	if (folders_of(picture->name) > 1)
		return ERR_ARCHIVE_DEEP;
	if (!is_picture_ending(text_part(base, dot, base.size)))
		return ERR_IMAGE_TYPE;
	picture->stem = picture->code = text_part(base, 0, dot);
	size_t mark = last_of(picture->stem, '_');
	int64_t place;
	if (text_to_int(text_part(picture->stem, mark + 1, picture->stem.size), &place) &&
	    place >= 0) {
		picture->code = text_part(picture->stem, 0, mark);
		picture->place = place;
	}
	return OK;
}
