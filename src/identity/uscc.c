/*
 * The unified social credit code, GB 32100-2015, with the organisation code of GB 11714-1997
 * inside.
 *
 * Strict: nothing is folded or trimmed. The rules are asked in the standard's order and the first
 * that fails is named. Regions are checked by their province only, because codes of counties that
 * have been renamed since stay in use for ever.
 */
#include "xiangcai/identity.h"

#include <string.h>

enum { CODE_SIZE = 18, BODY_SIZE = 17, ORGANISATION_AT = 8, ORGANISATION_SIZE = 8, MODULUS = 31 };

/* A character's value is its place here: no I, O, S, V, Z. */
static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const char base36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* 3^(i-1) mod 31 */
static const unsigned code_weights[BODY_SIZE] = { 1,  3,  9,  27, 19, 26, 16, 17, 20,
						  29, 25, 13, 8,  24, 10, 30, 28 };
static const unsigned organisation_weights[ORGANISATION_SIZE] = { 3, 7, 9, 10, 5, 8, 4, 2 };

/* Registering authorities, each with the kinds of body that it registers. */
static const struct department {
	char code;
	const char *categories;
} departments[] = {
	{ '1', "1239" }, { '2', "19" },  { '3', "123459" }, { '4', "19" },
	{ '5', "1239" }, { '6', "129" }, { '7', "129" },    { '8', "19" },
	{ '9', "123" },  { 'A', "19" },  { 'N', "1239" },   { 'Y', "1" },
};

/* GB/T 2260, its first two digits. */
static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
				"50 51 52 53 54 61 62 63 64 65 71 81 82";

/* Index of @c in @characters, -1 when it is not there. */
static int place_of(const char *characters, char c)
{
	const char *found = c ? strchr(characters, c) : NULL;

	return found ? (int)(found - characters) : -1;
}

static const struct department *department_of(char code)
{
	for (size_t i = 0; i < COUNT_OF(departments); i++)
		if (departments[i].code == code)
			return &departments[i];
	return NULL;
}

static bool charset_holds(struct text code)
{
	for (size_t i = 0; i < code.size; i++)
		if (place_of(alphabet, code.at[i]) < 0)
			return false;
	return true;
}

static bool region_holds(const char *region)
{
	for (size_t i = 0; i < 6; i++)
		if (region[i] < '0' || region[i] > '9')
			return false;
	if (memcmp(region, "100000", 6) == 0)
		return true;
	for (const char *at = provinces; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (memcmp(at, region, 2) == 0)
			return true;
	}
	return false;
}

/* GB 11714-1997: c = 11 - (sum mod 11), where 10 is written X and 11 is written 0. */
static char organisation_check(const char *body)
{
	unsigned sum = 0;

	for (size_t i = 0; i < ORGANISATION_SIZE; i++)
		sum += (unsigned)place_of(base36, body[i]) * organisation_weights[i];
	return "0X987654321"[sum % 11];
}

static char code_check(const char *code)
{
	unsigned sum = 0;

	for (size_t i = 0; i < BODY_SIZE; i++)
		sum += (unsigned)place_of(alphabet, code[i]) * code_weights[i];
	return alphabet[(MODULUS - sum % MODULUS) % MODULUS];
}

const char *uscc_fault(struct text code)
{
	if (text_trim(code).size == 0)
		return "E_EMPTY";
	if (!text_is_utf8(code))
		return "E_CHARSET";
	if (text_length(code) != CODE_SIZE)
		return "E_LENGTH";
	if (!charset_holds(code))
		return "E_CHARSET";

	const struct department *department = department_of(code.at[0]);
	if (!department)
		return "E_DEPT";
	if (place_of(department->categories, code.at[1]) < 0)
		return "E_CATEGORY";
	if (!region_holds(code.at + 2))
		return "E_REGION";
	if (organisation_check(code.at + ORGANISATION_AT) != code.at[BODY_SIZE - 1])
		return "E_ORG_CHECK";
	return code_check(code.at) == code.at[BODY_SIZE] ? NULL : "E_CHECK";
}
