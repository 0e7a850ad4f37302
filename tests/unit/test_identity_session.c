/* Sessions in a real database: login, lock, the hook that authenticates, logout. */
#include "test_identity_fixture.h"

static const struct sql events_of_kind = { "SELECT COUNT(*) FROM event WHERE kind = ?" };
static const struct sql user_status = { "UPDATE user SET status = ? WHERE id = ?" };
static const struct sql organisation_status = {
	"UPDATE organisation SET status = ? WHERE code = ?"
};
static const struct sql seen_at = { "SELECT MAX(seen_at) FROM session WHERE user = ?" };
static const struct sql tokens_kept = {
	"SELECT COUNT(*) FROM idempotency WHERE LOCATE(?, CAST(reply AS CHAR)) > 0"
};
static const struct sql sessions_of = { "SELECT COUNT(*) FROM session WHERE user = ?" };
static const struct sql actor_of_event = {
	"SELECT COUNT(*) FROM event WHERE kind = 'session.opened' AND user = ? AND address = "
	"'192.0.2.1'"
};

static const int64_t t0 = INT64_C(1767225600) * SECOND_US;

static int start(void **state)
{
	struct world *world;

	back_start(state);
	struct back *back = *state;
	world = arena_take(back->arena, sizeof(*world));
	world_counties(back);
	world_make(back, world);
	assert_int_equal(step(back, roster_insert, &world->roster), OK);
	return 0;
}

/* ---- asking ---- */

struct login_result {
	enum err e;
	char token[TOKEN_TEXT_SIZE + 1];
	struct req *rq; /* to be freed */
};

static struct login_result log_in(struct back *back, const char *login, const char *password,
				  const char *more, int64_t now)
{
	char body[500];
	struct login_result result = { 0 };

	snprintf(body, sizeof(body), "{\"login\":\"%s\",\"password\":\"%s\"%s}", login, password,
		 more);
	result.rq = request_of(back, HTTP_POST, "/api/v1/sessions", body, now);
	result.e = result.rq->route->handle(result.rq);
	struct text reply = body_of(result.rq);
	const char *at = reply.size ? memmem(reply.at, reply.size, "\"token\":\"", 9) : NULL;
	if (at)
		memcpy(result.token, at + 9, TOKEN_TEXT_SIZE);
	return result;
}

static void logged_out(struct login_result *result)
{
	request_free(result->rq->private);
}

/* The token of a program's session. */
static void bearer_of_login(struct back *back, const char *login, int64_t now, char *token)
{
	struct login_result result = log_in(back, login, PASSWORD, ",\"bearer\":true", now);

	assert_int_equal(result.e, OK);
	memcpy(token, result.token, sizeof(result.token));
	logged_out(&result);
}

static enum err login_outcome(struct back *back, const char *login, const char *password,
			      int64_t now)
{
	struct login_result result = log_in(back, login, password, "", now);

	logged_out(&result);
	return result.e;
}

static enum err ask(struct back *back, const char *token, int64_t now, struct actor *actor)
{
	struct req *rq = request_of(back, HTTP_GET, "/api/v1/sessions/current", "", now);
	enum err e = authenticate(rq, text_of(token), actor);

	request_free(rq->private);
	return e;
}

static int64_t count(struct back *back, const struct sql *sql, struct values values)
{
	int64_t number = -1;

	assert_int_equal(db_number(back->db, sql, values, &number), OK);
	return number;
}

/* ---- tests ---- */

