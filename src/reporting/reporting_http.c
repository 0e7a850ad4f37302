/*
 * Totals and passports over HTTP. A total waits until everything committed before it was asked has
 * its position; a passport needs no waiting: what it says was settled when it was made.
 */
#include "reporting_private.h"

#include "xiangcai/sheet.h"

struct report {
	struct definition definition;
	struct text scope; /* of the answer */
	struct list rows;  /* of struct total */
	struct total total;
};

static const struct field report_query_fields[] = {
	{ "measure", KIND_WORD, FIELD_AT(report, definition.measure),
	  .words = report_measure_words },
	{ "by", KIND_WORD, FIELD_AT(report, definition.by), .words = by_words },
	{ "from", KIND_DAY, FIELD_AT(report, definition.from), .optional = true },
	{ "to", KIND_DAY, FIELD_AT(report, definition.to), .optional = true },
	{ "channel", KIND_WORD, FIELD_AT(report, definition.channel), .optional = true,
	  .words = channel_words },
};

/* Open ends take in every day that a sale can have. */
static enum err report_read(struct req *rq, struct report *report)
{
	struct definition *definition = &report->definition;

	enum err e = query_read(rq, report_query_fields, COUNT_OF(report_query_fields), report);
	if (e)
		return e;
	if (definition->from == DAY_NONE)
		definition->from = day_make(2000, 1, 1);
	if (definition->to == DAY_NONE)
		definition->to = day_make(2099, 12, 31);
	if (definition->from > definition->to) {
		char from[11];

		fail(&rq->problems, ERR_PERIOD, AT("to"),
		     ARG_TEXT(day_format(definition->from, from)));
		return ERR_REFUSED;
	}
	definition->scope = rq->actor.scope;
	if (definition->scope.kind == SCOPE_NONE)
		return ERR_FORBIDDEN;
	report->scope = scope_text(&definition->scope, rq->arena);
	return OK;
}

/* Every number gets its passport: the report's definition with the row's key. */
static enum err passports_add(struct req *rq, struct report *report)
{
	struct total *total = &report->total;

	for (size_t i = 0; i < report->rows.count; i++) {
		struct total *row = LIST_ITEM(report->rows, struct total, i);
		struct definition definition = report->definition;

		definition.key = row->key;
		row->passport = passport_make(rq->app->keys, &definition, rq->arena);
		if (!row->passport.at)
			return ERR_MEMORY;
		total->movements += row->movements;
		total->quantity += row->quantity;
		total->amount_fen += row->amount_fen;
	}
	total->passport = passport_make(rq->app->keys, &report->definition, rq->arena);
	return total->passport.at ? OK : ERR_MEMORY;
}

static const struct field report_fields[] = {
	{ "measure", KIND_WORD, FIELD_AT(report, definition.measure),
	  .words = report_measure_words },
	{ "by", KIND_WORD, FIELD_AT(report, definition.by), .words = by_words },
	{ "from", KIND_DAY, FIELD_AT(report, definition.from) },
	{ "to", KIND_DAY, FIELD_AT(report, definition.to) },
	{ "channel", KIND_WORD, FIELD_AT(report, definition.channel), .optional = true,
	  .words = channel_words },
	{ "scope", KIND_TEXT, FIELD_AT(report, scope) },
	{ "position", KIND_INT, FIELD_AT(report, definition.position) },
	{ "rows", KIND_LIST, FIELD_AT(report, rows), .of = total_fields, .of_count = 7,
	  .of_size = sizeof(struct total) },
	{ "total", KIND_STRUCT, FIELD_AT(report, total), .of = total_fields, .of_count = 7,
	  .of_size = sizeof(struct total) },
};

static enum err reply_totals_csv(struct req *rq, const struct report *report)
{
	struct buffer csv = { 0 };
	enum err e =
		audit_export(rq, "totals.exported", NO_ID, "text/csv", (int64_t)report->rows.count);

	if (e)
		return e;
	buffer_add(&csv, TEXT("\xEF\xBB\xBFkey,label,movements,quantity,amount_fen,passport\n"));
	for (size_t i = 0; i < report->rows.count; i++) {
		const struct total *row = LIST_ITEM(report->rows, struct total, i);

		csv_raw(&csv, true, row->key);
		csv_text(&csv, false, row->label);
		csv_int(&csv, false, row->movements);
		csv_int(&csv, false, row->quantity);
		csv_int(&csv, false, row->amount_fen);
		csv_raw(&csv, false, row->passport);
		csv_end(&csv);
	}
	return reply_body(rq, "text/csv; charset=utf-8", &csv);
}

