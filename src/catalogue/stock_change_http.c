/*
 * A supplier's stock: as it stands, how it came to that, and changes of one SKU or of many. What is
 * wrong with the shape of a request refuses the whole of it; what is wrong with an item is its own
 * answer.
 */
#include "changes.h"
#include "goods_rules.h"

static const struct field stock_item_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(stock_item, code), .min = 2, .max = 32,
	  .check = sku_code_is_formed, .wrong = ERR_SKU_FORMAT },
	{ "sku", KIND_REF, FIELD_AT(stock_item, sku), .only = OUT, .optional = true },
	{ "available", KIND_INT, FIELD_AT(stock_item, available), .only = IN, .optional = true,
	  .min = 0, .max = STOCK_MAX },
	{ "change", KIND_INT, FIELD_AT(stock_item, change), .only = IN, .optional = true,
	  .min = -STOCK_MAX, .max = STOCK_MAX },
	{ "note", KIND_TEXT, FIELD_AT(stock_item, note), .only = IN, .optional = true,
	  .max = CHANGE_NOTE_MAX, .check = words_are_sound, .wrong = ERR_MARKUP },
	{ "available", KIND_INT, FIELD_AT(stock_item, now), .only = OUT, .optional = true },
	{ "problems", KIND_LIST, FIELD_AT(stock_item, faults), .only = OUT,
	  .of = change_fault_fields, .of_count = CHANGE_FAULT_FIELD_COUNT,
	  .of_size = sizeof(struct change_fault) },
};

const struct field stock_update_fields[] = {
	{ "policy", KIND_WORD, FIELD_AT(stock_update, policy), .words = policy_words },
	{ "applied", KIND_BOOL, FIELD_AT(stock_update, applied), .only = OUT },
	{ "accepted", KIND_INT, FIELD_AT(stock_update, accepted), .only = OUT },
	{ "rejected", KIND_INT, FIELD_AT(stock_update, rejected), .only = OUT },
	{ "items", KIND_LIST, FIELD_AT(stock_update, items), .min = 1, .max = CHANGES_MAX,
	  .of = stock_item_fields, .of_count = COUNT_OF(stock_item_fields),
	  .of_size = sizeof(struct stock_item) },
};
const size_t stock_update_field_count = COUNT_OF(stock_update_fields);

const struct field stock_put_fields[] = {
	{ "available", KIND_INT, FIELD_AT(stock_put, available), .optional = true, .min = 0,
	  .max = STOCK_MAX },
	{ "change", KIND_INT, FIELD_AT(stock_put, change), .optional = true, .min = -STOCK_MAX,
	  .max = STOCK_MAX },
	{ "note", KIND_TEXT, FIELD_AT(stock_put, note), .optional = true, .max = CHANGE_NOTE_MAX,
	  .check = words_are_sound, .wrong = ERR_MARKUP },
};
const size_t stock_put_field_count = COUNT_OF(stock_put_fields);

static const struct field stock_answer_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(stock_put, stock.sku) },
	{ "code", KIND_TEXT, FIELD_AT(stock_put, stock.code) },
	{ "available", KIND_INT, FIELD_AT(stock_put, stock.available) },
	{ "held", KIND_INT, FIELD_AT(stock_put, stock.held) },
	{ "on_sale", KIND_BOOL, FIELD_AT(stock_put, stock.on_sale) },
};

/* ---- one SKU --------------------------------------------------------------------------------- */

static enum err stock_of_path(struct req *rq, struct own_stock *out)
{
	struct text code = req_path_text(rq, "code");

	if (!sku_code_is_formed(code))
		return ERR_NOT_FOUND;
	return own_stock_read(rq->db, rq->actor.organisation, code, rq->arena, out);
}

enum err get_stock(struct req *rq)
{
	struct own_stock stock = { .sku = 0 };
	enum err e = stock_of_path(rq, &stock);

	if (!e)
		e = reply_version(rq, stock.version);
	return e ? e : reply_fields(rq, own_stock_fields, own_stock_field_count, &stock);
}