static void test_a_browser_gets_a_cookie_and_a_program_its_token(void **state)
{
	struct back *back = *state;
	struct id user = user_of(back, "cookie", "SCHOOL", ROLE_BUYER | ROLE_APPROVER);
	struct login_result browser = log_in(back, "Cookie", PASSWORD, "", t0);

	assert_int_equal(browser.e, OK);
	assert_int_equal(browser.rq->private->reply.status, 201);
	struct text cookie = header_of(browser.rq, "Set-Cookie");
	assert_true(text_starts(cookie, "__Host-session="));
	assert_true(text_holds(cookie, "; Path=/; Secure; HttpOnly; SameSite=Strict"));
	struct text body = body_of(browser.rq);
	assert_true(text_holds(body, "\"token\":null"));
	assert_true(text_holds(body, "\"login\":\"cookie\""));
	assert_true(text_holds(body, "\"roles\":[\"buyer\",\"approver\"]"));
	assert_true(text_holds(body, "\"code\":\"SCHOOL\""));
	assert_true(text_holds(body, "\"expires_at\":\"2026-01-01T12:00:00"));
	assert_false(text_holds(body, "scrypt"));
	logged_out(&browser);

	struct login_result program = log_in(back, "cookie", PASSWORD, ",\"bearer\":true", t0);
	assert_int_equal(program.e, OK);
	assert_null(header_of(program.rq, "Set-Cookie").at);
	assert_int_equal(strlen(program.token), TOKEN_TEXT_SIZE);
	assert_int_equal(count(back, &tokens_kept, db_values(text_of(program.token))), 0);
	assert_int_equal(count(back, &actor_of_event, db_values(user)), 2);
	logged_out(&program);
}

static void test_wrong_words_say_nothing_and_are_counted(void **state)
{
	struct back *back = *state;
	struct id user = user_of(back, "careful", "SCHOOL", ROLE_BUYER);
	int64_t refused = count(back, &events_of_kind, db_values("session.refused"));

	assert_int_equal(login_outcome(back, "careful", "wrong", t0), ERR_LOGIN_REFUSED);
	assert_int_equal(login_outcome(back, "nobody.here", PASSWORD, t0), ERR_LOGIN_REFUSED);
	assert_int_equal(login_outcome(back, "careful", PASSWORD " ", t0), ERR_LOGIN_REFUSED);
	assert_int_equal(count(back, &events_of_kind, db_values("session.refused")), refused + 3);
	assert_int_equal(count(back, &sessions_of, db_values(user)), 0);
	assert_int_equal(login_outcome(back, "careful", PASSWORD, t0), OK);
}

/* None of these is asked for in the database, whose column takes no such bytes. */
static void test_names_that_nobody_can_have_are_refused_alike(void **state)
{
	struct back *back = *state;
	static const char *const names[] = { "买家",       "plain ",   " plain", "pláin",
					     "ｐｌａｉｎ", "plain'--", "p" };
	int64_t refused;

	user_of(back, "plain", "SCHOOL", ROLE_BUYER);
	refused = count(back, &events_of_kind, db_values("session.refused"));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(login_outcome(back, names[i], PASSWORD, t0), ERR_LOGIN_REFUSED);
	assert_int_equal(count(back, &events_of_kind, db_values("session.refused")),
			 refused + (int64_t)COUNT_OF(names));
	assert_int_equal(login_outcome(back, "Plain", PASSWORD, t0), OK);
}

/* ABC and abc are two codes, two keys and two names, in whatever column they stand. */
static void test_all_text_is_compared_by_its_bytes(void **state)
{
	struct back *back = *state;
	static const struct sql others = {
		"SELECT COUNT(*) FROM information_schema.columns"
		" WHERE table_schema = DATABASE() AND collation_name NOT LIKE '%\\_nopad\\_bin'"
		/* a name folded, by which reviewers are told of goods that look alike */
		"   AND NOT (table_name = 'revision' AND column_name = 'folded')"
	};

	assert_int_equal(count(back, &others, db_none), 0);
}

/* A login from an address of its own. */
static enum err outcome_from(struct back *back, const char *address, const char *login,
			     const char *password, int64_t now)
{
	char body[200];

	snprintf(body, sizeof(body), "{\"login\":\"%s\",\"password\":\"%s\"}", login, password);
	struct req *rq = request_of(back, HTTP_POST, "/api/v1/sessions", body, now);
	rq->address = text_of(address);
	enum err e = rq->route->handle(rq);
	request_free(rq->private);
	return e;
}

