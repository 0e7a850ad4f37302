/*
 * Accounts over HTTP. Every answer shows a number masked; whoever needs it in the clear says why,
 * and that stands in the audit trail.
 */
#include "settlement_private.h"

/* ---- supervised accounts ---- */

struct accounts_answer {
	struct list items; /* of struct bank_account */
};

enum err get_bank_accounts(struct req *rq)
{
	const struct field fields[] = {
		{ "items", KIND_LIST, FIELD_AT(accounts_answer, items), .of = bank_account_fields,
		  .of_count = bank_account_field_count, .of_size = sizeof(struct bank_account) },
	};
	struct accounts_answer answer = { 0 };

	enum err e = bank_accounts_list(rq->db, rq->arena, &answer.items);
	for (size_t i = 0; i < answer.items.count && !e; i++)
		e = bank_account_show(rq->app->keys, rq->arena,
				      LIST_ITEM(answer.items, struct bank_account, i), NULL);
	return e ? e : reply_fields(rq, fields, COUNT_OF(fields), &answer);
}

enum err get_bank_account(struct req *rq)
{
	struct bank_account account;

	enum err e = bank_account_read(rq->db, req_path_id(rq, "id"), rq->arena, &account);
	if (!e)
		e = bank_account_show(rq->app->keys, rq->arena, &account, NULL);
	if (e)
		return e;
	return reply_fields(rq, bank_account_fields, bank_account_field_count, &account);
}

enum err post_bank_account(struct req *rq)
{
	struct bank_account account = { 0 };

	enum err e = json_read(rq, bank_account_fields, bank_account_field_count, &account);
	if (e)
		return e;
	account.id = id_new(rq->now);
	return run_event(rq, bank_account_insert, &account, bank_account_fields,
			 bank_account_field_count);
}

/* ---- accounts of suppliers ---- */

struct page_query {
	struct page page;
};
static const struct field page_fields[] = { PAGE_FIELDS(page_query) };

static struct text account_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct supplier_account *)row)->id);
}

enum err get_supplier_accounts(struct req *rq)
{
	struct page_query query = { 0 };
	struct list accounts = { 0 };
	struct id after;

	enum err e = page_read_id(rq, page_fields, COUNT_OF(page_fields), &query, &after);
	if (!e)
		e = supplier_accounts_list(rq->db, &rq->actor, after, page_limit(&query.page) + 1,
					   rq->arena, &accounts);
	for (size_t i = 0; i < accounts.count && !e; i++)
		e = supplier_account_show(rq->app->keys, rq->arena,
					  LIST_ITEM(accounts, struct supplier_account, i), NULL);
	if (e)
		return e;
	return reply_page(rq, supplier_account_fields, supplier_account_field_count,
			  sizeof(struct supplier_account), &accounts, page_limit(&query.page),
			  account_cursor);
}

enum err get_supplier_account(struct req *rq)
{
	struct supplier_account account;

	enum err e = supplier_account_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena,
					   &account);
	if (!e)
		e = supplier_account_show(rq->app->keys, rq->arena, &account, NULL);
	if (!e)
		e = reply_version(rq, account.version);
	if (e)
		return e;
	return reply_fields(rq, supplier_account_fields, supplier_account_field_count, &account);
}

enum err post_supplier_account(struct req *rq)
{
	struct supplier_account account = { 0 };

	enum err e = json_read(rq, supplier_account_fields, supplier_account_field_count, &account);
	if (e)
		return e;
	account.id = id_new(rq->now);
	return run_event(rq, supplier_account_insert, &account, supplier_account_fields,
			 supplier_account_field_count);
}

static const struct field change_fields[] = {
	{ "holder", KIND_TEXT, FIELD_AT(supplier_account, holder), .optional = true, .min = 1,
	  .max = 120 },
	{ "bank", KIND_TEXT, FIELD_AT(supplier_account, bank), .optional = true, .min = 1,
	  .max = 120 },
	{ "number", KIND_TEXT, FIELD_AT(supplier_account, number), .optional = true, .secret = true,
	  .min = 8, .max = 34, .check = is_account_number },
};

/* A change fills in what was left out; each run starts from what was sent. */
static enum err change_as_sent(struct tx *tx, void *arg)
{
	struct supplier_account *account = arg;
	struct supplier_account copy = *account;

	enum err e = supplier_account_change(tx, &copy);
	if (!e)
		*account = copy;
	return e;
}

enum err patch_supplier_account(struct req *rq)
{
	struct supplier_account account = { 0 };

	enum err e = json_read(rq, change_fields, COUNT_OF(change_fields), &account);
	if (e)
		return e;
	account.id = req_path_id(rq, "id");
	e = req_version(rq, &account.version);
	if (e)
		return e;
	return run_event(rq, change_as_sent, &account, supplier_account_fields,
			 supplier_account_field_count);
}

/* ---- in the clear ---- */

static const struct field disclosure_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(account_disclosure, reason), .only = IN, .min = 2,
	  .max = 200 },
	{ "number", KIND_TEXT, FIELD_AT(account_disclosure, number), .only = OUT, .secret = true },
	{ "disclosed_at", KIND_INSTANT, FIELD_AT(account_disclosure, disclosed_at), .only = OUT },
};

/* The reply is made after the event, without fields: nothing of it is kept for a repetition, which
 * would be a disclosure that nobody wrote down. */
static enum err disclose(struct req *rq, event_fn *event)
{
	struct account_disclosure disclosure = { 0 };

	enum err e = json_read(rq, disclosure_fields, COUNT_OF(disclosure_fields), &disclosure);
	if (e)
		return e;
	disclosure.account = req_path_id(rq, "id");
	rq->key = NO_TEXT;
	e = run_event(rq, event, &disclosure, NULL, 0);
	if (e)
		return e;
	return reply_fields(rq, disclosure_fields, COUNT_OF(disclosure_fields), &disclosure);
}

enum err post_bank_account_disclosure(struct req *rq)
{
	return disclose(rq, bank_account_disclose);
}

enum err post_supplier_account_disclosure(struct req *rq)
{
	return disclose(rq, supplier_account_disclose);
}
