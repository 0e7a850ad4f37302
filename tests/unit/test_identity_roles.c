/* Roles, logins, scopes and memberships: the rules that need no database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "../../src/identity/identity_rows.h"

static const struct organisation unit = { .is_unit = true };
static const struct organisation supplier = { .is_supplier = true };
static const struct organisation authority = { .is_authority = true };
static const struct organisation federation = { .is_unit = true, .is_authority = true };
static const struct organisation nothing;

enum { ALIEN = 1, APART = 2, NONE = 4 };

static void test_roles_fit_the_organisation_and_each_other(void **state)
{
	static const struct {
		uint32_t roles, elsewhere;
		const struct organisation *organisation;
		size_t alien; /* roles that it cannot give */
		int faults;
	} cases[] = {
		{ ROLE_BUYER, 0, &unit, 0, 0 },
		{ ROLES_UNIT, 0, &unit, 0, 0 },
		{ ROLES_SUPPLIER, 0, &supplier, 0, 0 },
		{ ROLE_REVIEWER | ROLE_RECONCILER | ROLE_SUPERVISOR, 0, &authority, 0, 0 },
		{ ROLE_BUYER | ROLE_SUPERVISOR, 0, &federation, 0, 0 },
		{ ROLE_BUYER, 0, &supplier, 1, ALIEN },
		{ ROLE_BUYER | ROLE_CATALOGUER, 0, &unit, 1, ALIEN },
		{ ROLES_UNIT, 0, &authority, 4, ALIEN },
		{ ROLES_SUPPLIER, 0, &federation, 4, ALIEN },
		{ ROLE_AUDITOR, 0, &nothing, 1, ALIEN },
		{ 0, 0, &unit, 0, NONE },
		{ ROLE_SYSTEM_ADMIN, 0, &authority, 0, 0 },
		{ ROLE_AUDITOR | ROLE_SUPERVISOR, 0, &authority, 0, 0 },
		{ ROLE_SYSTEM_ADMIN | ROLE_SECURITY_ADMIN, 0, &authority, 0, APART },
		{ ROLE_SYSTEM_ADMIN | ROLE_AUDITOR, 0, &authority, 0, APART },
		{ ROLE_SECURITY_ADMIN | ROLE_AUDITOR, 0, &authority, 0, APART },
		{ ROLE_AUDITOR, ROLE_SYSTEM_ADMIN, &authority, 0, APART },
		{ ROLE_AUDITOR, ROLE_AUDITOR | ROLE_BUYER, &authority, 0, 0 },
		{ ROLE_AUDITOR | ROLE_REVIEWER, 0, &authority, 0, APART },
		{ ROLE_AUDITOR | ROLE_RECONCILER, 0, &authority, 0, APART },
		{ ROLE_SECURITY_ADMIN | ROLE_REVIEWER, 0, &authority, 0, APART },
		{ ROLE_SYSTEM_ADMIN | ROLE_RECONCILER, 0, &authority, 0, APART },
		{ ROLE_RECONCILER, ROLE_SECURITY_ADMIN, &authority, 0, APART },
		{ ROLE_BUYER | ROLE_SECURITY_ADMIN, 0, &federation, 0, 0 },
		{ ROLE_BUYER | ROLE_AUDITOR | ROLE_SYSTEM_ADMIN, 0, &authority, 1, ALIEN | APART },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena *arena = arena_new(0);
		struct problems problems = { .arena = arena };
		enum err e = roles_check(cases[i].roles, cases[i].elsewhere, cases[i].organisation,
					 &problems);
		size_t alien = 0;
		int faults = 0;

		for (size_t j = 0; j < problems.items.count; j++) {
			const struct problem *problem =
				LIST_ITEM(problems.items, struct problem, j);

			assert_true(text_is(problem->pointer, "/roles"));
			alien += problem->code == ERR_ROLE_CAPACITY;
			faults |= problem->code == ERR_ROLE_CAPACITY ? ALIEN
				  : problem->code == ERR_ROLES_APART ? APART
								     : NONE;
		}
		assert_int_equal(faults, cases[i].faults);
		assert_int_equal(alien, cases[i].alien);
		assert_int_equal(e != OK, faults != 0);
		arena_free(arena);
	}
}