static void test_five_failures_lock_the_address_for_fifteen_minutes(void **state)
{
	struct back *back = *state;
	int64_t minute = 60 * SECOND_US, last = t0 + 4;

	user_of(back, "forgetful", "SCHOOL", ROLE_BUYER);
	for (int i = 0; i < 4; i++)
		assert_int_equal(login_outcome(back, "forgetful", "wrong", t0 + i),
				 ERR_LOGIN_REFUSED);
	assert_int_equal(login_outcome(back, "forgetful", PASSWORD, t0 + 3),
			 OK); /* forgets the four */
	for (int i = 0; i < 5; i++)
		assert_int_equal(login_outcome(back, "forgetful", "wrong", t0 + i),
				 ERR_LOGIN_REFUSED);
	assert_int_equal(login_outcome(back, "forgetful", PASSWORD, last + minute),
			 ERR_LOGIN_REFUSED);
	assert_int_equal(outcome_from(back, "192.0.2.2", "forgetful", PASSWORD, last + minute), OK);
	assert_int_equal(login_outcome(back, "forgetful", PASSWORD, last + 15 * minute - 1),
			 ERR_LOGIN_REFUSED);
	assert_int_equal(login_outcome(back, "forgetful", "wrong", last + 15 * minute),
			 ERR_LOGIN_REFUSED);
	assert_int_equal(login_outcome(back, "forgetful", PASSWORD, last + 15 * minute), OK);
}

/* Ten addresses with five wrong ones each: strangers wait, whoever was let in before does not. */
static void test_fifty_failures_lock_strangers_out(void **state)
{
	struct back *back = *state;
	int64_t minute = 60 * SECOND_US, now = t0 + 3600 * SECOND_US;

	user_of(back, "besieged", "SCHOOL", ROLE_BUYER);
	assert_int_equal(outcome_from(back, "198.51.100.1", "besieged", PASSWORD, now), OK);
	for (int i = 0; i < 50; i++) {
		char address[40];

		snprintf(address, sizeof(address), "203.0.113.%d", i / 5);
		assert_int_equal(outcome_from(back, address, "besieged", "wrong", now + i),
				 ERR_LOGIN_REFUSED);
	}
	now += minute;
	assert_int_equal(outcome_from(back, "198.51.100.2", "besieged", PASSWORD, now),
			 ERR_LOGIN_REFUSED);
	assert_int_equal(outcome_from(back, "198.51.100.1", "besieged", PASSWORD, now), OK);
	now += 15 * minute;
	assert_int_equal(outcome_from(back, "198.51.100.2", "besieged", PASSWORD, now), OK);
}

/* One customer has all of an IPv6 /56. */
static void test_ipv6_is_counted_by_its_network(void **state)
{
	struct back *back = *state;

	user_of(back, "sixfold", "SCHOOL", ROLE_BUYER);
	for (int i = 0; i < 5; i++) {
		char address[40];

		snprintf(address, sizeof(address), "2001:db8:0:1%02x::1", i);
		assert_int_equal(outcome_from(back, address, "sixfold", "wrong", t0 + i),
				 ERR_LOGIN_REFUSED);
	}
	assert_int_equal(outcome_from(back, "2001:db8:0:1ff::9", "sixfold", PASSWORD, t0 + 9),
			 ERR_LOGIN_REFUSED);
	assert_int_equal(outcome_from(back, "2001:db8:0:200::1", "sixfold", PASSWORD, t0 + 9), OK);
}

static void test_a_session_ends_idle_and_for_good(void **state)
{
	struct back *back = *state;
	struct id user = user_of(back, "sleepy", "SCHOOL", ROLE_BUYER);
	int64_t minute = 60 * SECOND_US, now = t0;
	char token[TOKEN_TEXT_SIZE + 1];
	struct actor actor;

	bearer_of_login(back, "sleepy", now, token);
	assert_int_equal(ask(back, token, now + 59 * SECOND_US, &actor), OK);
	assert_int_equal(count(back, &seen_at, db_values(user)), t0); /* at most once a minute */
	for (; now < t0 + 12 * 60 * minute; now += 29 * minute)
		assert_int_equal(ask(back, token, now, &actor), OK);
	assert_int_equal(ask(back, token, t0 + 12 * 60 * minute - 1, &actor), OK);
	assert_int_equal(ask(back, token, t0 + 12 * 60 * minute, &actor), ERR_UNAUTHENTICATED);

	bearer_of_login(back, "sleepy", t0, token);
	assert_int_equal(ask(back, token, t0 + 30 * minute - 1, &actor), OK);
	bearer_of_login(back, "sleepy", t0, token);
	assert_int_equal(ask(back, token, t0 + 30 * minute, &actor), ERR_UNAUTHENTICATED);
}

