/*
 * The permission table, and docs/roles.md which shows it: the part of the page between its marks is
 * written here from the tables of permissions and routes, and the page must hold exactly that.
 * XIANGCAI_WRITE_DOCS=1 writes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "modules.h"

#define PAGE SOURCE_DIR "/docs/roles.md"

static const char begin_mark[] = "<!-- from the tables -->\n", end_mark[] = "<!-- end -->\n";

/* ---- the table ---- */

static void permissions_are_named_once(void **state)
{
	(void)state;
	assert_int_equal(permission_count, PERMISSION_COUNT);
	for (size_t i = 0; i < permission_count; i++) {
		const struct permission *row = &permissions[i];

		assert_true(row->roles != 0);
		assert_int_equal(
			row->roles & ~(uint32_t)(ROLES_UNIT | ROLES_SUPPLIER | ROLES_AUTHORITY), 0);
		for (const char *c = row->word; *c; c++)
			assert_true((*c >= 'a' && *c <= 'z') || *c == '_');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(permissions[j].word, row->word);
	}
}

static void each_route_names_one_permission(void **state)
{
	struct assembly assembly;

	(void)state;
	assembly_make(&assembly);
	for (size_t i = 0; i < assembly.hooks.table_count; i++)
		for (size_t j = 0; j < assembly.hooks.tables[i].count; j++) {
			const struct route *route = &assembly.hooks.tables[i].routes[j];
			const struct permission *permission = permission_named(route->roles);

			if (!permission)
				continue;
			if (permission->roles != (route->roles & ((1u << PERMISSION_SHIFT) - 1)))
				print_error("%s: its permissions are joined\n", route->path);
			assert_int_equal(permission->roles,
					 route->roles & ((1u << PERMISSION_SHIFT) - 1));
		}
}

