/* What an import's rows do to the catalogue, page by page. */
#include "import_changes.h"

struct changes_query {
	struct page page;
	int32_t outcome;
};
static const char *const outcome_words[] = {
	[OUTCOME_CREATED] = "created",     [OUTCOME_CHANGED] = "changed",
	[OUTCOME_PRICED] = "priced",       [OUTCOME_RESTOCKED] = "restocked",
	[OUTCOME_UNCHANGED] = "unchanged", NULL
};
static const struct field query_fields[] = {
	PAGE_FIELDS(changes_query),
	{ "outcome", KIND_WORD, FIELD_AT(changes_query, outcome), .only = IN, .optional = true,
	  .words = outcome_words },
};

#define OUTCOME(member) FIELD_AT(import_outcome_row, member)
static const struct field shown_fields[] = {
	{ "record", KIND_INT, OUTCOME(record) },
	{ "code", KIND_TEXT, OUTCOME(code) },
	{ "name", KIND_TEXT, OUTCOME(name) },
	{ "created", KIND_BOOL, OUTCOME(created) },
	{ "changed", KIND_BOOL, OUTCOME(changed) },
	{ "priced", KIND_BOOL, OUTCOME(priced) },
	{ "restocked", KIND_BOOL, OUTCOME(restocked) },
	{ "differences", KIND_RAW, OUTCOME(differences) },
};

static struct text change_cursor(struct arena *arena, const void *row)
{
	const struct import_outcome_row *outcome = row;

	return page_cursor_number(arena, outcome->record);
}

/* The stock is known last and stands beside the other differences. */
static enum err stock_join(struct arena *arena, struct import_outcome_row *row)
{
	struct text list = row->differences;

	if (!row->restocked)
		return OK;
	row->differences = arena_print(
		arena, "%.*s%s{\"field\":\"stock\",\"before\":\"%lld\",\"after\":\"%lld\"}]",
		(int)(list.size - 1), list.at, list.size > 2 ? "," : "",
		(long long)row->stock_before, (long long)row->stock_after);
	return row->differences.at ? OK : ERR_MEMORY;
}

enum err get_import_changes(struct req *rq)
{
	struct changes_query query = { .outcome = SMALL_NONE };
	struct outcome_page page = { .limit = 0 };
	struct id import = req_path_id(rq, "id");
	struct list rows = { 0 };
	enum err e = query_read(rq, query_fields, COUNT_OF(query_fields), &query);

	if (!e)
		e = page_after_number(rq, &query.page, &page.after);
	if (!e)
		e = import_is_of(rq->db, import, rq->actor.organisation);
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	page.outcome = query.outcome;
	page.limit = limit + 1;
	e = outcomes_list(rq->db, rq->arena, import, &page, &rows);
	for (size_t i = 0; i < rows.count && !e; i++)
		e = stock_join(rq->arena, LIST_ITEM(rows, struct import_outcome_row, i));
	return e ? e
		 : reply_page(rq, shown_fields, COUNT_OF(shown_fields),
			      sizeof(struct import_outcome_row), &rows, limit, change_cursor);
}
