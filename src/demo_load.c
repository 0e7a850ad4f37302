/*
 * What stands before any order: organisations in their trees, users of every role, the supervised
 * bank account, the catalogue with as much stock as the planned orders take.
 */
#include "demo.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

/* Authorities of the demonstration: the federation is the platform's, the commission has its
 * hierarchy, a county office its county. */
static const struct {
	const char *code;
	enum scope_kind scope;
	const char *county;
} authorities[] = {
	{ "U00001", SCOPE_PLATFORM, NULL },
	{ "U03551", SCOPE_HIERARCHY, NULL },
	{ "U00459", SCOPE_COUNTY, "610124" },
};

static const struct {
	const char *login, *name, *organisation;
	uint32_t roles;
} users[] = {
	{ "buyer", "采购经办（演示）", "U01628", ROLE_BUYER },
	{ "finance", "单位财务（演示）", "U01628", ROLE_UNIT_FINANCE },
	{ "buyer2", "国企采购经办（演示）", "U03553", ROLE_BUYER | ROLE_UNIT_FINANCE },
	{ "cataloguer", "供应商商品员（演示）", "S0101", ROLE_CATALOGUER },
	{ "dispatcher", "供应商发货员（演示）", "S0101", ROLE_DISPATCHER },
	{ "supplierfinance", "供应商财务（演示）", "S0101", ROLE_SUPPLIER_FINANCE },
	{ "s0116", "供应商 S0116（演示）", "S0116",
	  ROLE_CATALOGUER | ROLE_DISPATCHER | ROLE_SUPPLIER_FINANCE },
	{ "s0176", "供应商 S0176（演示）", "S0176",
	  ROLE_CATALOGUER | ROLE_DISPATCHER | ROLE_SUPPLIER_FINANCE },
	{ "s0236", "供应商 S0236（演示）", "S0236",
	  ROLE_CATALOGUER | ROLE_DISPATCHER | ROLE_SUPPLIER_FINANCE },
	{ "s0256", "供应商 S0256（演示）", "S0256",
	  ROLE_CATALOGUER | ROLE_DISPATCHER | ROLE_SUPPLIER_FINANCE },
	{ "reviewer", "平台审核（演示）", "U00001", ROLE_REVIEWER },
	{ "reconciler1", "平台对账一（演示）", "U00001", ROLE_RECONCILER },
	{ "reconciler2", "平台对账二（演示）", "U00001", ROLE_RECONCILER },
	{ "supervisor", "平台监督（演示）", "U00001", ROLE_SUPERVISOR },
	{ "auditor", "平台审计（演示）", "U00001", ROLE_AUDITOR },
	{ "commission", "国资条线监督（演示）", "U03551", ROLE_SUPERVISOR },
	{ "county", "周至县监督（演示）", "U00459", ROLE_SUPERVISOR | ROLE_REVIEWER },
};
/* Whose name past orders stand in: has no password that could match. */
static const char clerk_login[] = "demo.history";

static const char account_number[] = "6100000000000000018";

void demo_users_print(struct text password)
{
	printf("Demonstration logins, all with the password %.*s:\n", TEXT_FMT(password));
	for (size_t i = 0; i < COUNT_OF(users); i++)
		printf("  %-16s %s  %s\n", users[i].login, users[i].organisation, users[i].name);
}

bool demo_step(struct demo_run *run, const char *doing, struct text key, event_fn *fn, void *arg)
{
	if (program_told_to_end()) {
		fprintf(stderr,
			"xiangcai: demo: told to end; started again, it goes on from here\n");
		return false;
	}
	enum err e = key.at ? run_step(&run->step, key, fn, arg, NULL) : ERR_MEMORY;

	if (e)
		command_failed(doing, e, &run->problems);
	return !e;
}

/* ---- organisations ---- */

static bool organisation_add(struct demo_run *run, struct roster *roster,
			     const struct organisation *organisation)
{
	struct organisation *row = list_add(&roster->organisations, run->arena, sizeof(*row));

	if (row)
		*row = *organisation;
	return row != NULL;
}

static bool suppliers_add(struct demo_run *run, struct roster *roster)
{
	for (size_t i = 0; i < run->data.suppliers.count; i++) {
		struct demo_supplier *from =
			LIST_ITEM(run->data.suppliers, struct demo_supplier, i);
		struct supplier *row = list_add(&roster->suppliers, run->arena, sizeof(*row));

		from->id = id_new(run->step.now);
		if (!row ||
		    !organisation_add(run, roster,
				      &(struct organisation){ .id = from->id,
							      .uscc = from->uscc,
							      .code = from->code,
							      .name = from->name,
							      .short_name = from->short_name,
							      .is_supplier = true,
							      .created_at = run->step.now }))
			return false;
		*row = (struct supplier){ from->id, from->county, from->kind, from->households };
	}
	return true;
}

