/*
 * Members: which roles an administrator may give, what a phone number looks like, what an
 * invitation's link is; and, in a real database, that exactly the active memberships count.
 */
#include "test_identity_fixture.h"

#include "../../src/identity/member_rows.h"

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

/* ---- rules ---- */

static void test_administrators_give_roles_of_their_own_kind(void **state)
{
	static const struct {
		uint32_t actor, roles;
		size_t faults;
	} cases[] = {
		{ ROLE_UNIT_ADMIN, ROLES_UNIT, 0 },
		{ ROLE_UNIT_ADMIN, ROLE_BUYER | ROLE_AUDITOR, 1 },
		{ ROLE_UNIT_ADMIN, ROLE_CATALOGUER | ROLE_DISPATCHER, 2 },
		{ ROLE_SUPPLIER_ADMIN, ROLES_SUPPLIER, 0 },
		{ ROLE_SUPPLIER_ADMIN, ROLE_SECURITY_ADMIN, 1 },
		{ ROLE_SECURITY_ADMIN, ROLES_ALL, 0 },
		{ ROLE_UNIT_ADMIN | ROLE_SUPPLIER_ADMIN, ROLES_UNIT | ROLES_SUPPLIER, 0 },
		{ ROLE_BUYER, ROLE_BUYER, 1 },
		{ ROLE_BUYER, 0, 0 },
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };
		enum err e = roles_granted(cases[i].actor, cases[i].roles, &problems);

		assert_int_equal(e, cases[i].faults ? ERR_ROLE_GRANT : OK);
		assert_int_equal(problems.items.count, cases[i].faults);
	}
	arena_free(arena);
}

static void test_capacities_have_their_administrators(void **state)
{
	const struct organisation federation = { .is_unit = true, .is_authority = true };
	const struct organisation farm = { .is_supplier = true };
	const struct organisation nothing = { .status = STATUS_ACTIVE };

	(void)state;
	assert_int_equal(roles_of_admin(&federation), ROLE_UNIT_ADMIN | ROLE_SECURITY_ADMIN);
	assert_int_equal(roles_of_admin(&farm), ROLE_SUPPLIER_ADMIN);
	assert_int_equal(roles_of_admin(&nothing), 0);
}

