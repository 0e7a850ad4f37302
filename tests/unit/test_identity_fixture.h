/*
 * What the tests of identity in the database share: the embedded server with the whole schema, a
 * small roster, users, and requests made by hand that are given to the handlers of the module's
 * routes.
 */
#ifndef TEST_IDENTITY_FIXTURE_H
#define TEST_IDENTITY_FIXTURE_H

#include "test_back_fixture.h"

#include "../../src/identity/identity_rows.h"
#include "../../src/run/run_private.h"

static const struct scrypt_cost cheap = { 4, 8, 1 };

#define PASSWORD "correct horse battery"

static inline struct text words(const char *string)
{
	return text_of(string);
}

/* ---- steps ---- */

/* Runs @fn as a step of the system; its faults in @problems. */
static inline enum err step_with(struct back *back, event_fn *fn, void *arg,
				 struct problems *problems)
{
	struct step step = {
		.app = &back->app, .db = back->db, .arena = back->arena, .problems = problems
	};
	char key[37];

	*problems = (struct problems){ .arena = back->arena };
	return run_step(&step, id_format(id_new(clock_now(&back->app.clock)), key), fn, arg, NULL);
}

static inline enum err step(struct back *back, event_fn *fn, void *arg)
{
	struct problems problems;

	return step_with(back, fn, arg, &problems);
}

/* ---- a small world ---- */

struct world_row {
	const char *code, *uscc;
	bool is_unit, is_supplier, is_authority;
	int32_t scope;
};

/* FED is a unit and an authority over its tree; PLAT the platform; OFF a county office. */
enum { FED, BRANCH, SCHOOL, FARM, PLAT, OFF, WORLD_COUNT };
static const struct world_row world_rows[] = {
	[FED] = { "FED", "89610000XU003B348X", true, false, true, SCOPE_HIERARCHY },
	[BRANCH] = { "BRANCH", "89610000XU003B4E6P", true, false, false, SCOPE_NONE },
	[SCHOOL] = { "SCHOOL", "12610000123456788C", true, false, false, SCOPE_NONE },
	[FARM] = { "FARM", "91610621XD0000D00A", false, true, false, SCOPE_NONE },
	[PLAT] = { "PLAT", "11610924XD0000008C", false, false, true, SCOPE_PLATFORM },
	[OFF] = { "OFF", "91350100M000100Y43", false, false, true, SCOPE_COUNTY },
};

struct world {
	struct id ids[WORLD_COUNT];
	struct roster roster;
};

static inline void world_counties(struct back *back)
{
	struct county rows[] = {
		{ .code = TEXT("610102"),
		  .name = TEXT("新城区"),
		  .name_en = TEXT("Xincheng"),
		  .city_code = TEXT("610100"),
		  .city_name = TEXT("西安市"),
		  .longitude = TEXT("108.96"),
		  .latitude = TEXT("34.27"),
		  .former_codes = TEXT("") },
		{ .code = TEXT("610621"),
		  .name = TEXT("延长县"),
		  .name_en = TEXT("Yanchang"),
		  .city_code = TEXT("610600"),
		  .city_name = TEXT("延安市"),
		  .longitude = TEXT("110.01"),
		  .latitude = TEXT("36.58"),
		  .former_codes = TEXT(""),
		  .is_assisted = true },
		{ .code = TEXT("610925"),
		  .name = TEXT("岚皋县"),
		  .name_en = TEXT("Langao"),
		  .city_code = TEXT("610900"),
		  .city_name = TEXT("安康市"),
		  .longitude = TEXT("108.90"),
		  .latitude = TEXT("32.31"),
		  .former_codes = TEXT("610928;612429"),
		  .is_assisted = true,
		  .is_national_key = true },
	};
	struct list counties = { rows, COUNT_OF(rows), COUNT_OF(rows) };

	assert_int_equal(step(back, counties_insert, &counties), OK);
}

