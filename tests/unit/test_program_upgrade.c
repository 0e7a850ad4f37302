/*
 * A data directory of the first release, brought up to date by the program itself: what stood in it
 * means the same afterwards, and nothing that is sealed now is left in clear.
 */
#include "test_db_fixture.h"

#include "program.h"

static const char *const released[] = {
	"0001_run.sql",    "0002_audit.sql",    "0003_identity.sql",   "0004_catalogue.sql",
	"0005_ledger.sql", "0006_ordering.sql", "0007_fulfilment.sql", "0008_settlement.sql",
};

#define ID(n) "'00000000-0000-7000-8000-0000000000" n "'"

/* A federation above a school above a branch; a supplier; a buyer; an account in clear; an import.
 */
static const struct sql before[] = {
	{ "INSERT INTO county VALUES ('610124', '周至县', 'Zhouzhi', '610100', '西安市', 108.2,"
	  " 34.2, '')" },
	{ "INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier,"
	  " is_authority, status, created_at) VALUES"
	  " (" ID("01") ", '89610000XU003B348X', 'U1', '总工会', '总工会', 1, 0, 1, 'active', 1),"
			" (" ID("02") ", '12610102XU005JFY2B', 'U2', '小学', '小学', 1, 0, 0, "
				      "'active', 1),"
				      " (" ID("03") ", '91610100XU0087KXXA', 'U3', '分校', '分校', "
						    "1, 0, 0, 'active', 1),"
						    " (" ID("04") ", '91610124XD00048BXH', 'S1', "
								  "'果业', '果业', 0, 1, 0, "
								  "'active', 1)" },
	{ "INSERT INTO unit (organisation, kind, city, region_code, member_count,"
	  " annual_budget_fen)"
	  " SELECT id, '工会', '省直', '610000', 10, 100 FROM organisation WHERE is_unit" },
	{ "INSERT INTO unit_ancestor (hierarchy, ancestor, unit, depth) VALUES"
	  " ('union', " ID("01") ", " ID("01") ", 0), ('union', " ID("02") ", " ID(
		  "02") ", 0),"
			" ('union', " ID("03") ", " ID("03") ", 0), ('union', " ID("01") ", " ID(
				"02") ", 1),"
				      " ('union', " ID("02") ", " ID("03") ", 1), ('union', " ID(
					      "01") ", " ID("03") ", 2)" },
	{ "INSERT INTO supplier (organisation, county, kind, households_assisted) VALUES"
	  " (" ID("04") ", '610124', '合作社', 3)" },
	{ "INSERT INTO authority (organisation, scope) VALUES (" ID("01") ", 'platform')" },
	{ "INSERT INTO user (id, login, name, password_hash, status, created_at) VALUES"
	  " (" ID("11") ", 'buyer', '经办', '$scrypt$', 'active', 1)" },
	{ "INSERT INTO membership VALUES (" ID("11") ", " ID("02") ", 'buyer', 1)" },
	{ "INSERT INTO bank_account VALUES (" ID("21") ", '监管户', '银行', '6100000000000000018',"
						       " 1)" },
	{ "INSERT INTO idempotency (organisation, idempotency_key, digest, status, reply, "
	  "created_at) VALUES"
	  " (" ID("01") ", 'entered', REPEAT('x', 32), 201,"
			" '{\"id\":\"1\",\"number\":\"6100000000000000018\",\"bank\":\"b\"}', 1),"
			" (" ID("01") ", 'another', REPEAT('y', 32), 201, "
				      "'{\"number\":\"400001\"}', 1)" },
	{ "INSERT INTO product VALUES"
	  " (" ID("31") ", " ID("04") ", " ID("41") ", " ID(
		  "41") ", 1, 1),"
			" (" ID("32") ", " ID("04") ", NULL, " ID("42") ", 1, 1)" },
	{ "INSERT INTO sku VALUES (10000001, " ID("31") ", " ID(
		"04") ", 'A-1', 1),"
		      " (10000002, " ID("32") ", " ID("04") ", 'A-2', 1)" },
	{ "INSERT INTO revision (id, product, supplier, state, digest, name, county, category,"
	  " storage, certificates, remark, vat_kind, vat_rate, submitted_at, decided_at) VALUES"
	  " (" ID("41") ", " ID("31") ", " ID(
		  "04") ", 'approved', REPEAT('a', 32), '苹果', '610124',"
			" '0101', '常温', '绿色食品', '', 'exempt', 0, 5, 7),"
			" (" ID("42") ", " ID("32") ", " ID(
				"04") ", 'submitted', REPEAT('b', 32), '梨', '610124',"
				      " '0101', '常温', '', '', 'exempt', 0, 6, NULL)" },
	{ "INSERT INTO revision (id, product, supplier, state, digest, name, county, category,"
	  " storage, certificates, remark, vat_kind, vat_rate, submitted_at)"
	  " VALUES (" ID("43") ", " ID("31") ", " ID(
		  "04") ", 'submitted', REPEAT('c', 32), '洛川苹果', '610124', '0101', '常温',"
			" '绿色食品', '', 'exempt', 0, 8)" },
	{ "INSERT INTO revision_sku (revision, sku, specification, sale_unit, minimum, multiple, "
	  "ladder)"
	  " VALUES (" ID("41") ", 10000001, '5kg', '箱', 2, 2, '2:8240;30:7750'),"
			       " (" ID("42") ", 10000002, '5kg', '箱', 1, 1, '1:6000'),"
					     " (" ID("43") ", 10000001, '5kg', '箱', 2, 2, "
							   "'2:8240;30:7750')" },
	{ "INSERT INTO stock (sku, available, offer, on_sale) VALUES (10000001, 9, 3, 1)" },
	{ "INSERT INTO stock_movement VALUES (" ID("51") ", 10000001, 9, 'set')" },
};