static void test_phones(void **state)
{
	static const struct {
		const char *phone;
		bool valid;
	} cases[] = {
		{ "13812345678", true },
		{ "+86 138 1234 5678", true },
		{ "029-8765-4321", true },
		{ "123456", true },
		{ "", true },
		{ "12345", false },
		{ "123456789012345678901", false },
		{ "+", false },
		{ "-123456", false },
		{ "1--23456", false },
		{ "123456 ", false },
		{ "12345a", false },
		{ "１２３４５６", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(phone_is_valid(text_of(cases[i].phone)), cases[i].valid);
}

static void test_a_link_keeps_its_token_behind_the_hash(void **state)
{
	static const struct {
		const char *url, *link;
	} cases[] = {
		{ "https://shop.example", "https://shop.example/#/invitations/abc" },
		{ "https://shop.example/", "https://shop.example/#/invitations/abc" },
		{ "", "http://shop.local:8080/#/invitations/abc" },
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct app app = { .settings = { .public_url = text_of(cases[i].url) } };

		const struct req req = { .app = &app,
					 .arena = arena,
					 .host = TEXT("shop.local:8080") };

		assert_true(text_is(invitation_link(arena, req_origin(&req), TEXT("abc")),
				    cases[i].link));
	}
	struct text one = invitation_token(arena), two = invitation_token(arena);
	assert_int_equal(one.size, TOKEN_TEXT_SIZE);
	assert_false(text_equal(one, two));
	arena_free(arena);
}

/* ---- in the database ---- */

static struct id organisation_of(struct back *back, const char *code)
{
	struct organisation organisation;

	assert_int_equal(organisation_by_code(back->db, back->arena, words(code), &organisation),
			 OK);
	return organisation.id;
}

static size_t memberships(struct back *back, struct id user)
{
	struct list list = { 0 };

	assert_int_equal(membership_list(back->db, back->arena, user, &list), OK);
	return list.count;
}

static void test_only_active_memberships_count(void **state)
{
	struct back *back = *state;
	struct id user = user_of(back, "member", "SCHOOL", ROLE_BUYER);
	struct id school = organisation_of(back, "SCHOOL"), farm = organisation_of(back, "FARM");
	struct member member;
	uint32_t elsewhere;
	bool holds;

	assert_int_equal(member_read(back->db, back->arena, school, user, &member), OK);
	assert_int_equal(member.roles, ROLE_BUYER);
	assert_int_equal(member.status, STATUS_ACTIVE);
	assert_false(member.is_shared);
	assert_int_equal(member.last_login_at, INT_NONE);
	assert_int_equal(memberships(back, user), 1);
	for (int32_t status = STATUS_ACTIVE; status <= STATUS_ENDED; status++) {
		member.status = status;
		member.ended_at = status == STATUS_ENDED ? 1 : INT_NONE;
		assert_int_equal(membership_write(back->db, school, &member), OK);
		assert_int_equal(memberships(back, user), status == STATUS_ACTIVE);
		/* a suspended role still stands against others of the same person */
		assert_int_equal(roles_elsewhere(back->db, user, farm, &elsewhere), OK);
		assert_int_equal(elsewhere, status == STATUS_ENDED ? 0 : ROLE_BUYER);
		assert_int_equal(member_holds(back->db, user, school, ROLE_BUYER, &holds), OK);
		assert_int_equal(holds, status != STATUS_ENDED);
	}
	assert_int_equal(membership_put(back->db, user, school, ROLE_APPROVER, 5), OK);
	assert_int_equal(member_read(back->db, back->arena, school, user, &member), OK);
	assert_int_equal(member.status, STATUS_ACTIVE);
	assert_int_equal(member.ended_at, INT_NONE);
	assert_int_equal(member.roles, ROLE_APPROVER);
	assert_int_equal(member_read(back->db, back->arena, farm, user, &member), ERR_NOT_FOUND);
}

static void test_an_invitation_is_open_until_it_is_used_revoked_or_old(void **state)
{
	struct back *back = *state;
	struct id school = organisation_of(back, "SCHOOL"), farm = organisation_of(back, "FARM");
	const int64_t now = 1000;
	struct invitation_row row;

	for (int i = 0; i < 4; i++) {
		struct invitation invitation = { .id = id_new(now + i * SECOND_US),
						 .organisation = school,
						 .roles = ROLE_BUYER,
						 .created_at = 1,
						 .expires_at = i == 3 ? now : now + 1,
						 .token = invitation_token(back->arena) };

		assert_int_equal(invitation_write(back->db, &invitation, NO_TEXT, NO_ID), OK);
		if (i == 1)
			assert_int_equal(invitation_accepted(back->db, invitation.id, NO_ID, now),
					 OK);
		if (i == 2) {
			assert_int_equal(invitation_of(back->db, back->arena, farm, invitation.id,
						       now, &row),
					 ERR_NOT_FOUND);
			assert_int_equal(invitation_revoke(back->db, school, invitation.id, now),
					 OK);
			assert_int_equal(invitation_revoke(back->db, school, invitation.id, now),
					 ERR_CONFLICT);
		}
		assert_int_equal(
			invitation_by_token(back->db, back->arena, invitation.token, now, &row),
			i == 0 ? OK : ERR_NOT_FOUND);
	}
	assert_int_equal(
		invitation_by_token(back->db, back->arena, TEXT("no such token"), now, &row),
		ERR_NOT_FOUND);
	struct list list = { 0 };
	assert_int_equal(invitation_list(back->db, back->arena, school, ROLES_SUPPLIER, SMALL_NONE,
					 now, NO_ID, 10, &list),
			 OK);
	assert_int_equal(list.count, 0);
	assert_int_equal(invitation_list(back->db, back->arena, school, ROLES_UNIT, SMALL_NONE, now,
					 NO_ID, 10, &list),
			 OK);
	assert_int_equal(list.count, 4);
	static const int32_t states[] = { INVITATION_EXPIRED, INVITATION_REVOKED,
					  INVITATION_ACCEPTED, INVITATION_OPEN };
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(LIST_ITEM(list, struct invitation_row, i)->state, states[i]);
}

static void test_numbers_of_those_who_did_not_come_are_forgotten(void **state)
{
	struct back *back = *state;
	struct id school = organisation_of(back, "SCHOOL");
	struct invitation_row row;
	const int64_t now = 5000;
	uint64_t count = 0;
	struct id ids[2];

	for (int i = 0; i < 2; i++) {
		struct invitation invitation = { .id = id_new((7 + i) * SECOND_US),
						 .organisation = school,
						 .roles = ROLE_BUYER,
						 .created_at = 1,
						 .expires_at = now + i,
						 .token = invitation_token(back->arena) };

		ids[i] = invitation.id;
		assert_int_equal(invitation_write(back->db, &invitation, TEXT("sealed"), NO_ID),
				 OK);
	}
	assert_int_equal(invitation_phones_forget(back->db, now, &count), OK);
	assert_int_equal(count, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(invitation_of(back->db, back->arena, school, ids[i], now, &row),
				 OK);
		assert_int_equal(row.phone_sealed.at != NULL, i == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_administrators_give_roles_of_their_own_kind),
		cmocka_unit_test(test_capacities_have_their_administrators),
		cmocka_unit_test(test_phones),
		cmocka_unit_test(test_a_link_keeps_its_token_behind_the_hash),
		cmocka_unit_test(test_only_active_memberships_count),
		cmocka_unit_test(test_an_invitation_is_open_until_it_is_used_revoked_or_old),
		cmocka_unit_test(test_numbers_of_those_who_did_not_come_are_forgotten),
	};

	return cmocka_run_group_tests(tests, start, back_stop);
}
