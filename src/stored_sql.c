/* Statements of the check of files. Pieces are read in the order of their key, so that nothing is
 * sorted. */
#include "stored.h"

enum { PIECES, NAMES, SQL_COUNT };

static const struct sql sql[] = {
	[PIECES] = { "SELECT digest, chunk, content"
		     "  FROM file_chunk"
		     " ORDER BY digest, chunk" },
	[NAMES] = { "SELECT (SELECT COUNT(*) FROM file WHERE digest = ?)"
		    " + (SELECT COUNT(*) FROM job_file WHERE digest = ?)"
		    " + (SELECT COUNT(*) FROM image_rendition WHERE digest = ?)" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

#define SIZES_OF(table, size, label)                                                               \
	"SELECT " label ", f." size ", COALESCE(p.size, -1)"                                       \
	"  FROM " table " f"                                                                       \
	"  LEFT JOIN (SELECT digest, CAST(SUM(LENGTH(content)) AS SIGNED) AS size"                 \
	"               FROM file_chunk GROUP BY digest) p ON p.digest = f.digest"                 \
	" WHERE p.size IS NULL OR p.size <> f." size

const struct check stored_checks[] = {
	{ "size of file",
	  { SIZES_OF("file", "size", "CAST(f.id AS CHAR)") },
	  { "SELECT COUNT(*) FROM file" } },
	{ "size of a job's file",
	  { SIZES_OF("job_file", "size", "CONCAT(f.job, ' ', f.name)") },
	  { "SELECT COUNT(*) FROM job_file" } },
	{ "size of what is shown of a picture",
	  { SIZES_OF("image_rendition", "bytes", "CONCAT(f.image, ' ', f.size)") },
	  { "SELECT COUNT(*) FROM image_rendition" } },
};
const size_t stored_check_count = COUNT_OF(stored_checks);

static const struct field piece_fields[] = {
	{ "digest", KIND_BYTES, FIELD_AT(stored_piece, digest) },
	{ "chunk", KIND_SMALL, FIELD_AT(stored_piece, number) },
	{ "content", KIND_BYTES, FIELD_AT(stored_piece, content) },
};

enum err stored_pieces(struct db *db, db_row_fn *fn, void *context)
{
	return db_each(db, &sql[PIECES], db_none, piece_fields, COUNT_OF(piece_fields),
		       sizeof(struct stored_piece), fn, context);
}

enum err stored_names(struct db *db, struct text digest, int64_t *count)
{
	struct value value = value_bytes(digest);

	return db_number(db, &sql[NAMES], db_values(value, value, value), count);
}