static void test_words_stand_in_the_order_of_the_bits(void **state)
{
	static const struct {
		uint32_t role;
		const char *word;
	} cases[] = {
		{ ROLE_BUYER, "buyer" },           { ROLE_UNIT_ADMIN, "unit_admin" },
		{ ROLE_CATALOGUER, "cataloguer" }, { ROLE_SUPPLIER_FINANCE, "supplier_finance" },
		{ ROLE_REVIEWER, "reviewer" },     { ROLE_SYSTEM_ADMIN, "system_admin" },
		{ ROLE_AUDITOR, "auditor" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(1u << word_find(role_words, text_of(cases[i].word)),
				 cases[i].role);
	assert_int_equal(ROLES_UNIT | ROLES_SUPPLIER | ROLES_AUTHORITY, (1 << 14) - 1);
}

static void test_logins(void **state)
{
	static const struct {
		const char *typed, *folded;
		bool valid;
	} cases[] = {
		{ "Li.Ming", "li.ming", true },
		{ "A@B-c_9", "a@b-c_9", true },
		{ "x", "x", false },
		{ "", "", false },
		{ "li ming", "li ming", false },
		{ "李明", "李明", false },
		{ "a\tb", "a\tb", false },
		{ "ab'--", "ab'--", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text folded = login_fold(arena, text_of(cases[i].typed));

		assert_true(text_is(folded, cases[i].folded));
		assert_int_equal(login_is_valid(folded), cases[i].valid);
	}
	assert_false(login_is_valid((struct text){ "a\0b", 3 }));
	arena_free(arena);
}

static void test_scope_comes_with_roles_of_an_authority_only(void **state)
{
	static const struct id root = { { 7 } };
	const struct scope_row county = { .kind = SCOPE_COUNTY, .county = TEXT("610621") };
	const struct scope_row tree = { .kind = SCOPE_HIERARCHY,
					.hierarchy = HIERARCHY_STATE_ASSETS,
					.root = root };
	const struct scope_row none = { .kind = SMALL_NONE };

	(void)state;
	struct scope scope = scope_of(ROLE_SUPERVISOR, &county, 7);
	assert_int_equal(scope.kind, SCOPE_COUNTY);
	assert_string_equal(scope.county, "610621");
	scope = scope_of(ROLE_SUPERVISOR | ROLE_BUYER, &tree, 7);
	assert_int_equal(scope.kind, SCOPE_HIERARCHY);
	assert_int_equal(scope.hierarchy, HIERARCHY_STATE_ASSETS);
	assert_true(id_equal(scope.root, root));
	assert_int_equal(scope_of(ROLE_BUYER, &tree, 7).kind, SCOPE_NONE);
	assert_int_equal(scope_of(ROLE_SUPERVISOR, &none, 7).kind, SCOPE_NONE);
}

static void test_a_membership_is_chosen(void **state)
{
	static const struct id first = { { 1 } }, second = { { 2 } }, third = { { 3 } };
	struct membership rows[] = { { .organisation = { .id = first } },
				     { .organisation = { .id = second } } };
	const struct list memberships = { rows, COUNT_OF(rows), COUNT_OF(rows) };
	const struct list empty = { 0 };

	(void)state;
	assert_ptr_equal(membership_choose(&memberships, NO_ID), &rows[0]);
	assert_ptr_equal(membership_choose(&memberships, second), &rows[1]);
	assert_null(membership_choose(&memberships, third));
	assert_null(membership_choose(&empty, NO_ID));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles_fit_the_organisation_and_each_other),
		cmocka_unit_test(test_words_stand_in_the_order_of_the_bits),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_scope_comes_with_roles_of_an_authority_only),
		cmocka_unit_test(test_a_membership_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