static enum err get_totals(struct req *rq)
{
	struct report report = { 0 };

	enum err e = report_read(rq, &report);
	if (e)
		return e;
	e = sequencer_wait(rq);
	if (e)
		return e;
	e = totals_read(rq->db, &report.definition, rq->arena, &report.rows,
			&report.definition.position);
	if (e)
		return e;
	e = passports_add(rq, &report);
	if (e)
		return e;
	if (req_prefers(rq, "text/csv"))
		return reply_totals_csv(rq, &report);
	return reply_fields(rq, report_fields, COUNT_OF(report_fields), &report);
}

/* ---- passports ---- */

static enum err passport_read(struct req *rq, struct definition *definition)
{
	enum err e = passport_open(rq->app->keys, req_path_text(rq, "id"), rq->arena, definition);

	if (e)
		return e;
	return scope_covers(&rq->actor.scope, definition) ? OK : ERR_NOT_FOUND;
}

/* One row of the canonical CSV: what the digest of a passport is made of. */
static void row_csv(struct buffer *out, const struct passport_row *row)
{
	char id[37], day[11];

	csv_int(out, true, row->position);
	csv_int(out, false, row->number);
	csv_raw(out, false, day_format(row->day, day));
	csv_raw(out, false, text_of(word_of(measure_words, row->measure)));
	csv_raw(out, false, text_of(word_of(channel_words, row->channel)));
	csv_raw(out, false, id_format(row->event, id));
	csv_raw(out, false, id_format(row->supply_order, id));
	csv_int(out, false, row->line);
	csv_raw(out, false, id_format(row->unit, id));
	csv_raw(out, false, id_format(row->supplier, id));
	csv_raw(out, false, row->county);
	csv_raw(out, false, row->category);
	csv_int(out, false, row->quantity);
	csv_int(out, false, row->amount_fen);
	csv_end(out);
}

static const struct text csv_head = {
	"position,number,day,measure,channel,event,supply_order,line,"
	"unit,supplier,county,category,quantity,amount_fen\n",
	sizeof("position,number,day,measure,channel,event,supply_order,"
	       "line,unit,supplier,county,category,quantity,"
	       "amount_fen\n") -
		1
};

struct passport {
	struct text id;
	struct definition definition;
	struct text scope;
	int64_t as_of;
	int64_t movements, quantity, amount_fen;
	struct text digest;
	struct sm3_stream *sm3; /* while it is summed */
	struct buffer line;
};

static const struct field passport_fields[] = {
	{ "id", KIND_TEXT, FIELD_AT(passport, id) },
	{ "measure", KIND_WORD, FIELD_AT(passport, definition.measure),
	  .words = report_measure_words },
	{ "by", KIND_WORD, FIELD_AT(passport, definition.by), .words = by_words },
	{ "key", KIND_TEXT, FIELD_AT(passport, definition.key), .optional = true },
	{ "from", KIND_DAY, FIELD_AT(passport, definition.from) },
	{ "to", KIND_DAY, FIELD_AT(passport, definition.to) },
	{ "channel", KIND_WORD, FIELD_AT(passport, definition.channel), .optional = true,
	  .words = channel_words },
	{ "scope", KIND_TEXT, FIELD_AT(passport, scope) },
	{ "position", KIND_INT, FIELD_AT(passport, definition.position) },
	{ "as_of", KIND_INSTANT, FIELD_AT(passport, as_of), .optional = true },
	{ "movements", KIND_INT, FIELD_AT(passport, movements) },
	{ "quantity", KIND_INT, FIELD_AT(passport, quantity) },
	{ "amount_fen", KIND_FEN, FIELD_AT(passport, amount_fen) },
	{ "digest", KIND_BYTES, FIELD_AT(passport, digest) },
};

static enum err sum_row(void *context, void *row)
{
	struct passport *passport = context;
	const struct passport_row *movement = row;

	passport->movements++;
	passport->quantity += movement->quantity;
	passport->amount_fen += movement->amount_fen;
	passport->line.size = 0;
	row_csv(&passport->line, movement);
	sm3_add(passport->sm3, buffer_text(&passport->line));
	return passport->line.failed ? ERR_MEMORY : OK;
}

