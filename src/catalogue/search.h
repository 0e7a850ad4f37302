/*
 * Full text for Chinese, without a dictionary: characters and pairs of neighbours, words of Latin
 * letters and digits, and the pinyin of names. An index is made once over numbered documents and
 * never changed; the shop asks several, one behind the other.
 */
#ifndef CATALOGUE_SEARCH_H
#define CATALOGUE_SEARCH_H

#include "xiangcai/base.h"

/* By what a hit there says of the document: those first say most. */
enum search_field {
	SEARCH_NUMBER, /* of a SKU, or its barcode: the whole of it only */
	SEARCH_NAME,
	SEARCH_BRAND,
	SEARCH_CATEGORY,
	SEARCH_COUNTY,
	SEARCH_SPECIFICATION,
	SEARCH_PARENT, /* category of level 1 */
	SEARCH_CITY,
	SEARCH_SUPPLIER,
	SEARCH_CERTIFICATE,
	SEARCH_FIELD_COUNT
};

struct search_builder;
struct search_index;
/* NULL when out of memory. */
struct search_builder *search_begin(void);
/* Documents ascend; of one, fields come in any order and a field may come twice. */
void search_add(struct search_builder *builder, uint32_t document, enum search_field field,
		struct text t);
/* Frees the builder. NULL when memory was short at any time. @documents: how many there are. */
struct search_index *search_finish(struct search_builder *builder, size_t documents);
void search_free(struct search_index *index);
size_t search_bytes(const struct search_index *index);

/* ---- asking ------------------------------------------------------------------ */

enum { SEARCH_MAX = 64, SEARCH_SCORE_MAX = 4095 };
/* What was asked for, read once and then put to every index; stands in the arena. */
struct search_query;
/* NULL when out of memory. A text of signs alone asks for nothing: search_is_empty. */
struct search_query *search_parse(struct text q, struct arena *arena);
bool search_is_empty(const struct search_query *query);

/* Ascending documents, each with its score, 1 to SEARCH_SCORE_MAX. */
struct search_hits {
	uint32_t *documents;
	uint16_t *scores;
	size_t count;
};
/* A set of documents, ascending. */
struct document_set {
	const uint32_t *at;
	size_t count;
};
/*
 * Passes go from what was meant to what may have been meant; the first that finds anything in any
 * index is the answer, so a caller puts a pass to all indexes before it begins the next. Hits lie
 * in all of @within. Scores of one pass can be compared between indexes. By sound Chinese
 * characters find others that are read alike: 蜂密 is 蜂蜜.
 */
enum search_pass { SEARCH_STRICT, SEARCH_LOOSE, SEARCH_SOUND, SEARCH_PASS_COUNT };
enum err search_find(const struct search_index *index, const struct search_query *query,
		     enum search_pass pass, const struct document_set *within, size_t within_count,
		     struct arena *arena, struct search_hits *out);

/* ---- suggestions ------------------------------------------------------------- */

struct suggestion {
	struct text text;
	enum search_field
		kind;  /* what it is the name of: NAME, BRAND, CATEGORY, COUNTY, SUPPLIER */
	int64_t count; /* documents that have it */
};
enum { SUGGESTIONS_MAX = 10 };
/* An index whose documents may be gone: @gone by document, not 0 where it is; NULL: all are there.
 */
struct search_place {
	const struct search_index *index;
	const uint8_t *gone;
};
/*
 * Names that go on as @q begins, or hold it, in Chinese or by pinyin (initials or whole syllables),
 * those of most documents first; of all @places together, each once. Texts are the indexes'.
 */
enum err search_suggest(const struct search_place *places, size_t place_count, struct text q,
			size_t limit, struct arena *arena, struct list *out);

#endif
