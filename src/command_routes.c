/*
 * `xiangcai routes`: every route of the program, a line each, tabs between method, path, roles,
 * whether a key is required, the most bytes of a body, the content type that it takes, the status
 * of success, and the permission ("-" where none is needed). The contract is held against this
 * list. `xiangcai permissions`: the table of permissions, tabs between word, roles, reach, and the
 * sentences in Chinese and English. Both lists together say who may do what.
 */
#include "command.h"
#include "modules.h"

/* "buyer,approver"; "public", or "any" for whoever is logged in. */
static void roles_print(uint32_t roles)
{
	const char *before = "";

	if (roles == ROLES_PUBLIC || roles == ROLES_ANY) {
		fputs(roles == ROLES_PUBLIC ? "public" : "any", stdout);
		return;
	}
	for (int i = 0; role_words[i]; i++) {
		if (!(roles & UINT32_C(1) << i))
			continue;
		printf("%s%s", before, role_words[i]);
		before = ",";
	}
}

static void route_print(const struct route *route)
{
	const char *media = route->media ? route->media : "application/json";
	const struct permission *permission = permission_named(route->roles);

	printf("%s\t%s\t", method_name(route->method), route->path);
	roles_print(route->roles);
	printf("\t%s\t%zu\t%s\t%d\t%s\n", route->key == KEY_REQUIRED ? "key" : "-", route->body_max,
	       route->body_max ? media : "-", route->success ? route->success : 200,
	       permission ? permission->word : "-");
}

static void table_print(const struct route_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		route_print(&table->routes[i]);
}

int command_routes(struct app *app, int argc, char **argv)
{
	const struct route_table own = { system_routes, system_route_count };

	(void)argc;
	(void)argv;
	table_print(&own);
	for (size_t i = 0; i < app->hooks->table_count; i++)
		table_print(&app->hooks->tables[i]);
	return fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAULTS;
}

int command_permissions(struct app *app, int argc, char **argv)
{
	(void)app;
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < permission_count; i++) {
		const struct permission *row = &permissions[i];

		printf("%s\t", row->word);
		roles_print(row->roles);
		printf("\t%s\t%s\t%s\n", word_of(reach_words, (int)row->reach), row->sentence[ZH],
		       row->sentence[EN]);
	}
	return fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAULTS;
}
