/*
 * The rules of licences without I/O: the table of kinds, when somebody is told that one ends, and
 * when a supplier lacks what it needs.
 */
#include "licence.h"

const char *const licence_kind_words[] = { "business_licence",
					   "legal_person_certificate",
					   "food_production_licence",
					   "food_business_licence",
					   "food_registration",
					   "organic_certificate",
					   "green_food_certificate",
					   "geographical_indication",
					   "other",
					   NULL };
_Static_assert(COUNT_OF(licence_kind_words) == LICENCE_KIND_COUNT + 1, "every kind has its word");

const char *const licence_group_words[] = { "identity", "food", "certificate", NULL };
_Static_assert(COUNT_OF(licence_group_words) == LICENCE_GROUP_COUNT + 1,
	       "every group has its word");

const char *const licence_words[] = { "pending", "valid", "refused", "replaced", "expired", NULL };

const struct licence_kind_row licence_kinds[] = {
	[LICENCE_BUSINESS] = { { "营业执照", "business licence" }, GROUP_IDENTITY, false },
	[LICENCE_LEGAL_PERSON] = { { "法人登记证书", "certificate of legal person" },
				   GROUP_IDENTITY,
				   false },
	[LICENCE_FOOD_PRODUCTION] = { { "食品生产许可证", "food production licence" },
				      GROUP_FOOD,
				      true },
	[LICENCE_FOOD_BUSINESS] = { { "食品经营许可证", "food business licence" },
				    GROUP_FOOD,
				    true },
	[LICENCE_FOOD_REGISTRATION] = { { "食品小作坊登记证或备案", "food registration" },
					GROUP_FOOD,
					true },
	[LICENCE_ORGANIC] = { { "有机产品认证", "organic certificate" }, GROUP_CERTIFICATE, true },
	[LICENCE_GREEN_FOOD] = { { "绿色食品证书", "green food certificate" },
				 GROUP_CERTIFICATE,
				 true },
	[LICENCE_GEOGRAPHICAL] = { { "地理标志登记证书", "geographical indication" },
				   GROUP_CERTIFICATE,
				   false },
	[LICENCE_OTHER] = { { "其他证照", "other licence" }, GROUP_CERTIFICATE, false },
};
_Static_assert(COUNT_OF(licence_kinds) == LICENCE_KIND_COUNT, "every kind has its row");

/* What each capacity needs, in the order of enum application_kind. */
static const unsigned needed[] = {
	1u << GROUP_IDENTITY | 1u << GROUP_FOOD, /* suppliers */
	1u << GROUP_IDENTITY,                    /* units */
};

unsigned licence_groups_needed(unsigned capacities)
{
	unsigned groups = 0;

	for (size_t i = 0; i < COUNT_OF(needed); i++)
		if (capacities & 1u << i)
			groups |= needed[i];
	return groups;
}

const char *licence_kind_name(struct text word, enum language language)
{
	int kind = word_find(licence_kind_words, word);

	return kind < 0 ? NULL : licence_kinds[kind].name[language];
}

int64_t licence_threshold(int32_t expires_on, int32_t day, int64_t noticed)
{
	static const int64_t thresholds[] = { 7, 30, 90 };
	int64_t left = (int64_t)expires_on - day;

	if (expires_on == DAY_NONE || left < 0)
		return 0;
	for (size_t i = 0; i < COUNT_OF(thresholds); i++)
		if (left <= thresholds[i])
			return noticed == INT_NONE || noticed > thresholds[i] ? thresholds[i] : 0;
	return 0;
}

bool licences_lapsed(const struct list *licences)
{
	unsigned holds = 0, over = 0;

	for (size_t i = 0; i < licences->count; i++) {
		const struct licence *licence = LIST_ITEM(*licences, struct licence, i);
		unsigned group = 1u << licence_kinds[licence->kind].group;

		if (licence->state == LICENCE_VALID)
			holds |= group;
		else if (licence->state == LICENCE_EXPIRED)
			over |= group;
	}
	return (licence_groups_needed(1) & over & ~holds) != 0;
}

bool licence_media_is_taken(const char *type)
{
	static const char *const taken[] = { "application/pdf", "image/jpeg", "image/png" };

	for (size_t i = 0; type && i < COUNT_OF(taken); i++)
		if (text_is(text_of(type), taken[i]))
			return true;
	return false;
}