static const struct {
	const char *what;
	struct sql sql;
	int64_t expected;
} after[] = {
	{ "accounts that are sealed and no more in clear",
	  { "SELECT COUNT(*) FROM bank_account WHERE number IS NULL AND number_sealed IS NOT "
	    "NULL" },
	  1 },
	{ "kept answers with the number in clear",
	  { "SELECT COUNT(*) FROM idempotency WHERE INSTR(reply, '6100000000000000018')" },
	  0 },
	{ "kept answers with the masked number, and others as they were",
	  { "SELECT COUNT(*) FROM idempotency WHERE reply IN"
	    " ('{\"id\":\"1\",\"number_masked\":\"6100 **** 0018\",\"bank\":\"b\"}',"
	    "  '{\"number\":\"400001\"}')" },
	  2 },
	{ "places that follow from the closure", { "SELECT COUNT(*) FROM unit_place" }, 3 },
	{ "the branch under the school since ever",
	  { "SELECT COUNT(*) FROM unit_place WHERE unit = " ID("03") " AND parent = " ID(
		  "02") " AND since = '1970-01-01' AND until = '9999-12-31'" },
	  1 },
	{ "a closure without ends",
	  { "SELECT COUNT(*) FROM unit_ancestor WHERE since = '1970-01-01' AND until = "
	    "'9999-12-31'" },
	  6 },
	{ "members who still are",
	  { "SELECT COUNT(*) FROM membership WHERE ended_at IS NULL" },
	  1 },
	{ "goods that are sold at the price of their approved revision, since its approval",
	  { "SELECT COUNT(*) FROM price WHERE sku = 10000001 AND ladder = '2:8240;30:7750'"
	    " AND since = 7 AND reason IS NULL" },
	  1 },
	{ "prices of goods that nobody approved", { "SELECT COUNT(*) FROM price" }, 1 },
	{ "prices at the beginning of their history",
	  { "SELECT COUNT(*) FROM price_change WHERE sku = 10000001 AND unit_price_fen = 8240"
	    " AND at = 7 AND event = " ID("41") },
	  1 },
	{ "whole histories", { "SELECT COUNT(*) FROM price_change" }, 1 },
	{ "revisions that carry the prices and the content that they had",
	  { "SELECT COUNT(*) FROM revision r JOIN revision_sku rs ON rs.revision = r.id"
	    " WHERE rs.ladder IS NOT NULL AND r.version = 1 AND r.digest IN"
	    " (REPEAT('a', 32), REPEAT('b', 32)) AND r.brand = '' AND r.agency = FALSE" },
	  2 },
	{ "revisions that wait at the price in force: they ask for none",
	  { "SELECT COUNT(*) FROM revision r JOIN revision_sku rs ON rs.revision = r.id"
	    " WHERE r.id = " ID("43") " AND r.state = 'submitted' AND rs.ladder IS NULL" },
	  1 },
	{ "offers and stock as they were",
	  { "SELECT COUNT(*) FROM stock s JOIN stock_movement m ON m.sku = s.sku"
	    " WHERE s.available = 9 AND m.quantity = 9 AND s.offer = 3 AND s.on_sale" },
	  1 },
	{ "organisations at their first version",
	  { "SELECT COUNT(*) FROM organisation WHERE version = 1 AND ends_on IS NULL" },
	  4 },
};

static void release_link(struct fixture *f, char *out, size_t size)
{
	char from[512], to[512];

	snprintf(out, size, "%s/released", f->directory);
	assert_int_equal(mkdir(out, 0700), 0);
	for (size_t i = 0; i < COUNT_OF(released); i++) {
		snprintf(from, sizeof(from), "%s/schema/sql/%s", SOURCE_DIR, released[i]);
		snprintf(to, sizeof(to), "%s/%s", out, released[i]);
		assert_int_equal(symlink(from, to), 0);
	}
}

static void fill_as_before(struct fixture *f)
{
	char directory[400];
	size_t applied = 0;

	release_link(f, directory, sizeof(directory));
	assert_int_equal(db_migrate(f->db, directory, &f->log, &applied), OK);
	assert_int_equal(applied, COUNT_OF(released));
	for (size_t i = 0; i < COUNT_OF(before); i++)
		run(f->db, &before[i]);
}

/* As the command `migrate` does. */
static void bring_up_to_date(struct fixture *f)
{
	char data[300];
	char share[] = "XIANGCAI_SHARE=" SOURCE_DIR, level[] = "XIANGCAI_LOG_LEVEL=error";
	char *environment[] = { data, share, level, NULL };
	struct program program = { .arena = arena_new(0) };
	struct buffer faults = { .max = KIB(16) };

	snprintf(data, sizeof(data), "XIANGCAI_DATA=%s", f->directory);
	assert_true(settings_load(NULL, environment, program.arena, &program.settings, &faults));
	assert_true(program_open(&program, NEEDS_DATABASE));
	for (size_t i = 0; i < COUNT_OF(after); i++) {
		int64_t found = number(program.db, &after[i].sql);

		if (found != after[i].expected)
			print_error("%s: %lld\n", after[i].what, (long long)found);
		assert_int_equal(found, after[i].expected);
	}
	buffer_free(&faults);
	program_close(&program);
}

static void old_data_keeps_its_meaning(void **state)
{
	struct fixture *f = *state;

	fill_as_before(f);
	bring_up_to_date(f);
	bring_up_to_date(f); /* again: nothing is done twice */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(old_data_keeps_its_meaning) };

	return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