static const struct demo_unit *unit_of(const struct demo_run *run, const char *code)
{
	for (size_t i = 0; i < run->data.units.count; i++) {
		const struct demo_unit *unit = LIST_ITEM(run->data.units, struct demo_unit, i);

		if (text_is(unit->code, code))
			return unit;
	}
	return NULL;
}

static bool authorities_add(struct demo_run *run, struct roster *roster)
{
	for (size_t i = 0; i < COUNT_OF(authorities); i++) {
		const struct demo_unit *unit = unit_of(run, authorities[i].code);
		struct authority *row = list_add(&roster->authorities, run->arena, sizeof(*row));
		bool of_hierarchy = authorities[i].scope == SCOPE_HIERARCHY;

		if (!unit || !row)
			return false;
		*row = (struct authority){
			.organisation = unit->id,
			.scope = (int32_t)authorities[i].scope,
			.county = text_of(authorities[i].county),
			.hierarchy = of_hierarchy ? HIERARCHY_STATE_ASSETS : SMALL_NONE,
			.root = of_hierarchy ? unit->id : NO_ID,
		};
	}
	return true;
}

static bool is_authority(struct text code)
{
	for (size_t i = 0; i < COUNT_OF(authorities); i++)
		if (text_is(code, authorities[i].code))
			return true;
	return false;
}

static bool units_add(struct demo_run *run, struct roster *roster)
{
	for (size_t i = 0; i < run->data.units.count; i++) {
		struct demo_unit *from = LIST_ITEM(run->data.units, struct demo_unit, i);
		struct unit *row = list_add(&roster->units, run->arena, sizeof(*row));

		from->id = id_new(run->step.now);
		if (!row || !organisation_add(run, roster,
					      &(struct organisation){
						      .id = from->id,
						      .uscc = from->uscc,
						      .code = from->code,
						      .name = from->name,
						      .short_name = from->short_name,
						      .is_unit = true,
						      .is_authority = is_authority(from->code),
						      .created_at = run->step.now }))
			return false;
		*row = (struct unit){ from->id,     from->kind,    from->city,
				      from->region, from->members, from->budget_fen };
	}
	return true;
}

static int unit_by_code(const void *a, const void *b)
{
	return text_compare(((const struct demo_unit *)a)->code,
			    ((const struct demo_unit *)b)->code);
}

static struct id unit_id(const struct demo_run *run, struct text code)
{
	const struct demo_unit key = { .code = code };
	const struct demo_unit *unit =
		bsearch(&key, run->data.units.at, run->data.units.count, sizeof(key), unit_by_code);

	return unit ? unit->id : NO_ID;
}

/* The units stand in order of their codes in the file. */
static bool places_add(struct demo_run *run, struct roster *roster)
{
	size_t count = run->data.places.count;
	struct unit_place *places = arena_take(run->arena, count * sizeof(*places));

	if (!places)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct demo_place *from = LIST_ITEM(run->data.places, struct demo_place, i);

		places[i].hierarchy = word_find(hierarchy_words, from->hierarchy);
		places[i].unit = unit_id(run, from->unit);
		places[i].parent = from->parent.size ? unit_id(run, from->parent) : NO_ID;
	}
	return unit_closure(places, count, &run->problems, &roster->ancestors) == OK;
}

/* Ids as the database has them, whether this run inserted them or an earlier one. */
static bool ids_read(struct demo_run *run)
{
	struct list found = { 0 };

	if (organisation_list(run->step.db, run->arena, &found))
		return false;
	for (size_t i = 0; i < found.count; i++) {
		const struct organisation *row = LIST_ITEM(found, struct organisation, i);
		const struct demo_unit key = { .code = row->code };
		struct demo_unit *unit = bsearch(&key, run->data.units.at, run->data.units.count,
						 sizeof(key), unit_by_code);

		if (unit)
			unit->id = row->id;
		for (size_t k = 0; !unit && k < run->data.suppliers.count; k++) {
			struct demo_supplier *supplier =
				LIST_ITEM(run->data.suppliers, struct demo_supplier, k);

			if (text_equal(supplier->code, row->code))
				supplier->id = row->id;
		}
	}
	return true;
}

bool demo_organisations(struct demo_run *run)
{
	struct roster roster = { 0 };

	if (!suppliers_add(run, &roster) || !units_add(run, &roster) ||
	    !authorities_add(run, &roster) || !places_add(run, &roster)) {
		command_failed("preparing the organisations", ERR_MEMORY, &run->problems);
		return false;
	}
	return demo_step(run, "loading the organisations", TEXT("demo-organisations"),
			 roster_insert, &roster) &&
	       ids_read(run);
}

