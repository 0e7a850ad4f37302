/*
 * The builder's eye on the database. A look asks how many events were committed; when there are
 * more than before it reads, in one snapshot, which ones it has not seen and what they touched, and
 * reads those products again: what one event did is seen whole or not at all. It reads the whole
 * shop at first, when a business day begins, when names of counties or categories moved, and when
 * too much moved at once.
 *
 * Events are told apart by position, and those without one by their ids, for they are seen before
 * the sequencer places them. Every process follows by itself, so that all see the same.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_ARENA = 1024 * 1024 * 1024 };
/* Above so many events or products all is read: it takes no longer. */
enum { EVENTS_MAX = 20000, PRODUCTS_MAX = 20000 };
enum { SALES_DAYS = 90 };
/* A look takes at most one part in LOOK_SHARE of the builder's time, unless that would put the next
 * one off beyond LOOK_SOON_US: a commit shall be seen within 200 ms. */
enum { LOOK_SHARE = 8, LOOK_SOON_US = 100000 };

/* What the builder knows; it goes on from view to view, and only the builder looks at it. */
struct view_watch {
	atomic_size_t references;
	const struct catalogue_view *view; /* the newest that it was told of */
	int64_t position, count;
	struct id *done; /* events without a position that were followed, ascending */
	size_t done_count;
	int32_t today;
	bool sales_known;
	struct sales sales;
	int64_t next_look; /* by clock_monotonic */
};

/* ---- the watch ------------------------------------------------------------------------------- */

static struct view_watch *watch_new(void)
{
	struct view_watch *watch = memory_take(sizeof(*watch));

	if (watch)
		atomic_init(&watch->references, 1);
	return watch;
}

void watch_drop(struct view_watch *watch)
{
	if (!watch || atomic_fetch_sub(&watch->references, 1) != 1)
		return;
	sales_free(&watch->sales);
	memory_free(watch->done);
	memory_free(watch);
}

int64_t watch_next(const struct catalogue_view *view)
{
	return view->watch->next_look;
}

static void watch_give(struct view_watch *watch, struct catalogue_view *view)
{
	if (watch->view == view)
		return;
	atomic_fetch_add(&watch->references, 1);
	view->watch = watch;
	watch->view = view;
}

static int id_order(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	return id_compare(*x, *y);
}

static bool is_done(const struct view_watch *watch, struct id event)
{
	return watch->done_count &&
	       bsearch(&event, watch->done, watch->done_count, sizeof(event), id_order);
}

/* ---- one look -------------------------------------------------------------------------------- */

struct looking {
	struct db *db;
	struct arena *arena;
	const struct catalogue_view *old;
	struct view_watch *watch;
	int32_t today;
	int64_t position, count;
	struct list events;   /* of struct seen_event: all behind the watch's position */
	struct list touches;  /* of struct touch: what the new ones touched */
	struct list products; /* of struct id, ascending, each once */
	bool all;             /* the whole shop must be read */
};

/* What an event's kind says beyond the rows that bear its id. */
static const struct {
	const char *prefix;
	bool all;
	enum touch_kind touches;
} kinds[] = {
	{ "category.", true, 0 },
	{ "county.", true, 0 },
	{ "region.", true, 0 },
	{ "reference.", true, 0 },
	{ "roster.", true, 0 },
	{ "organisation.", false, TOUCH_SUPPLIERS },
	{ "supplier.", false, TOUCH_SUPPLIERS },
	{ "image.", false, TOUCH_IMAGES },
};

static enum err key_add(struct looking *l, struct list *keys, struct id id)
{
	struct value *key = list_add(keys, l->arena, sizeof(*key));

	if (!key)
		return ERR_MEMORY;
	*key = value_id(id);
	return OK;
}

static enum err sort_event(struct looking *l, const struct seen_event *event,
			   struct list keys[TOUCH_IMAGES + 1])
{
	enum err e = key_add(l, &keys[TOUCH_OFFERS], event->event);

	for (size_t i = 0; i < COUNT_OF(kinds) && !e; i++) {
		if (!text_starts(event->kind, kinds[i].prefix))
			continue;
		l->all = l->all || kinds[i].all;
		if (!kinds[i].all && !id_is_none(event->object))
			e = key_add(l, &keys[kinds[i].touches], event->object);
	}
	return e;
}