static void narrower_authorities_have_nothing_of_the_platform(void **state)
{
	static const struct {
		uint32_t roles, route;
		int32_t scope;
		uint32_t count;
	} cases[] = {
		{ ROLE_RECONCILER, MAY_KEEP_BANK, SCOPE_PLATFORM, ROLE_RECONCILER },
		{ ROLE_RECONCILER, MAY_KEEP_BANK, SCOPE_COUNTY, 0 },
		{ ROLE_RECONCILER, MAY_KEEP_BANK, SCOPE_HIERARCHY, 0 },
		{ ROLE_RECONCILER, MAY_RUN_STATEMENTS, SCOPE_COUNTY, ROLE_RECONCILER },
		{ ROLE_UNIT_FINANCE, MAY_SEE_BANK, SCOPE_NONE, ROLE_UNIT_FINANCE },
		{ ROLE_UNIT_FINANCE | ROLE_AUDITOR, MAY_SEE_BANK, SCOPE_COUNTY, ROLE_UNIT_FINANCE },
		{ ROLE_BUYER | ROLE_SECURITY_ADMIN, MAY_SEE_PURCHASES, SCOPE_PLATFORM, ROLE_BUYER },
		{ ROLE_SUPPLIER_FINANCE | ROLE_SUPERVISOR, MAY_KEEP_SUPPLIER_ACCOUNTS,
		  SCOPE_PLATFORM, ROLE_SUPPLIER_FINANCE },
		{ ROLE_SUPPLIER_FINANCE | ROLE_SUPERVISOR, MAY_SEE_STATEMENTS, SCOPE_COUNTY,
		  ROLE_SUPPLIER_FINANCE | ROLE_SUPERVISOR },
		{ ROLE_BUYER | ROLE_SECURITY_ADMIN, ROLES_ANY, SCOPE_PLATFORM,
		  ROLE_BUYER | ROLE_SECURITY_ADMIN },
		{ ROLE_SUPERVISOR, ROLES_ANY, SCOPE_COUNTY, ROLE_SUPERVISOR },
		{ ROLE_SUPERVISOR, ROLES_PUBLIC, SCOPE_COUNTY, ROLE_SUPERVISOR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct scope scope = { .kind = cases[i].scope };

		assert_int_equal(roles_in_reach(cases[i].roles, cases[i].route, &scope),
				 cases[i].count);
	}
	const struct scope county = { .kind = SCOPE_COUNTY }, platform = { .kind = SCOPE_PLATFORM };
	uint64_t narrow = permissions_of(ROLE_RECONCILER, &county);
	uint64_t wide = permissions_of(ROLE_RECONCILER, &platform);
	assert_int_equal(narrow & UINT64_C(1) << PERMISSION_KEEP_BANK, 0);
	assert_true(wide & UINT64_C(1) << PERMISSION_KEEP_BANK);
	assert_int_equal(narrow & wide, narrow);
	assert_int_equal(permissions_of(0, &platform), 0);
	const struct scope none = { .kind = SCOPE_NONE };
	struct arena *arena = arena_new(0);
	assert_true(
		text_is(permissions_json(arena, permissions_of(ROLE_BUYER, &none)),
			"[\"place_orders\",\"receive_goods\",\"see_purchases\",\"see_supplies\"]"));
	assert_true(text_is(permissions_json(arena, UINT64_C(1) << (PERMISSION_COUNT - 1)),
			    "[\"run_daily\"]"));
	assert_true(text_is(permissions_json(arena, 0), "[]"));
	arena_free(arena);
}

/* ---- the page ---- */

static void print_permissions(struct buffer *out)
{
	buffer_add(out, TEXT("\n## 权限表 · Permissions\n\n| 权限 | 说明 | what | 范围"));
	for (int i = 0; role_words[i]; i++)
		buffer_print(out, " | `%s`", role_words[i]);
	buffer_add(out, TEXT(" |\n|---|---|---|---"));
	for (int i = 0; role_words[i]; i++)
		buffer_add(out, TEXT("|:-:"));
	buffer_add(out, TEXT("|\n"));
	for (size_t i = 0; i < permission_count; i++) {
		const struct permission *row = &permissions[i];

		buffer_print(out, "| `%s` | %s | %s | %s", row->word, row->sentence[ZH],
			     row->sentence[EN], word_of(reach_words, (int)row->reach));
		for (int r = 0; role_words[r]; r++)
			buffer_print(out, " | %s", row->roles & UINT32_C(1) << r ? "✓" : " ");
		buffer_add(out, TEXT(" |\n"));
	}
}

static void print_roles(struct buffer *out, uint32_t roles)
{
	const char *comma = "";

	for (int i = 0; role_words[i]; i++)
		if (roles & UINT32_C(1) << i) {
			buffer_print(out, "%s`%s`", comma, role_words[i]);
			comma = ", ";
		}
}

static void print_route(struct buffer *out, const struct route *route)
{
	const struct permission *permission = permission_named(route->roles);

	buffer_print(out, "| %s | `%s` | ", method_name(route->method), route->path);
	if (permission) {
		buffer_print(out, "`%s` | ", permission->word);
		print_roles(out, permission->roles);
	} else {
		buffer_print(out, "| %s",
			     route->roles == ROLES_PUBLIC ? "所有人 · everybody"
							  : "已登录 · whoever is logged in");
	}
	buffer_add(out, TEXT(" |\n"));
}

static void print_routes(struct buffer *out)
{
	struct assembly assembly;

	buffer_add(out, TEXT("\n## 接口表 · Routes\n\n| | | 权限 permission | 角色 roles |\n"
			     "|---|---|---|---|\n"));
	assembly_make(&assembly);
	for (size_t i = 0; i < assembly.hooks.table_count; i++)
		for (size_t j = 0; j < assembly.hooks.tables[i].count; j++)
			print_route(out, &assembly.hooks.tables[i].routes[j]);
}

static char *page_read(void)
{
	FILE *file = fopen(PAGE, "r");
	char *page = memory_take(KIB(256));

	assert_non_null(file);
	assert_non_null(page);
	page[fread(page, 1, KIB(256) - 1, file)] = '\0';
	fclose(file);
	return page;
}

static void page_write(const char *page, const char *begin, struct text tables, const char *end)
{
	FILE *file = fopen(PAGE ".new", "w");

	assert_non_null(file);
	assert_true(fwrite(page, 1, (size_t)(begin - page), file) == (size_t)(begin - page));
	assert_true(fwrite(tables.at, 1, tables.size, file) == tables.size);
	assert_true(fputs(end, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(PAGE ".new", PAGE), 0);
}

static void the_page_shows_the_tables(void **state)
{
	struct buffer tables = { .max = KIB(256) };
	char *page = page_read();

	(void)state;
	print_permissions(&tables);
	print_routes(&tables);
	buffer_char(&tables, '\n');
	const char *begin = strstr(page, begin_mark);
	assert_non_null(begin);
	begin += strlen(begin_mark);
	const char *end = strstr(begin, end_mark);
	assert_non_null(end);
	if (getenv("XIANGCAI_WRITE_DOCS"))
		page_write(page, begin, buffer_text(&tables), end);
	else if (!text_equal(buffer_text(&tables), (struct text){ begin, (size_t)(end - begin) })) {
		print_error("docs/roles.md is stale: XIANGCAI_WRITE_DOCS=1 writes it\n");
		assert_true(false);
	}
	buffer_free(&tables);
	memory_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permissions_are_named_once),
		cmocka_unit_test(each_route_names_one_permission),
		cmocka_unit_test(narrower_authorities_have_nothing_of_the_platform),
		cmocka_unit_test(the_page_shows_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
