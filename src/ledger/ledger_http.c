/*
 * The books, for those who reconcile and audit: journals with their entries, accounts with their
 * balances, the trial balance.
 */
#include "ledger_private.h"

struct books_query {
	struct page page;
	struct id supply_order;
	int32_t kind;
};

static const struct field journals_query_fields[] = {
	PAGE_FIELDS(books_query),
	{ "supply_order", KIND_ID, FIELD_AT(books_query, supply_order), .optional = true },
};
static const struct field accounts_query_fields[] = {
	PAGE_FIELDS(books_query),
	{ "kind", KIND_WORD, FIELD_AT(books_query, kind), .words = account_words },
};

struct trial_balance {
	struct list accounts;   /* of struct trial_row */
	int64_t difference_fen; /* zero in a sound ledger */
};
static struct text journal_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct journal_row *)row)->id);
}

static struct text account_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct account_row *)row)->owner);
}

static enum err get_journals(struct req *rq)
{
	struct books_query query = { 0 };
	struct list journals = { 0 };
	struct id after;

	enum err e = page_read_id(rq, journals_query_fields, COUNT_OF(journals_query_fields),
				  &query, &after);
	if (e)
		return e;
	e = journals_list(rq->db, query.supply_order, after, page_limit(&query.page) + 1, rq->arena,
			  &journals);
	if (e)
		return e;
	return reply_page(rq, journal_fields, journal_field_count, sizeof(struct journal_row),
			  &journals, page_limit(&query.page), journal_cursor);
}

static enum err get_accounts(struct req *rq)
{
	struct books_query query = { 0 };
	struct list accounts = { 0 };
	struct id after;

	enum err e = page_read_id(rq, accounts_query_fields, COUNT_OF(accounts_query_fields),
				  &query, &after);
	if (e)
		return e;
	e = accounts_list(rq->db, query.kind, after, page_limit(&query.page) + 1, rq->arena,
			  &accounts);
	if (e)
		return e;
	return reply_page(rq, account_fields, account_field_count, sizeof(struct account_row),
			  &accounts, page_limit(&query.page), account_cursor);
}

static enum err get_trial_balance(struct req *rq)
{
	struct trial_balance balance = { 0 };
	const struct field fields[] = {
		{ "accounts", KIND_LIST, FIELD_AT(trial_balance, accounts), .of = trial_fields,
		  .of_count = trial_field_count, .of_size = sizeof(struct trial_row) },
		{ "difference_fen", KIND_FEN, FIELD_AT(trial_balance, difference_fen) },
	};

	enum err e = trial_balance_read(rq->db, rq->arena, &balance.accounts);
	if (e)
		return e;
	for (size_t i = 0; i < balance.accounts.count; i++)
		balance.difference_fen +=
			LIST_ITEM(balance.accounts, struct trial_row, i)->balance_fen;
	return reply_fields(rq, fields, COUNT_OF(fields), &balance);
}

const struct route ledger_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/ledger/journals",
	  .handle = get_journals,
	  .roles = MAY_SEE_LEDGER,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/ledger/accounts",
	  .handle = get_accounts,
	  .roles = MAY_SEE_LEDGER,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/ledger/trial-balance",
	  .handle = get_trial_balance,
	  .roles = MAY_SEE_LEDGER,
	  .runs = ON_REPORTS },
};
const size_t ledger_route_count = COUNT_OF(ledger_routes);