/* The touches of the events that are new; all events bear offers, stock and orders alike. */
static enum err read_touches(struct looking *l)
{
	struct list keys[TOUCH_IMAGES + 1] = { { 0 } };
	enum err e = OK;

	for (size_t i = 0; i < l->events.count && !e; i++) {
		const struct seen_event *event = LIST_ITEM(l->events, struct seen_event, i);

		if (!is_done(l->watch, event->event))
			e = sort_event(l, event, keys);
	}
	keys[TOUCH_STOCK] = keys[TOUCH_ORDERS] = keys[TOUCH_OFFERS];
	for (int kind = 0; kind <= TOUCH_IMAGES && !e; kind++)
		e = touches_read(l->db, (enum touch_kind)kind, keys[kind].at, keys[kind].count,
				 l->arena, &l->touches);
	return e;
}

/* A SKU that came over to another product touches the one too that it is still shown in. */
static enum err list_products(struct looking *l)
{
	struct id *all = arena_take(l->arena, (2 * l->touches.count + 1) * sizeof(*all));
	size_t named = 0, count = 0;

	if (!all)
		return ERR_MEMORY;
	for (size_t i = 0; i < l->touches.count; i++) {
		const struct touch *touch = LIST_ITEM(l->touches, struct touch, i);
		const struct terms *shown = view_terms(l->old, touch->sku);

		all[named++] = touch->product;
		if (shown && !id_equal(shown->product, touch->product))
			all[named++] = shown->product;
	}
	qsort(all, named, sizeof(*all), id_order);
	for (size_t i = 0; i < named; i++)
		if (!count || !id_equal(all[i], all[count - 1]))
			all[count++] = all[i];
	l->products = (struct list){ all, count, count };
	l->all = l->all || count > PRODUCTS_MAX;
	return OK;
}

/* What happened since; of a watch that begins only where it stands now. */
static enum err read_events(struct looking *l)
{
	int64_t behind = l->all ? INT64_MAX : l->watch->position;
	enum err e = position_read(l->db, &l->position);

	if (!e)
		e = events_read(l->db, behind, EVENTS_MAX + 1, l->arena, &l->events);
	if (e || l->all)
		return e;
	if (l->events.count > EVENTS_MAX) {
		l->all = true;
		l->events = (struct list){ 0 };
		return events_read(l->db, INT64_MAX, INT64_MAX, l->arena, &l->events);
	}
	e = read_touches(l);
	return e ? e : list_products(l);
}

/* ---- the new view ---------------------------------------------------------------------------- */

static enum err read_some(void *context, const struct id *products, size_t count,
			  struct arena *arena, struct shop *out)
{
	const struct looking *l = context;

	return shop_read_products(l->db, l->today, products, count, arena, out);
}

/* The whole shop: read in the snapshot, made after it. */
static struct catalogue_view *make_all(struct looking *l, enum err *e)
{
	struct shop shop = { 0 };
	struct catalogue_view *view = NULL;

	l->all = true;
	*e = shop_read(l->db, l->today, l->arena, &shop);
	if (!*e)
		view = view_make(&shop, &l->watch->sales, e);
	return view;
}

static enum err add_sales(struct looking *l)
{
	enum err e = OK;

	for (size_t i = 0; i < l->touches.count && !e && l->watch->sales_known; i++) {
		const struct touch *touch = LIST_ITEM(l->touches, struct touch, i);

		if (touch->pieces)
			e = sales_add(&l->watch->sales, touch->sku, touch->pieces);
	}
	return e;
}

static struct catalogue_view *make(struct looking *l, enum err *e)
{
	const struct shop_reader reader = { read_some, l };
	struct catalogue_view *view = NULL;

	if (!l->all && !l->products.count)
		return (struct catalogue_view *)(uintptr_t)l->old;
	if (!l->all) {
		*e = add_sales(l);
		if (!*e)
			view = view_follow(l->old, l->products.at, l->products.count, &reader,
					   &l->watch->sales, e);
	}
	return view || *e ? view : make_all(l, e);
}

