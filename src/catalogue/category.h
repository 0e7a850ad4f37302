/*
 * Categories in time. A category begins and ends with a day, and what it says (names, VAT) holds
 * from a day on until a later version does. All of it is one short list, `struct category` by code
 * and day; what holds on a day is chosen from the list by whoever asks, so that what was put down
 * for a day needs nobody to bring it about.
 */
#ifndef CATALOGUE_CATEGORY_H
#define CATALOGUE_CATEGORY_H

#include "xiangcai/catalogue.h"

/* ---- rules (category.c) ---------------------------------------------------------------------- */

/* What is asked of a category: a new one, other words and VAT, or its end. */
struct category_asked {
	struct text code, name, name_en;
	int32_t vat_kind;
	int64_t vat_rate; /* INT_NONE: not said */
	int32_t since, until;
	int64_t seen; /* INT_NONE: any version is right */
};
/* Two digits a level. */
bool category_code_is_formed(struct text code);
/* Those that have begun by @day, as they are then, ascending by code: struct category. Ended ones
 * stay among them, for goods stay in them. @versions as category_versions_read gives it. */
enum err categories_on(const struct list *versions, int32_t day, struct arena *arena,
		       struct list *out);
/* The last version of @code, which bears version and days of the category; NULL. */
const struct category *category_find(const struct list *versions, struct text code);
/*
 * Whether @asked may be, on @today; every fault goes to @problems. The names must have something to
 * see, and the texts be sound; VAT that is not said becomes 0 where there is none.
 */
void category_judge_new(const struct list *versions, struct category_asked *asked, int32_t today,
			struct problems *problems);
void category_judge_version(const struct list *versions, struct category_asked *asked,
			    int32_t today, struct problems *problems);
void category_judge_end(const struct list *versions, const struct category_asked *asked,
			int32_t today, struct problems *problems);

/* ---- rows (category_sql.c) ------------------------------------------------------------------- */

extern const struct field category_fields[]; /* of answers */
extern const size_t category_field_count;

/* All versions of all categories, ascending by code and day. */
enum err category_versions_read(struct db *db, struct arena *arena, struct list *out);
/* Holds all categories until the transaction ends: changes of one look at others. */
enum err categories_lock(struct db *db, struct arena *arena);
/* What exists is left as it is. */
enum err categories_put(struct db *db, const struct category *rows, size_t count);
enum err category_insert(struct db *db, const struct category *category);
/* In place of a version of the same day. */
enum err category_version_put(struct db *db, const struct category *category);
enum err category_touch(struct db *db, struct text code, int32_t until);

/* ---- events (category_event.c) --------------------------------------------------------------- */

/* A category with all that it was and will be. */
struct category_card {
	struct category now;  /* as the last version has it */
	struct list versions; /* of struct category */
};
extern const struct field category_card_fields[];
extern const size_t category_card_field_count;
/* ERR_NOT_FOUND */
enum err category_card_of(const struct list *versions, struct text code, struct arena *arena,
			  struct category_card *out);
struct category_change {
	struct category_card card; /* out: as it is now; the first member, for the fields above */
	struct category_asked asked;
};
event_fn category_add;    /* arg: struct category_change */
event_fn category_change; /* the same */
event_fn category_end;    /* the same */

/* ---- over HTTP (category_http.c) ------------------------------------------------------------- */

/* The answer that lists those of @categories that have not ended. */
void categories_write(const struct list *categories, struct buffer *out);
enum err get_categories(struct req *rq);
enum err get_category(struct req *rq);
enum err post_category(struct req *rq);
enum err post_category_version(struct req *rq);
enum err post_category_ending(struct req *rq);

#endif