static inline void world_capacities(struct back *back, struct world *world, size_t i)
{
	const struct world_row *row = &world_rows[i];

	if (row->is_unit)
		*(struct unit *)list_add(&world->roster.units, back->arena, sizeof(struct unit)) =
			(struct unit){ .organisation = world->ids[i],
				       .kind = TEXT("工会"),
				       .city = TEXT("省直"),
				       .region_code = i == SCHOOL ? TEXT("610621") : TEXT("610000"),
				       .member_count = 100,
				       .annual_budget_fen = 5000000 };
	if (row->is_supplier)
		*(struct supplier *)list_add(&world->roster.suppliers, back->arena,
					     sizeof(struct supplier)) =
			(struct supplier){ world->ids[i], TEXT("610621"), TEXT("合作社"), 30 };
	if (row->is_authority)
		*(struct authority *)list_add(&world->roster.authorities, back->arena,
					      sizeof(struct authority)) = (struct authority){
			.organisation = world->ids[i],
			.scope = row->scope,
			.county = row->scope == SCOPE_COUNTY ? TEXT("610621") : NO_TEXT,
			.hierarchy = row->scope == SCOPE_HIERARCHY ? HIERARCHY_UNION : SMALL_NONE,
			.root = row->scope == SCOPE_HIERARCHY ? world->ids[FED] : NO_ID
		};
}

/* The roster, with ids of its own: loading it twice loads nothing the second time. */
static inline void world_make(struct back *back, struct world *world)
{
	struct problems problems = { .arena = back->arena };

	*world = (struct world){ 0 };
	for (size_t i = 0; i < WORLD_COUNT; i++) {
		const struct world_row *row = &world_rows[i];
		struct organisation *one =
			list_add(&world->roster.organisations, back->arena, sizeof(*one));

		world->ids[i] = id_new(clock_now(&back->app.clock));
		*one = (struct organisation){ .id = world->ids[i],
					      .uscc = words(row->uscc),
					      .code = words(row->code),
					      .name = words(row->code),
					      .short_name = words(row->code),
					      .is_unit = row->is_unit,
					      .is_supplier = row->is_supplier,
					      .is_authority = row->is_authority,
					      .created_at = 1 };
		world_capacities(back, world, i);
	}
	const struct unit_place places[] = {
		{ HIERARCHY_UNION, world->ids[FED], NO_ID },
		{ HIERARCHY_UNION, world->ids[BRANCH], world->ids[FED] },
		{ HIERARCHY_GOVERNMENT, world->ids[SCHOOL], NO_ID },
	};
	assert_int_equal(
		unit_closure(places, COUNT_OF(places), &problems, &world->roster.ancestors), OK);
}

/* A user with PASSWORD at a low cost, so that tests are quick. */
static inline enum err add_user(struct back *back, const char *login, const char *code,
				uint32_t roles, struct new_user *out)
{
	char hash[PASSWORD_HASH_SIZE];

	assert_int_equal(password_hash(TEXT(PASSWORD), cheap, hash), OK);
	*out = (struct new_user){ .login = words(login),
				  .name = words(login),
				  .password_hash = arena_text(back->arena, words(hash)),
				  .organisation_code = words(code),
				  .roles = roles };
	return step(back, user_insert, out);
}

static inline struct id user_of(struct back *back, const char *login, const char *code,
				uint32_t roles)
{
	struct new_user user;

	assert_int_equal(add_user(back, login, code, roles, &user), OK);
	return user.id;
}

/* ---- requests ---- */

static inline const struct route *route_of(enum method method, const char *path)
{
	for (size_t i = 0; i < identity_route_count; i++) {
		const struct route *route = &identity_routes[i];

		if (route->method == method && strcmp(route->path, path) == 0)
			return route;
	}
	assert_true(false);
	return NULL;
}

/* A request as a worker has it, at @now. End it with request_free(rq->private). */
static inline struct req *request_of(struct back *back, enum method method, const char *path,
				     const char *body, int64_t now)
{
	struct arena *arena = arena_new(0);
	struct req_private *p = arena_take(arena, sizeof(*p));

	p->own_arena = arena;
	p->deadline = clock_monotonic() + 20 * SECOND_US;
	p->method = method;
	p->req = (struct req){ .app = &back->app,
			       .db = back->db,
			       .arena = arena,
			       .route = route_of(method, path),
			       .request_id = TEXT("test-1"),
			       .address = TEXT("192.0.2.1"),
			       .now = now,
			       .path = words(path),
			       .body = words(body),
			       .problems = { .arena = arena },
			       .private = p };
	return &p->req;
}

static inline struct text header_of(const struct req *rq, const char *name)
{
	const struct reply *reply = &rq->private->reply;

	for (size_t i = 0; i < reply->header_count; i++)
		if (text_is(reply->headers[i].name, name))
			return reply->headers[i].value;
	return NO_TEXT;
}

static inline struct text body_of(const struct req *rq)
{
	return buffer_text(&rq->private->reply.body);
}

static inline bool text_holds(struct text t, const char *part)
{
	return t.size && memmem(t.at, t.size, part, strlen(part)) != NULL;
}

#endif
