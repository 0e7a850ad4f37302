/* What the rooms of notify share. */
#ifndef NOTIFY_PRIVATE_H
#define NOTIFY_PRIVATE_H

#include "xiangcai/notify.h"

enum notice_kind {
	NOTICE_LICENCE_EXPIRING,
	NOTICE_LICENCE_EXPIRED,
	NOTICE_LICENCE_PENDING,
	NOTICE_LICENCE_ACCEPTED,
	NOTICE_LICENCE_REFUSED,
	NOTICE_SUPPLIER_SUSPENDED,
	NOTICE_SUPPLIER_STOPPED, /* what a suspension is when a reviewer says it */
	NOTICE_SUPPLIER_RESUMED,
	NOTICE_APPLICATION_APPLIED,
	NOTICE_APPLICATION_RECOMMENDED,
	NOTICE_PRICES_APPLIED,
	NOTICE_PRICES_FAILED,
	NOTICE_REVISION_APPROVED,
	NOTICE_REVISION_RETURNED,
	NOTICE_GOODS_EXPIRING,
	NOTICE_GOODS_EXPIRED,
	NOTICE_KIND_COUNT
};

/* Where the readers of a notice and its arguments come from. */
enum notice_source {
	FROM_LICENCE,            /* members of the licence's organisation */
	FROM_LICENCE_REVIEWED,   /* reviewers who see that organisation */
	FROM_SUPPLIER,           /* members of the supplier */
	FROM_SUPPLIER_SUSPENDED, /* the same, while it is suspended itself too */
	FROM_APPLICATION,        /* reviewers whose turn it is */
	FROM_REVISION,           /* members of the supplier of a product's revision */
	FROM_GOODS /* members of the supplier whose goods' papers the event tells of */
};

struct notice_row {
	const char *kind; /* of the event */
	enum notice_source source;
	uint32_t roles;          /* who is told: whoever holds one of them */
	const char *sentence[2]; /* by enum language; `{}` takes the next argument */
};
extern const struct notice_row notice_rows[];
int notice_kind_of(struct text kind); /* -1: none */

struct notice {
	struct id id;
	struct text kind;
	struct id object, organisation;
	struct text arguments, sentence;
	int64_t at, read_at;
	bool read; /* of a patch */
};
extern const struct field notice_fields[];
extern const size_t notice_field_count;

/* The sentence of @notice, its arguments filled in; names of licences in @language. */
struct text notice_sentence(const struct notice *notice, enum language language,
			    struct arena *arena);

/* Puts the notice of @kind about @object into the inboxes; one statement. */
enum err notices_insert(struct tx *tx, enum notice_kind kind, struct id object);
enum err notice_list(struct db *db, struct arena *arena, const struct actor *actor, bool unread,
		     struct id after, int64_t limit, struct list *out);
enum err notice_read(struct db *db, struct arena *arena, const struct actor *actor, struct id id,
		     struct notice *out);
enum err notice_mark(struct db *db, const struct actor *actor, struct id id, int64_t read_at);
enum err notices_mark_all(struct db *db, const struct actor *actor, int64_t now, int64_t *count);

#endif