/* A fault unless just one of the two was given; what could not be read was given. */
static void check_either(struct req *rq, const char *at, int64_t available, int64_t change)
{
	struct arg set = problem_at(&rq->problems, "%s/available", at);
	struct arg by = problem_at(&rq->problems, "%s/change", at);

	if (!set.text.at || !by.text.at)
		return;
	bool has_set = available != INT_NONE || req_faulty(rq, set.text.at);
	bool has_change = change != INT_NONE || req_faulty(rq, by.text.at);
	if (has_set == has_change)
		fail(&rq->problems, ERR_ONE_OF_TWO, set, ARG_TEXT(TEXT("available")),
		     ARG_TEXT(TEXT("change")));
}

enum err put_stock(struct req *rq)
{
	struct stock_put put = { .seen = -1 };

	if (!sku_code_is_formed(req_path_text(rq, "code")))
		return ERR_NOT_FOUND;
	enum err e = json_read_on(rq, stock_put_fields, stock_put_field_count, &put);

	if (!e)
		e = req_version(rq, &put.seen);
	if (e)
		return e;
	check_either(rq, "", put.available, put.change);
	e = req_faults(rq);
	if (!e)
		e = stock_of_path(rq, &put.stock);
	/* with * nobody knows before what version it leaves, and a replay would not know either */
	if (!e && put.seen >= 0)
		e = reply_version(rq, put.seen + 1);
	if (!e)
		e = run_event(rq, stock_put_event, &put, stock_answer_fields,
			      COUNT_OF(stock_answer_fields));
	if (!e)
		view_kick(rq->app);
	return e;
}

/* ---- movements ------------------------------------------------------------------------------- */

static const char workbook_type[] =
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

struct movement_query {
	struct page page;
};
static const struct field movement_query_fields[] = { PAGE_FIELDS(movement_query) };

static const struct movement_column {
	const char *name[2];
} movement_columns[] = {
	{ { "时间", "at" } },
	{ { "数量", "quantity" } },
	{ { "原因", "reason" } },
	{ { "备注", "note" } },
};
static const char *const reason_names[][2] = {
	[MOVEMENT_SET] = { "盘点", "set" },
	[MOVEMENT_RELEASED] = { "订单退回", "released" },
	[MOVEMENT_ADJUSTED] = { "增减", "adjusted" },
};

static enum err movements_csv(struct req *rq, const struct list *movements, struct buffer *out)
{
	buffer_add(out, TEXT("\xef\xbb\xbf"));
	for (size_t i = 0; i < COUNT_OF(movement_columns); i++)
		csv_text(out, !i, text_of(movement_columns[i].name[rq->language]));
	csv_end(out);
	for (size_t i = 0; i < movements->count; i++) {
		const struct own_movement *row = LIST_ITEM(*movements, struct own_movement, i);
		char at[28];

		csv_raw(out, true, instant_format(row->at, at));
		csv_int(out, false, row->quantity);
		csv_text(out, false, text_of(reason_names[row->reason][rq->language]));
		csv_text(out, false, row->note);
		csv_end(out);
	}
	return out->failed ? ERR_MEMORY : OK;
}

static bool movements_write(struct req *rq, FILE *file, const struct list *movements)
{
	struct xlsx *xlsx = xlsx_begin(file, rq->language == ZH ? "库存变动" : "stock-movements");

	for (size_t i = 0; xlsx && i < COUNT_OF(movement_columns); i++)
		xlsx_text(xlsx, text_of(movement_columns[i].name[rq->language]));
	if (xlsx)
		xlsx_row(xlsx);
	for (size_t i = 0; xlsx && i < movements->count; i++) {
		const struct own_movement *row = LIST_ITEM(*movements, struct own_movement, i);
		char at[28];

		xlsx_text(xlsx, instant_format(row->at, at));
		xlsx_int(xlsx, row->quantity);
		xlsx_text(xlsx, text_of(reason_names[row->reason][rq->language]));
		xlsx_text(xlsx, row->note);
		xlsx_row(xlsx);
	}
	return xlsx_end(xlsx) && xlsx;
}

/* A temporary file that cannot be had is the world's fault. */
static enum err movements_xlsx(struct req *rq, const struct list *movements, struct buffer *out)
{
	FILE *file = tmpfile();
	char piece[8192];
	size_t size;