/* The events without a position are followed now; those that have one lie behind. */
static enum err remember(struct looking *l)
{
	struct view_watch *watch = l->watch;
	struct id *done = memory_take((l->events.count + 1) * sizeof(*done));
	size_t count = 0;

	if (!done)
		return ERR_MEMORY;
	for (size_t i = 0; i < l->events.count; i++) {
		const struct seen_event *event = LIST_ITEM(l->events, struct seen_event, i);

		if (event->waits)
			done[count++] = event->event;
	}
	qsort(done, count, sizeof(*done), id_order);
	memory_free(watch->done);
	watch->done = done;
	watch->done_count = count;
	watch->position = l->position;
	watch->count = l->count;
	watch->today = l->today;
	return OK;
}

/* Sales of the last days come after the first view, which nobody shall wait for. */
static struct catalogue_view *look_at_sales(struct looking *l, struct catalogue_view *view,
					    enum err *e)
{
	struct sales sales = { 0 };

	*e = sales_read(l->db, day_start(l->today - SALES_DAYS + 1), &sales);
	if (*e) {
		sales_free(&sales);
		return NULL;
	}
	sales_free(&l->watch->sales);
	l->watch->sales = sales;
	l->watch->sales_known = true;
	return view_resell(view, &l->watch->sales, e);
}

static struct catalogue_view *look_in_snapshot(struct looking *l, enum err *e)
{
	struct catalogue_view *view, *sold;

	*e = read_events(l);
	view = *e ? NULL : make(l, e);
	if (view && l->old && (l->all || !l->watch->sales_known || l->watch->today != l->today)) {
		sold = look_at_sales(l, view, e);
		if (view != l->old && view != sold)
			view_drop(view);
		view = sold;
	}
	if (view && !*e)
		*e = remember(l);
	if (!*e)
		return view;
	if (view != l->old)
		view_drop(view);
	return NULL;
}

static struct catalogue_view *look(struct looking *l, enum err *e)
{
	struct catalogue_view *view;

	*e = db_begin_snapshot(l->db);
	if (*e)
		return NULL;
	view = look_in_snapshot(l, e);
	db_rollback(l->db);
	return view;
}

/* ---- the face -------------------------------------------------------------------------------- */

static int64_t pause_after(int64_t took)
{
	int64_t pause = (LOOK_SHARE - 1) * took;

	return pause < LOOK_SOON_US ? pause : LOOK_SOON_US;
}

/*
 * A look that failed may have counted sales that its successor counts again: the whole shop is due
 * then, as it is when a view was given that nobody took.
 */
static const struct catalogue_view *look_again(struct looking *l, enum err *e)
{
	int64_t begun = clock_monotonic();
	struct catalogue_view *view = look(l, e);

	if (*e) {
		l->watch->view = NULL;
		l->watch->sales_known = false;
		return NULL;
	}
	watch_give(l->watch, view);
	l->watch->next_look = clock_monotonic() + pause_after(clock_monotonic() - begun);
	return view;
}

static const void *look_from(struct looking *l, enum err *e)
{
	bool is_first = !l->watch;
	const void *view;

	if (is_first)
		l->watch = watch_new();
	if (!l->watch)
		return NULL;
	l->all = is_first || l->watch->view != l->old || l->watch->today != l->today;
	*e = events_count(l->db, &l->count);
	if (*e || (!l->all && l->count == l->watch->count && l->watch->sales_known))
		view = *e ? NULL : l->old;
	else
		view = look_again(l, e);
	if (is_first)
		watch_drop(l->watch);
	return view;
}

const void *view_look(struct app *app, struct db *db, const void *old, enum err *e)
{
	struct looking l = {
		.db = db,
		.old = old,
		.watch = old ? ((const struct catalogue_view *)old)->watch : NULL,
		.today = day_of(clock_now(&app->clock)),
	};
	const void *view;

	*e = OK;
	if (old && clock_monotonic() < l.watch->next_look)
		return old;
	l.arena = arena_new(LOOK_ARENA);
	*e = ERR_MEMORY;
	view = l.arena ? look_from(&l, e) : NULL;
	arena_free(l.arena);
	if (l.all)
		memory_give_back();
	return view;
}

const struct view_source catalogue_view_source = { .build = view_look, .release = view_release };
