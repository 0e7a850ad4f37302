/*
 * Statements over HTTP: runs, lists, one as JSON or as CSV, its lines, the supplier's confirmation,
 * the release.
 */
#include "settlement_private.h"

#include "xiangcai/sheet.h"

struct statement_query {
	struct page page;
	int32_t state;
};
static const struct field page_query_fields[] = { PAGE_FIELDS(statement_query) };
static const struct field list_query_fields[] = {
	PAGE_FIELDS(statement_query),
	{ "state", KIND_WORD, FIELD_AT(statement_query, state), .optional = true,
	  .words = statement_words },
};

/* "2026-10" */
struct run_order {
	struct id supplier;
	struct text month;
};
static const struct field run_fields[] = {
	{ "supplier", KIND_ID, FIELD_AT(run_order, supplier) },
	{ "month", KIND_TEXT, FIELD_AT(run_order, month), .min = 7, .max = 7 },
};

static bool month_parse(struct text t, struct arena *arena, int32_t *out)
{
	return day_parse(arena_print(arena, "%.*s-01", TEXT_FMT(t)), out);
}

/* A supplier outside the scope of the authority is as unknown as one that does not exist. */
static enum err supplier_in_scope(struct req *rq, struct id supplier)
{
	bool covers = true;
	enum err e = OK;

	if (rq->actor.scope.kind != SCOPE_PLATFORM)
		e = scope_covers_supplier(rq->db, &rq->actor.scope, supplier, &covers);
	if (e || covers)
		return e;
	fail(&rq->problems, ERR_UNKNOWN_REFERENCE, AT("/supplier"));
	return ERR_REFUSED;
}

enum err post_statement_run(struct req *rq)
{
	struct run_order order = { 0 };
	struct statement statement = { .held_fen = INT_NONE,
				       .confirmed_at = INT_NONE,
				       .released_at = INT_NONE };
	char id[37];

	enum err e = json_read(rq, run_fields, COUNT_OF(run_fields), &order);
	if (e)
		return e;
	if (!month_parse(order.month, rq->arena, &statement.month)) {
		fail(&rq->problems, ERR_FORMAT, AT("/month"));
		return ERR_REFUSED;
	}
	e = supplier_in_scope(rq, order.supplier);
	if (!e)
		e = numbers_take(rq->app, NUMBER_STATEMENT, 1, &statement.number);
	if (e)
		return e;
	statement.id = id_new(rq->now);
	statement.supplier = order.supplier;
	reply_header(rq, "Location",
		     arena_print(rq->arena, "/api/v1/statements/%.*s",
				 TEXT_FMT(id_format(statement.id, id))));
	return run_event(rq, statement_prepare, &statement, statement_fields,
			 statement_field_count);
}

static struct text statement_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct statement *)row)->id);
}

static struct text statement_line_cursor(struct arena *arena, const void *row)
{
	return page_cursor_number(arena, ((const struct statement_line *)row)->number);
}

enum err get_statements(struct req *rq)
{
	struct statement_query query = { 0 };
	struct list statements = { 0 };
	struct id after;

	enum err e =
		page_read_id(rq, list_query_fields, COUNT_OF(list_query_fields), &query, &after);
	if (e)
		return e;
	e = statements_list(rq->db, &rq->actor, query.state, after, page_limit(&query.page) + 1,
			    rq->arena, &statements);
	if (e)
		return e;
	return reply_page(rq, statement_fields, statement_field_count, sizeof(struct statement),
			  &statements, page_limit(&query.page), statement_cursor);
}

/* The sealed bytes behind a byte order mark, which the seal does not cover. */
static enum err reply_csv(struct req *rq, const struct statement *statement)
{
	struct list lines = { 0 };
	struct buffer csv = { 0 };

	enum err e = statement_lines_read(rq->db, statement->id, 0, INT64_MAX, rq->arena, &lines);
	if (!e)
		e = audit_export(rq, "statement.exported", statement->id, "text/csv",
				 (int64_t)lines.count);
	if (e)
		return e;
	reply_header(rq, "Content-Disposition",
		     arena_print(rq->arena, "attachment; filename=\"statement-%lld.csv\"",
				 (long long)statement->number));
	buffer_add(&csv, TEXT("\xEF\xBB\xBF"));
	statement_csv(&csv, &lines);
	return reply_body(rq, "text/csv; charset=utf-8", &csv);
}

enum err get_statement(struct req *rq)
{
	struct statement statement;

	enum err e =
		statement_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena, &statement);
	if (e)
		return e;
	if (req_prefers(rq, "text/csv"))
		return reply_csv(rq, &statement);
	return reply_fields(rq, statement_fields, statement_field_count, &statement);
}

enum err get_statement_lines(struct req *rq)
{
	struct statement statement;
	struct statement_query query = { 0 };
	struct list lines = { 0 };
	int64_t after;

	enum err e = query_read(rq, page_query_fields, COUNT_OF(page_query_fields), &query);
	if (e)
		return e;
	e = page_after_number(rq, &query.page, &after);
	if (e)
		return e;
	e = statement_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena, &statement);
	if (e)
		return e;
	e = statement_lines_read(rq->db, statement.id, after, page_limit(&query.page) + 1,
				 rq->arena, &lines);
	if (e)
		return e;
	return reply_page(rq, statement_line_fields, statement_line_field_count,
			  sizeof(struct statement_line), &lines, page_limit(&query.page),
			  statement_line_cursor);
}

/* Both actions take an empty object: what they act on stands in the path. */
static enum err post_step(struct req *rq, event_fn *step)
{
	struct statement statement = { 0 };

	enum err e = json_read(rq, NULL, 0, &statement);
	if (e)
		return e;
	statement.id = req_path_id(rq, "id");
	return run_event(rq, step, &statement, statement_fields, statement_field_count);
}

enum err post_statement_confirmation(struct req *rq)
{
	return post_step(rq, statement_confirm);
}

enum err post_statement_release(struct req *rq)
{
	struct statement statement;
	enum err e = OK;

	if (rq->actor.scope.kind != SCOPE_PLATFORM)
		e = statement_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena,
				   &statement);
	return e ? e : post_step(rq, statement_release);
}
