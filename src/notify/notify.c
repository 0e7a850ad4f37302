/*
 * The table of what is told to whom, and the sentences made of it. Arguments are kept as texts; a
 * kind of licence among them is told by its name in the reader's language.
 */
#include "notify_private.h"

#include <string.h>

enum { ADMINS = ROLE_UNIT_ADMIN | ROLE_SUPPLIER_ADMIN };

const struct notice_row notice_rows[] = {
	[NOTICE_LICENCE_EXPIRING] = { "licence.expiring",
				      FROM_LICENCE,
				      ADMINS,
				      { "{}的{}将于 {} 到期，请及时提交新证照",
					"{}: the {} ends on {}, please hand in a new one" } },
	[NOTICE_LICENCE_EXPIRED] = { "licence.expired",
				     FROM_LICENCE,
				     ADMINS,
				     { "{}的{}已于 {} 到期", "{}: the {} ended on {}" } },
	[NOTICE_LICENCE_PENDING] = { "licence.pending",
				     FROM_LICENCE_REVIEWED,
				     ROLE_REVIEWER,
				     { "{}提交了{}（有效期至 {}），待审核",
				       "{} handed in a {} (until {}), which waits for review" } },
	[NOTICE_LICENCE_ACCEPTED] = { "licence.accepted",
				      FROM_LICENCE,
				      ADMINS,
				      { "{}的{}（有效期至 {}）已审核通过",
					"{}: the {} (until {}) was accepted" } },
	[NOTICE_LICENCE_REFUSED] = { "licence.refused",
				     FROM_LICENCE,
				     ADMINS,
				     { "{}的{}（有效期至 {}）未通过审核，请查看理由",
				       "{}: the {} (until {}) was refused, see the reason" } },
	[NOTICE_SUPPLIER_SUSPENDED] = { "supplier.suspended",
					FROM_SUPPLIER_SUSPENDED,
					ROLE_SUPPLIER_ADMIN | ROLE_CATALOGUER,
					{ "{}的必备证照已到期，全部商品已下架",
					  "{}: a required licence has expired, all goods are off "
					  "the shelf" } },
	[NOTICE_SUPPLIER_STOPPED] = { "supplier.stopped",
				      FROM_SUPPLIER_SUSPENDED,
				      ROLE_SUPPLIER_ADMIN | ROLE_CATALOGUER,
				      { "{}已被暂停：{}", "{} was suspended: {}" } },
	[NOTICE_SUPPLIER_RESUMED] = { "supplier.resumed",
				      FROM_SUPPLIER,
				      ROLE_SUPPLIER_ADMIN | ROLE_CATALOGUER,
				      { "{}恢复销售，商品重新上架",
					"{} sells again, its goods are back on the shelf" } },
	[NOTICE_APPLICATION_APPLIED] = { "application.applied",
					 FROM_APPLICATION,
					 ROLE_REVIEWER,
					 { "{}（申请 {}）申请入驻，待审核",
					   "{} (application {}) asks to be admitted" } },
	[NOTICE_APPLICATION_RECOMMENDED] = { "application.recommended",
					     FROM_APPLICATION,
					     ROLE_REVIEWER,
					     { "{}（申请 {}）已由县级推荐，待决定",
					       "{} (application {}) was recommended and waits for "
					       "a decision" } },
	[NOTICE_PRICES_APPLIED] = { "price_plan.applied",
				    FROM_SUPPLIER,
				    ROLE_CATALOGUER,
				    { "{}的定时调价已生效",
				      "{}: the prices that were put down for now hold" } },
	[NOTICE_PRICES_FAILED] = { "price_plan.failed",
				   FROM_SUPPLIER,
				   ROLE_CATALOGUER,
				   { "{}的定时调价有未能生效的，请查看原因",
				     "{}: prices that were put down for now could not take effect, "
				     "see why" } },
	[NOTICE_REVISION_APPROVED] = { "revision.approved",
				       FROM_REVISION,
				       ROLE_SUPPLIER_ADMIN | ROLE_CATALOGUER,
				       { "商品“{}”已审核通过", "{} was approved" } },
	[NOTICE_REVISION_RETURNED] = { "revision.returned",
				       FROM_REVISION,
				       ROLE_SUPPLIER_ADMIN | ROLE_CATALOGUER,
				       { "商品“{}”被退回：{}", "{} was returned: {}" } },
	[NOTICE_GOODS_EXPIRING] = { "goods.expiring",
				    FROM_GOODS,
				    ROLE_CATALOGUER,
				    { "{}有 {} 个在售商品的证书或授权书将在 30 天内到期：{}",
				      "{}: certificates or mandates of {} products end within 30 "
				      "days: {}" } },
	[NOTICE_GOODS_EXPIRED] = { "goods.expired",
				   FROM_GOODS,
				   ROLE_CATALOGUER,
				   { "{}有 {} 个商品的证书或授权书已到期，授权书到期的已下架：{}",
				     "{}: certificates or mandates of {} products have ended, "
				     "goods "
				     "without a mandate are off the shelf: {}" } },
};
_Static_assert(COUNT_OF(notice_rows) == NOTICE_KIND_COUNT, "every kind has its row");

