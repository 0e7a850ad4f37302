/*
 * Sales of many years as the totals see them: events of the audit trail with their movements,
 * spread over units, suppliers, counties and days, written by the functions behind an acceptance,
 * and then positioned and folded by the sequencer itself.
 */
#include "bench.h"

#include "modules.h"

enum { LINES_AN_EVENT = 100, EVENTS_A_STEP = 50, DAYS = 4 * 365 };

struct scene {
	struct list units, suppliers;
	int32_t last_day;
	uint64_t random;
	size_t lines; /* of this step */
};

static const char *const categories[] = { "0104", "0201", "0301", "0401" };

/* All lines of one sale: one unit and one day. */
static void sale_fill(struct scene *scene, struct id event, struct id order, struct movement *out,
		      size_t lines)
{
	const struct bench_unit *unit = LIST_ITEM(
		scene->units, struct bench_unit, bench_random(&scene->random) % scene->units.count);
	int32_t day = scene->last_day - (int32_t)(bench_random(&scene->random) % DAYS);

	for (size_t i = 0; i < lines; i++) {
		uint64_t dice = bench_random(&scene->random);
		const struct bench_supplier *supplier = LIST_ITEM(
			scene->suppliers, struct bench_supplier, dice % scene->suppliers.count);
		int64_t quantity = 1 + (int64_t)(dice >> 32) % 50;

		out[i] = (struct movement){
			.event = event,
			.number = (int64_t)i + 1,
			.measure = MEASURE_ACCEPTED,
			.day = day,
			.channel = CHANNEL_ONLINE,
			.supply_order = order,
			.line = (int64_t)i + 1,
			.unit = unit->id,
			.supplier = supplier->id,
			.county = supplier->county,
			.category = text_of(categories[dice >> 24 & 3]),
			.quantity = quantity,
			.fen = quantity * (1000 + (int64_t)(dice >> 40) % 20000),
		};
	}
}

static enum err sales_insert(struct tx *tx, void *arg)
{
	struct scene *scene = arg;
	size_t events = (scene->lines + LINES_AN_EVENT - 1) / LINES_AN_EVENT;
	struct id *ids = arena_take(tx->arena, 2 * events * sizeof(*ids));
	struct audit_note *notes = arena_take(tx->arena, events * sizeof(*notes));
	struct movement *movements = arena_take(tx->arena, scene->lines * sizeof(*movements));

	if (!ids || !notes || !movements)
		return ERR_MEMORY;
	ids_new(tx->now, ids, 2 * events);
	for (size_t i = 0; i < events; i++) {
		size_t first = i * LINES_AN_EVENT;
		size_t lines = scene->lines - first < LINES_AN_EVENT ? scene->lines - first
								     : LINES_AN_EVENT;

		notes[i] = (struct audit_note){ .kind = "bench.sold", .object = ids[events + i] };
		sale_fill(scene, ids[i], ids[events + i], &movements[first], lines);
	}
	enum err e = movements_insert(tx->db, movements, scene->lines);
	return e ? e : audit_many(tx, ids, notes, events);
}

/* Steps of their own, each under its key; what is there already stays, and more comes behind it. */
static enum err sales_add(struct step *step, struct scene *scene, size_t lines)
{
	const size_t whole = LINES_AN_EVENT * EVENTS_A_STEP;
	struct arena *lasting = step->arena;
	struct arena *arena = arena_new(MIB(64));
	enum err e = arena ? OK : ERR_MEMORY;
	int64_t before = 0;

	if (!e)
		e = bench_keys_count(step->db, "step bench-movements-%", &before);
	step->arena = arena;
	for (size_t done = 0, at = (size_t)before; !e && done < lines; done += scene->lines, at++) {
		struct text key = arena_print(arena, "bench-movements-%zu", at);

		scene->random = (uint64_t)at << 32;
		scene->lines = lines - done < whole ? lines - done : whole;
		e = key.at ? run_step(step, key, sales_insert, scene, NULL) : ERR_MEMORY;
		arena_reset(arena);
	}
	step->arena = lasting;
	arena_free(arena);
	return e;
}

enum err bench_movements_run(struct step *step, const struct bench_movements *wanted)
{
	struct scene scene = { .last_day = day_of(clock_now(&step->app->clock)) };

	enum err e = bench_units_read(step->db, step->arena, &scene.units);
	if (!e)
		e = bench_suppliers_read(step->db, step->arena, &scene.suppliers);
	if (!e && (!scene.units.count || !scene.suppliers.count))
		e = ERR_NOT_FOUND;
	if (!e)
		e = sales_add(step, &scene, (size_t)wanted->lines);
	return e ? e : sequence_all(step->app, step->db);
}