static void test_the_hook_says_who_and_what_is_seen(void **state)
{
	struct back *back = *state;
	static const struct {
		const char *login, *code;
		uint32_t roles;
		int32_t scope;
	} cases[] = {
		{ "who.buyer", "FED", ROLE_BUYER, SCOPE_NONE },
		{ "who.supervisor", "FED", ROLE_SUPERVISOR | ROLE_BUYER, SCOPE_HIERARCHY },
		{ "who.office", "OFF", ROLE_REVIEWER, SCOPE_COUNTY },
		{ "who.platform", "PLAT", ROLE_RECONCILER, SCOPE_PLATFORM },
		{ "who.farmer", "FARM", ROLE_CATALOGUER | ROLE_DISPATCHER, SCOPE_NONE },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct id user = user_of(back, cases[i].login, cases[i].code, cases[i].roles);
		char token[TOKEN_TEXT_SIZE + 1];
		struct actor actor = { 0 };

		bearer_of_login(back, cases[i].login, t0, token);
		db_statement_count(back->db);
		assert_int_equal(ask(back, token, t0, &actor), OK);
		assert_int_equal(db_statement_count(back->db), 1);
		assert_true(id_equal(actor.user, user));
		assert_int_equal(actor.roles, cases[i].roles);
		assert_int_equal(actor.scope.kind, cases[i].scope);
		if (actor.scope.kind == SCOPE_COUNTY)
			assert_string_equal(actor.scope.county, "610621");
		if (actor.scope.kind == SCOPE_HIERARCHY)
			assert_int_equal(actor.scope.hierarchy, HIERARCHY_UNION);
		token[0] = token[0] == 'A' ? 'B' : 'A';
		assert_int_equal(ask(back, token, t0, &actor), ERR_UNAUTHENTICATED);
		token[TOKEN_TEXT_SIZE - 1] = '\0';
		assert_int_equal(ask(back, token, t0, &actor), ERR_UNAUTHENTICATED);
	}
}

static void test_suspension_ends_what_is_open_and_refuses_what_comes(void **state)
{
	struct back *back = *state;
	struct id user = user_of(back, "gone", "FARM", ROLE_CATALOGUER);
	char token[TOKEN_TEXT_SIZE + 1];
	struct actor actor;

	bearer_of_login(back, "gone", t0, token);
	assert_int_equal(db_exec(back->db, &user_status, db_values("suspended", user)), OK);
	assert_int_equal(ask(back, token, t0, &actor), ERR_UNAUTHENTICATED);
	assert_int_equal(login_outcome(back, "gone", PASSWORD, t0), ERR_LOGIN_REFUSED);
	assert_int_equal(db_exec(back->db, &user_status, db_values("active", user)), OK);
	assert_int_equal(ask(back, token, t0, &actor), OK);
	assert_int_equal(db_exec(back->db, &organisation_status, db_values("suspended", "FARM")),
			 OK);
	assert_int_equal(ask(back, token, t0, &actor), ERR_UNAUTHENTICATED);
	assert_int_equal(login_outcome(back, "gone", PASSWORD, t0), ERR_LOGIN_REFUSED);
	assert_int_equal(db_exec(back->db, &organisation_status, db_values("active", "FARM")), OK);
	assert_int_equal(login_outcome(back, "gone", PASSWORD, t0), OK);
}

static void test_one_of_several_memberships_is_active(void **state)
{
	struct back *back = *state;
	char more[100], id[37];
	struct new_user second = { .login = TEXT("two.hats"),
				   .organisation_code = TEXT("PLAT"),
				   .roles = ROLE_RECONCILER };
	struct list memberships = { 0 };

	second.id = user_of(back, "two.hats", "FED", ROLE_BUYER);
	assert_int_equal(step(back, membership_insert, &second), OK);
	assert_int_equal(membership_list(back->db, back->arena, second.id, &memberships), OK);
	assert_int_equal(memberships.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct membership *one = LIST_ITEM(memberships, struct membership, i);

		snprintf(more, sizeof(more), ",\"organisation\":\"%s\"",
			 id_format(one->organisation.id, id).at);
		struct login_result result = log_in(back, "two.hats", PASSWORD, more, t0);
		assert_int_equal(result.e, OK);
		assert_true(text_holds(body_of(result.rq),
				       i ? "\"roles\":[\"reconciler\"],\"permissions\""
					 : "\"roles\":[\"buyer\"],\"permissions\""));
		logged_out(&result);
	}
	struct login_result other =
		log_in(back, "two.hats", PASSWORD,
		       ",\"organisation\":\"00000000-0000-7000-8000-000000000001\"", t0);
	assert_int_equal(other.e, ERR_UNKNOWN_REFERENCE);
	assert_int_equal(other.rq->problems.items.count, 1);
	logged_out(&other);
}