int notice_kind_of(struct text kind)
{
	for (int i = 0; i < NOTICE_KIND_COUNT; i++)
		if (text_is(kind, notice_rows[i].kind))
			return i;
	return -1;
}

static struct text next_argument(struct text *rest, enum language language)
{
	struct text argument = rest->size ? text_cut(rest, '\x1f') : TEXT("…");
	const char *name = licence_kind_name(argument, language);

	return name ? text_of(name) : argument;
}

struct text notice_sentence(const struct notice *notice, enum language language,
			    struct arena *arena)
{
	int kind = notice_kind_of(notice->kind);
	struct text rest = notice->arguments;
	struct buffer out = { .max = KIB(4) };
	const char *at = kind < 0 ? "" : notice_rows[kind].sentence[language];

	for (const char *gap = strstr(at, "{}"); gap; gap = strstr(at, "{}")) {
		buffer_add(&out, (struct text){ at, (size_t)(gap - at) });
		buffer_add(&out, next_argument(&rest, language));
		at = gap + 2;
	}
	buffer_add(&out, text_of(at));
	struct text sentence = out.failed ? NO_TEXT : arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return sentence;
}

/* ---- consequences: each kind is told by a function of its own, which knows it ---- */

static enum err tell_expiring(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_LICENCE_EXPIRING, *(const struct id *)arg);
}

static enum err tell_expired(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_LICENCE_EXPIRED, *(const struct id *)arg);
}

static enum err tell_pending(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_LICENCE_PENDING, *(const struct id *)arg);
}

static enum err tell_accepted(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_LICENCE_ACCEPTED, *(const struct id *)arg);
}

static enum err tell_refused(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_LICENCE_REFUSED, *(const struct id *)arg);
}

static enum err tell_suspended(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_SUPPLIER_SUSPENDED, *(const struct id *)arg);
}

static enum err tell_resumed(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_SUPPLIER_RESUMED, *(const struct id *)arg);
}

static enum err tell_applied(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_APPLICATION_APPLIED, *(const struct id *)arg);
}

static enum err tell_recommended(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_APPLICATION_RECOMMENDED, *(const struct id *)arg);
}

static enum err tell_prices_applied(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_PRICES_APPLIED, *(const struct id *)arg);
}

static enum err tell_prices_failed(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_PRICES_FAILED, *(const struct id *)arg);
}

static enum err tell_revision_approved(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_REVISION_APPROVED, *(const struct id *)arg);
}

static enum err tell_revision_returned(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_REVISION_RETURNED, *(const struct id *)arg);
}

static enum err tell_goods_expiring(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_GOODS_EXPIRING, *(const struct id *)arg);
}

static enum err tell_goods_expired(struct tx *tx, void *arg)
{
	return notices_insert(tx, NOTICE_GOODS_EXPIRED, *(const struct id *)arg);
}

const struct consequence notify_consequences[] = {
	{ "licence.expiring", tell_expiring },
	{ "licence.expired", tell_expired },
	{ "licence.pending", tell_pending },
	{ "licence.accepted", tell_accepted },
	{ "licence.refused", tell_refused },
	{ "supplier.suspended", tell_suspended },
	{ "supplier.resumed", tell_resumed },
	{ "application.applied", tell_applied },
	{ "application.recommended", tell_recommended },
	{ "price_plan.applied", tell_prices_applied },
	{ "price_plan.failed", tell_prices_failed },
	{ "revision.approved", tell_revision_approved },
	{ "revision.returned", tell_revision_returned },
	{ "goods.expiring", tell_goods_expiring },
	{ "goods.expired", tell_goods_expired },
};
const size_t notify_consequence_count = COUNT_OF(notify_consequences);
