/*
 * `xiangcai routes`: every route of the program, a line each, tabs between method, path, roles,
 * whether a key is required, the most bytes of a body, the content type that it takes, and the
 * status of success. The contract is held against this list.
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

	printf("%s\t%s\t", method_name(route->method), route->path);
	roles_print(route->roles);
	printf("\t%s\t%zu\t%s\t%d\n", route->key == KEY_REQUIRED ? "key" : "-", route->body_max,
	       route->body_max ? media : "-", route->success ? route->success : 200);
}

static void table_print(const struct route_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		route_print(&table->routes[i]);
}

int command_routes(struct app *app, int argc, char **argv)
{
	const struct route_table own = { system_routes, system_route_count };
	struct assembly assembly;

	(void)app;
	(void)argc;
	(void)argv;
	assembly_make(&assembly);
	table_print(&own);
	for (size_t i = 0; i < assembly.hooks.table_count; i++)
		table_print(&assembly.hooks.tables[i]);
	return fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAULTS;
}