/* ---- users ---- */

static bool user_add(struct demo_run *run, const char *login, const char *name, const char *code,
		     uint32_t roles, struct text hash)
{
	struct new_user user = { .login = text_of(login),
				 .name = text_of(name),
				 .password_hash = hash,
				 .organisation_code = text_of(code),
				 .roles = roles };

	return demo_step(run, "adding a user", arena_print(run->arena, "demo-user-%s", login),
			 user_insert, &user);
}

bool demo_users(struct demo_run *run, struct text password)
{
	char *hash = arena_take(run->arena, PASSWORD_HASH_SIZE);

	if (!hash || password_hash(password, scrypt_standard, hash))
		return false;
	for (size_t i = 0; i < COUNT_OF(users); i++)
		if (!user_add(run, users[i].login, users[i].name, users[i].organisation,
			      users[i].roles, text_of(hash)))
			return false;
	if (!user_add(run, clerk_login, "历史业务（演示）", "U00001", ROLE_BUYER, TEXT("-")))
		return false;
	return !demo_user_read(run->step.db, clerk_login, &run->clerk.user) &&
	       !demo_user_read(run->step.db, "reconciler1", &run->reconcilers[0]) &&
	       !demo_user_read(run->step.db, "reconciler2", &run->reconcilers[1]);
}

bool demo_bank_account(struct demo_run *run)
{
	struct bank_account account = { .id = id_new(run->step.now),
					.name = TEXT("监管账户（演示）"),
					.bank = TEXT("示例银行西安分行（演示）"),
					.number = text_of(account_number) };
	struct digest index = bank_account_index(run->step.app, account.number);

	return demo_step(run, "adding the bank account", TEXT("demo-bank-account"),
			 bank_account_insert, &account) &&
	       !demo_bank_account_read(run->step.db, index, &run->bank_account);
}

/* ---- catalogue ---- */

/* One in forty is sold out by its orders, one in forty nearly. */
int64_t demo_stock(const struct demo_listing *listing, size_t number)
{
	int64_t left = listing->row.stock;

	if (number % 40 == 7)
		left = 0;
	if (number % 40 == 27)
		left = listing->row.minimum * 3;
	return left + listing->demand;
}

static bool supplier_publish(struct demo_run *run, size_t supplier)
{
	const struct demo_supplier *from =
		LIST_ITEM(run->data.suppliers, struct demo_supplier, supplier);
	struct publication publication = { .supplier = from->id, .approved = true };

	for (size_t i = 0; i < run->data.listings.count; i++) {
		const struct demo_listing *listing =
			LIST_ITEM(run->data.listings, struct demo_listing, i);
		struct catalogue_row *row;

		if (listing->supplier != supplier)
			continue;
		row = list_add(&publication.rows, run->arena, sizeof(*row));
		if (!row)
			return false;
		*row = listing->row;
		if (demo_price_moves(i))
			demo_price_scale(row, DEMO_OLD_PERCENT);
		row->stock = demo_stock(listing, i);
	}
	return !publication.rows.count ||
	       demo_step(run, "publishing a catalogue",
			 arena_print(run->arena, "demo-catalogue-%.*s", TEXT_FMT(from->code)),
			 catalogue_publish, &publication);
}

static int sku_by_code(const void *a, const void *b)
{
	const struct demo_sku *x = a, *y = b;
	int order = id_compare(x->supplier, y->supplier);

	return order ? order : text_compare(x->code, y->code);
}

/* Numbers and offers of what was published. */
static bool skus_read(struct demo_run *run)
{
	struct list skus = { 0 };

	if (demo_skus_read(run->step.db, run->arena, &skus) || !skus.count)
		return false;
	qsort(skus.at, skus.count, sizeof(struct demo_sku), sku_by_code);
	for (size_t i = 0; i < run->data.listings.count; i++) {
		struct demo_listing *listing =
			LIST_ITEM(run->data.listings, struct demo_listing, i);
		const struct demo_sku key = {
			.supplier = LIST_ITEM(run->data.suppliers, struct demo_supplier,
					      listing->supplier)
					    ->id,
			.code = listing->row.code,
		};
		const struct demo_sku *sku =
			bsearch(&key, skus.at, skus.count, sizeof(key), sku_by_code);

		if (!sku)
			return false;
		listing->sku = sku->number;
		listing->offer = sku->offer;
	}
	return true;
}

bool demo_catalogue(struct demo_run *run)
{
	int64_t began = run->step.now;

	for (size_t i = 0; i < run->data.suppliers.count; i++)
		if (!supplier_publish(run, i))
			return false;
	for (size_t i = 0; i < run->data.suppliers.count; i++)
		if (!demo_catalogue_moves(run, i))
			return false;
	run->step.now = began;
	return skus_read(run);
}