	if (!file)
		return ERR_BUSY;
	bool written = movements_write(rq, file, movements);
	rewind(file);
	while (written && (size = fread(piece, 1, sizeof(piece), file)) > 0)
		buffer_add(out, (struct text){ piece, size });
	fclose(file);
	return !written ? ERR_BUSY : out->failed ? ERR_MEMORY : OK;
}

static enum err movements_export(struct req *rq, int64_t sku, bool workbook)
{
	struct buffer out = { .max = JOB_FILE_SIZE_MAX };
	struct list movements = { 0 };
	const char *type = workbook ? workbook_type : "text/csv";
	enum err e = own_movements(rq->db, sku, NO_ID, SHEET_ROWS_MAX - 1, rq->arena, &movements);

	if (!e)
		e = (workbook ? movements_xlsx : movements_csv)(rq, &movements, &out);
	if (!e)
		e = audit_export(rq, "stock.exported", rq->actor.organisation, type,
				 (int64_t)movements.count);
	if (!e)
		e = reply_header(rq, "Content-Disposition",
				 text_of(workbook
						 ? "attachment; filename=\"stock-movements.xlsx\""
						 : "attachment; filename=\"stock-movements.csv\""));
	if (!e)
		e = reply_body(rq, workbook ? type : "text/csv; charset=utf-8", &out);
	buffer_free(&out);
	return e;
}

static struct text movement_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct own_movement *)row)->event);
}

enum err get_stock_movements(struct req *rq)
{
	struct movement_query query = { 0 };
	struct list movements = { 0 };
	struct id before;
	int64_t sku;
	struct text code = req_path_text(rq, "code");
	enum err e = page_read_id(rq, movement_query_fields, COUNT_OF(movement_query_fields),
				  &query, &before);

	if (!e)
		e = sku_code_is_formed(code) ? own_sku(rq->db, rq->actor.organisation, code, &sku)
					     : ERR_NOT_FOUND;
	if (e)
		return e;
	if (req_prefers(rq, workbook_type))
		return movements_export(rq, sku, true);
	if (req_prefers(rq, "text/csv"))
		return movements_export(rq, sku, false);
	int64_t limit = page_limit(&query.page);
	e = own_movements(rq->db, sku, before, limit + 1, rq->arena, &movements);
	return e ? e
		 : reply_page(rq, own_movement_fields, own_movement_field_count,
			      sizeof(struct own_movement), &movements, limit, movement_cursor);
}

/* ---- many SKUs ------------------------------------------------------------------------------- */

/* Which SKU each item means, and which items mean one that was meant before. */
static enum err items_find(struct req *rq, struct stock_update *update)
{
	size_t count = update->items.count;
	struct value *codes = arena_take(rq->arena, (count + 1) * sizeof(*codes));
	struct list skus = { 0 };

	if (!codes)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		codes[i] = value_text(LIST_ITEM(update->items, struct stock_item, i)->code);
	enum err e = own_skus(rq->db, rq->actor.organisation, codes, count, rq->arena, &skus);
	bool *seen = e ? NULL : arena_take(rq->arena, skus.count + 1);
	if (!seen)
		return e ? e : ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct stock_item *item = LIST_ITEM(update->items, struct stock_item, i);
		size_t at = own_sku_place(&skus, item->code);

		item->sku = at < skus.count ? LIST_ITEM(skus, struct own_sku, at)->sku : INT_NONE;
		item->repeated = at < skus.count && seen[at];
		seen[at] = true;
	}
	return OK;
}

enum err post_stock_update(struct req *rq)
{
	struct stock_update update = { .language = rq->language };
	enum err e = json_read_on(rq, stock_update_fields, stock_update_field_count, &update);

	for (size_t i = 0; i < update.items.count && !e; i++) {
		const struct stock_item *item = LIST_ITEM(update.items, struct stock_item, i);
		char at[32];

		snprintf(at, sizeof(at), "/items/%zu", i);
		check_either(rq, at, item->available, item->change);
	}
	if (!e)
		e = req_faults(rq);
	if (!e)
		e = items_find(rq, &update);
	if (!e)
		e = run_event(rq, stock_update_event, &update, stock_update_fields,
			      stock_update_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}
