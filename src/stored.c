/*
 * Whether the bytes of every stored file are those that came: the SM3 of its pieces is the digest
 * that they stand under. All pieces are gone through once, one in memory at a time. A content that
 * no file names yet, or none any more, is nobody's: pieces of a job's result come before its name.
 */
#include "stored.h"

#include "xiangcai/crypto.h"

#include <string.h>

struct walk {
	struct verdict *verdict;
	struct arena *arena;
	struct sm3_stream *stream; /* NULL between contents */
	uint8_t digest[DIGEST_SIZE];
	int32_t next;
	bool gap;
	struct list broken; /* of struct digest */
};

static enum err content_end(struct walk *walk)
{
	struct digest found, *broken;

	if (!walk->stream)
		return OK;
	found = sm3_end(walk->stream);
	walk->stream = NULL;
	walk->verdict->checked++;
	if (!walk->gap && memcmp(found.bytes, walk->digest, DIGEST_SIZE) == 0)
		return OK;
	broken = list_add(&walk->broken, walk->arena, sizeof(*broken));
	if (broken)
		memcpy(broken->bytes, walk->digest, DIGEST_SIZE);
	return broken ? OK : ERR_MEMORY;
}

static enum err content_begin(struct walk *walk, struct text digest)
{
	enum err e = content_end(walk);

	if (e)
		return e;
	walk->stream = sm3_begin();
	walk->next = 0;
	walk->gap = false;
	memcpy(walk->digest, digest.at, DIGEST_SIZE);
	return walk->stream ? OK : ERR_MEMORY;
}

static enum err take_piece(void *context, void *row)
{
	struct walk *walk = context;
	const struct stored_piece *piece = row;
	enum err e = OK;

	if (piece->digest.size != DIGEST_SIZE)
		return ERR_DB_BROKEN;
	if (!walk->stream || memcmp(piece->digest.at, walk->digest, DIGEST_SIZE) != 0)
		e = content_begin(walk, piece->digest);
	if (e)
		return e;
	walk->gap |= piece->number != walk->next++;
	sm3_add(walk->stream, piece->content);
	return OK;
}

static enum err broken_tell(struct walk *walk, struct db *db)
{
	enum err e = OK;

	for (size_t i = 0; i < walk->broken.count && !e; i++) {
		const struct digest *digest = LIST_ITEM(walk->broken, struct digest, i);
		struct text bytes = { (const char *)digest->bytes, DIGEST_SIZE };
		char hex[2 * DIGEST_SIZE + 1] = "";
		int64_t names = 0;

		e = stored_names(db, bytes, &names);
		hex_format(digest->bytes, DIGEST_SIZE, hex);
		if (!e && names)
			verdict_fault(walk->verdict,
				      "files: the content %.64s was changed; %lld files have it",
				      hex, (long long)names);
	}
	return e;
}

enum err stored_verify(struct app *app, struct db *db, struct arena *arena, struct verdict *verdict)
{
	struct walk walk = { .verdict = verdict, .arena = arena };
	enum err e = stored_pieces(db, take_piece, &walk), end = content_end(&walk);

	(void)app;
	if (!e)
		e = end;
	if (!e)
		e = broken_tell(&walk, db);
	return e ? e : checks_run(db, stored_checks, stored_check_count, verdict);
}