/* Number, sum and digest of the rows, one at a time: a passport may stand for millions. */
static enum err passport_sum(struct req *rq, struct passport *passport)
{
	passport->sm3 = sm3_begin();
	if (!passport->sm3)
		return ERR_MEMORY;
	sm3_add(passport->sm3, csv_head);
	enum err e =
		passport_rows_each(rq->db, &passport->definition, rq->arena, sum_row, passport);
	struct digest digest = sm3_end(passport->sm3);
	buffer_free(&passport->line);
	passport->digest =
		arena_text(rq->arena, (struct text){ (const char *)digest.bytes, DIGEST_SIZE });
	return e ? e : passport->digest.at ? OK : ERR_MEMORY;
}

static enum err get_passport(struct req *rq)
{
	struct passport passport = { .id = req_path_text(rq, "id") };

	enum err e = passport_read(rq, &passport.definition);
	if (e)
		return e;
	passport.scope = scope_text(&passport.definition.scope, rq->arena);
	e = passport_sum(rq, &passport);
	if (e)
		return e;
	e = position_instant(rq->db, passport.definition.position, &passport.as_of);
	if (e)
		return e;
	return reply_fields(rq, passport_fields, COUNT_OF(passport_fields), &passport);
}

struct rows_query {
	struct page page;
};
static const struct field rows_query_fields[] = { PAGE_FIELDS(rows_query) };

static struct text row_cursor(struct arena *arena, const void *row)
{
	const struct passport_row *last = row;

	return arena_print(arena, "%lld.%lld", (long long)last->position, (long long)last->number);
}

static enum err row_cursor_read(struct req *rq, const struct page *page, int64_t *position,
				int64_t *number)
{
	struct text rest = page->after;

	*position = *number = 0;
	if (!rest.at)
		return OK;
	if (text_to_int(text_cut(&rest, '.'), position) && text_to_int(rest, number) &&
	    *position > 0)
		return OK;
	fail(&rq->problems, ERR_FORMAT, AT("after"));
	return ERR_REFUSED;
}

struct rows_csv {
	struct buffer csv;
	int64_t rows;
};

static enum err add_row_csv(void *context, void *row)
{
	struct rows_csv *file = context;

	row_csv(&file->csv, row);
	file->rows++;
	return file->csv.failed ? ERR_TOO_LARGE : OK;
}

/* The canonical bytes themselves: their SM3 is the passport's digest. */
static enum err reply_rows_csv(struct req *rq, const struct definition *definition)
{
	struct rows_csv file = { 0 };

	buffer_add(&file.csv, csv_head);
	enum err e = passport_rows_each(rq->db, definition, rq->arena, add_row_csv, &file);
	if (!e)
		e = audit_export(rq, "passport.exported", NO_ID, "text/csv", file.rows);
	if (!e)
		return reply_body(rq, "text/csv; charset=utf-8", &file.csv);
	buffer_free(&file.csv);
	return e;
}

static enum err get_passport_rows(struct req *rq)
{
	struct definition definition;
	struct rows_query query = { 0 };
	struct list rows = { 0 };
	int64_t after_position, after_number;

	enum err e = query_read(rq, rows_query_fields, COUNT_OF(rows_query_fields), &query);
	if (e)
		return e;
	e = row_cursor_read(rq, &query.page, &after_position, &after_number);
	if (e)
		return e;
	e = passport_read(rq, &definition);
	if (e)
		return e;
	if (req_prefers(rq, "text/csv"))
		return reply_rows_csv(rq, &definition);
	e = passport_rows_list(rq->db, &definition, after_position, after_number,
			       page_limit(&query.page) + 1, rq->arena, &rows);
	if (e)
		return e;
	return reply_page(rq, passport_row_fields, passport_row_field_count,
			  sizeof(struct passport_row), &rows, page_limit(&query.page), row_cursor);
}

const struct route reporting_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/reports/totals",
	  .rate = RATE_REPORT,
	  .handle = get_totals,
	  .roles = MAY_SEE_TOTALS,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/passports/{id:word}",
	  .handle = get_passport,
	  .roles = MAY_SEE_TOTALS,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/passports/{id:word}/rows",
	  .rate = RATE_REPORT,
	  .handle = get_passport_rows,
	  .roles = MAY_SEE_TOTALS,
	  .runs = ON_REPORTS },
};
const size_t reporting_route_count = COUNT_OF(reporting_routes);
