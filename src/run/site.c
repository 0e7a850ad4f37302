/*
 * A site: the modules' route tables joined behind one path matcher, whose index finds the row. What
 * a row may not say is caught here, at the start, not at the first request.
 */
#include "run_private.h"

static void route_check(const struct route *route)
{
	assert(route->handle && route->path);
	assert(route->method != HTTP_HEAD &&
	       route->method != HTTP_OPTIONS); /* made from the others */
	assert(route->runs != ON_LOOP || (route->roles == ROLES_PUBLIC && route->key == KEY_NONE));
	assert(route->body_max > 0 || !route->media);
}

static bool is_of_api(struct text path)
{
	return text_starts(path, "/api/v1/");
}

/* Outside the API there are pages from memory and what proxies ask to see whether we are well. */
static enum rate_class rate_of(const struct route *route)
{
	if (route->rate || !is_of_api(text_of(route->path)))
		return route->rate;
	if (route->runs == ON_LOOP)
		return RATE_PUBLIC;
	if (route->runs == ON_HASHER)
		return RATE_LOGIN;
	return route->method == HTTP_GET ? RATE_READ : RATE_WRITE;
}

enum rate_class site_rate_of_nothing(struct text path)
{
	return is_of_api(path) ? RATE_PUBLIC : RATE_BY_METHOD;
}

static size_t routes_counted(const struct route_table *tables, size_t table_count)
{
	size_t count = 0;

	for (size_t i = 0; i < table_count; i++)
		count += tables[i].count;
	return count;
}

static void rows_take(struct site *site, const struct route_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct route *route = &table->routes[i];

		route_check(route);
		site->patterns[site->count] =
			(struct pattern){ .method = route->method, .path = route->path };
		site->routes[site->count] = route;
		site->rates[site->count] = rate_of(route);
		site->count++;
	}
}

struct site *site_new(const struct route_table *tables, size_t table_count)
{
	size_t count = routes_counted(tables, table_count);
	struct site *site = memory_take(sizeof(*site));

	if (!site)
		return NULL;
	site->patterns = memory_take(count * sizeof(*site->patterns));
	site->routes = memory_take(count * sizeof(const struct route *));
	site->rates = memory_take(count * sizeof(*site->rates));
	if (site->patterns && site->routes && site->rates) {
		for (size_t i = 0; i < table_count; i++)
			rows_take(site, &tables[i]);
		site->router = router_new(site->patterns, site->count);
	}
	if (site->router)
		return site;
	site_free(site);
	return NULL;
}

void site_free(struct site *site)
{
	if (!site)
		return;
	if (site->router)
		router_free(site->router);
	memory_free(site->patterns);
	memory_free(site->routes);
	memory_free(site->rates);
	memory_free(site);
}
