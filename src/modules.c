/*
 * Where the modules meet: each has its row in the tables below, and nothing else of the program
 * names them all.
 */
#include "modules.h"

#include <string.h>

#include "docs.h"
#include "sealed.h"
#include "stored.h"
#include "xiangcai/import.h"
#include "xiangcai/media.h"

static const struct module {
	const struct route *routes;
	const size_t *count;
} modules[] = {
	{ run_routes, &run_route_count },
	{ identity_routes, &identity_route_count },
	{ roster_routes, &roster_route_count },
	{ member_routes, &member_route_count },
	{ media_routes, &media_route_count },
	{ catalogue_routes, &catalogue_route_count },
	{ ledger_routes, &ledger_route_count },
	{ ordering_routes, &ordering_route_count },
	{ fulfilment_routes, &fulfilment_route_count },
	{ settlement_routes, &settlement_route_count },
	{ reporting_routes, &reporting_route_count },
	{ organisation_routes, &organisation_route_count },
	{ application_routes, &application_route_count },
	{ licence_routes, &licence_route_count },
	{ notify_routes, &notify_route_count },
	{ trail_routes, &trail_route_count },
	{ docs_routes, &docs_route_count },
};
_Static_assert(COUNT_OF(modules) <= ROUTE_TABLES_MAX, "room for every module's routes");

const struct module_check program_checks[] = {
	{ "audit", audit_verify },           { "identity", identity_verify },
	{ "catalogue", catalogue_verify },   { "ledger", ledger_verify },
	{ "ordering", ordering_verify },     { "fulfilment", fulfilment_verify },
	{ "settlement", settlement_verify }, { "sealed", sealed_verify },
	{ "files", stored_verify },
};
const size_t program_check_count = COUNT_OF(program_checks);

/* ---- jobs ---- */

static const struct module_jobs {
	const struct job_kind *jobs;
	const size_t *count;
} module_jobs[] = {
	{ daily_jobs, &daily_job_count },         { media_jobs, &media_job_count },
	{ catalogue_jobs, &catalogue_job_count }, { roster_jobs, &roster_job_count },
	{ trail_jobs, &trail_job_count },
};

static size_t jobs_collect(struct job_kind *out)
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(module_jobs); i++)
		for (size_t j = 0; j < *module_jobs[i].count; j++) {
			assert(count < JOB_KINDS_MAX);
			out[count++] = module_jobs[i].jobs[j];
		}
	return count;
}

/* ---- what is sealed, and what was not yet ---- */

const struct sealed_table sealed_tables[] = {
	{ identity_sealed, &identity_sealed_count },
	{ settlement_sealed, &settlement_sealed_count },
};
const size_t sealed_table_count = COUNT_OF(sealed_tables);

enum err convert_all(struct app *app, struct db *db, struct arena *arena)
{
	return settlement_convert(app, db, arena);
}

/* ---- consequences ---- */

/* Goods first: who is told of something finds it done. */
static const struct consequence goods_consequences[] = {
	{ "supplier.suspended", supplier_goods_follow },
	{ "supplier.resumed", supplier_goods_follow },
	{ "supplier.ended", supplier_goods_follow },
};

static size_t consequences_collect(struct consequence *out)
{
	size_t count = COUNT_OF(goods_consequences) + notify_consequence_count;

	assert(count <= CONSEQUENCES_MAX);
	memcpy(out, goods_consequences, sizeof(goods_consequences));
	memcpy(out + COUNT_OF(goods_consequences), notify_consequences,
	       notify_consequence_count * sizeof(*out));
	return count;
}

/* ---- the daily run, behind the steps of identity ---- */

static const struct day_step day_steps[] = {
	{ "goods", goods_day },
};

/* ---- leased loops ---- */

static enum err sequence(struct app *app, struct db *db, struct arena *arena,
			 const struct lease *lease, bool *more)
{
	return sequencer_turn(app, db, arena, lease, ledger_folds, ledger_fold_count, more);
}

enum err sequence_all(struct app *app, struct db *db)
{
	return sequencer_drain(app, db, ledger_folds, ledger_fold_count);
}

static const struct leased_loop loops[] = {
	{ .name = sequencer_name, .period_us = SECOND_US / 20, .turn = sequence },
	{ .name = sealer_name, .period_us = SEALER_PERIOD_S * SECOND_US, .turn = sealer_turn },
	{ .name = offers_loop_name, .period_us = 3600 * SECOND_US, .turn = offers_turn },
	{ .name = prices_loop_name, .period_us = SECOND_US, .turn = prices_turn },
	{ .name = pictures_loop_name, .period_us = 3600 * SECOND_US, .turn = pictures_turn },
	{ .name = imports_loop_name, .period_us = 3600 * SECOND_US, .turn = imports_turn },
	{ .name = "daily", .period_us = 60 * SECOND_US, .turn = daily_turn },
	{ .name = "keys", .period_us = 3600 * SECOND_US, .turn = keys_turn },
	{ .name = "logins", .period_us = 3600 * SECOND_US, .turn = logins_turn },
};

/* ---- the assembly ---- */

void assembly_make(struct assembly *out)
{
	for (size_t i = 0; i < COUNT_OF(modules); i++)
		out->tables[i] = (struct route_table){ modules[i].routes, *modules[i].count };
	out->hooks = (struct hooks){ .tables = out->tables,
				     .table_count = COUNT_OF(modules),
				     .authenticate = authenticate,
				     .desk = order_desk,
				     .view = catalogue_view_source,
				     .consequences = out->consequences,
				     .consequence_count = consequences_collect(out->consequences),
				     .jobs = out->jobs,
				     .job_count = jobs_collect(out->jobs),
				     .loops = loops,
				     .loop_count = COUNT_OF(loops),
				     .day_steps = day_steps,
				     .day_step_count = COUNT_OF(day_steps) };
}