static void test_who_am_i_and_logout(void **state)
{
	struct back *back = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	struct actor actor;

	user_of(back, "leaving", "PLAT", ROLE_SUPERVISOR);
	bearer_of_login(back, "leaving", t0, token);
	struct req *rq = request_of(back, HTTP_GET, "/api/v1/sessions/current", "", t0 + SECOND_US);
	assert_int_equal(authenticate(rq, text_of(token), &rq->actor), OK);
	assert_int_equal(rq->route->handle(rq), OK);
	assert_true(text_holds(body_of(rq), "\"login\":\"leaving\""));
	assert_true(text_holds(body_of(rq), "\"scope\":\"platform\""));
	assert_true(text_holds(body_of(rq), "\"expires_at\":\"2026-01-01T12:00:00"));
	assert_true(text_holds(body_of(rq), "\"token\":null"));
	request_free(rq->private);

	rq = request_of(back, HTTP_DELETE, "/api/v1/sessions/current", "", t0 + SECOND_US);
	assert_int_equal(authenticate(rq, text_of(token), &rq->actor), OK);
	assert_int_equal(rq->route->handle(rq), OK);
	assert_int_equal(rq->private->reply.status, 204);
	assert_true(text_holds(header_of(rq, "Set-Cookie"), "Max-Age=0"));
	request_free(rq->private);
	assert_int_equal(ask(back, token, t0 + SECOND_US, &actor), ERR_UNAUTHENTICATED);
}

static void test_bad_bodies_are_named(void **state)
{
	struct back *back = *state;
	static const struct {
		const char *body;
		enum err e;
		size_t faults;
	} cases[] = {
		{ "", ERR_BAD_JSON, 0 },
		{ "{", ERR_BAD_JSON, 0 },
		{ "{}", ERR_REFUSED, 2 },
		{ "{\"login\":\"\",\"password\":\"\"}", ERR_REFUSED, 2 },
		{ "{\"login\":\"a\",\"password\":\"b\",\"roles\":[\"auditor\"]}", ERR_REFUSED, 1 },
		{ "{\"login\":1,\"password\":[],\"bearer\":\"yes\",\"organisation\":\"x\"}",
		  ERR_REFUSED, 4 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct req *rq = request_of(back, HTTP_POST, "/api/v1/sessions", cases[i].body, t0);

		assert_int_equal(rq->route->handle(rq), cases[i].e);
		if (cases[i].faults)
			assert_int_equal(rq->problems.items.count, cases[i].faults);
		request_free(rq->private);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_browser_gets_a_cookie_and_a_program_its_token),
		cmocka_unit_test(test_wrong_words_say_nothing_and_are_counted),
		cmocka_unit_test(test_names_that_nobody_can_have_are_refused_alike),
		cmocka_unit_test(test_all_text_is_compared_by_its_bytes),
		cmocka_unit_test(test_five_failures_lock_the_address_for_fifteen_minutes),
		cmocka_unit_test(test_fifty_failures_lock_strangers_out),
		cmocka_unit_test(test_ipv6_is_counted_by_its_network),
		cmocka_unit_test(test_a_session_ends_idle_and_for_good),
		cmocka_unit_test(test_the_hook_says_who_and_what_is_seen),
		cmocka_unit_test(test_suspension_ends_what_is_open_and_refuses_what_comes),
		cmocka_unit_test(test_one_of_several_memberships_is_active),
		cmocka_unit_test(test_who_am_i_and_logout),
		cmocka_unit_test(test_bad_bodies_are_named),
	};

	return cmocka_run_group_tests(tests, start, back_stop);
}
