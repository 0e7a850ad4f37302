/*
 * Bank credits and claims over HTTP, and the table of all routes of settlement.
 */
#include "settlement_private.h"

struct money_query {
	struct page page;
	bool unclaimed;
	struct id purchase_order;
};

static const struct field credit_query_fields[] = {
	PAGE_FIELDS(money_query),
	{ "unclaimed", KIND_BOOL, FIELD_AT(money_query, unclaimed), .optional = true },
};
static const struct field claim_query_fields[] = {
	PAGE_FIELDS(money_query),
	{ "purchase_order", KIND_ID, FIELD_AT(money_query, purchase_order), .optional = true },
};

static struct text credit_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct bank_credit *)row)->id);
}

static struct text claim_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct claim *)row)->id);
}

/* Units see what concerns their own payment codes; authorities, which are of the whole platform
 * here, see all. */
static struct id seen_unit(const struct req *rq)
{
	return rq->actor.roles & (ROLE_RECONCILER | ROLE_AUDITOR) ? NO_ID : rq->actor.organisation;
}

static enum err get_bank_credits(struct req *rq)
{
	struct money_query query = { 0 };
	struct list credits = { 0 };
	struct id after;

	enum err e = page_read_id(rq, credit_query_fields, COUNT_OF(credit_query_fields), &query,
				  &after);
	if (e)
		return e;
	e = bank_credits_list(rq->db, seen_unit(rq), query.unclaimed, after,
			      page_limit(&query.page) + 1, rq->arena, &credits);
	if (e)
		return e;
	return reply_page(rq, bank_credit_fields, bank_credit_field_count,
			  sizeof(struct bank_credit), &credits, page_limit(&query.page),
			  credit_cursor);
}

static enum err post_bank_credit(struct req *rq)
{
	struct bank_credit credit = { 0 };

	enum err e = json_read(rq, bank_credit_fields, bank_credit_field_count, &credit);
	if (e)
		return e;
	credit.id = id_new(rq->now);
	return run_event(rq, bank_credit_enter, &credit, bank_credit_fields,
			 bank_credit_field_count);
}

static enum err get_claims(struct req *rq)
{
	struct money_query query = { 0 };
	struct list claims = { 0 };
	struct id after;

	enum err e =
		page_read_id(rq, claim_query_fields, COUNT_OF(claim_query_fields), &query, &after);
	if (e)
		return e;
	e = claims_list(rq->db, seen_unit(rq), query.purchase_order, after,
			page_limit(&query.page) + 1, rq->arena, &claims);
	if (e)
		return e;
	return reply_page(rq, claim_fields, claim_field_count, sizeof(struct claim), &claims,
			  page_limit(&query.page), claim_cursor);
}

/* A claim that names no parts has them filled in by the event; each run starts from what was sent.
 */
static enum err claim_as_sent(struct tx *tx, void *arg)
{
	struct claim *claim = arg;
	struct claim copy = *claim;

	enum err e = credit_claim(tx, &copy);
	if (!e)
		*claim = copy;
	return e;
}

static enum err post_claim(struct req *rq)
{
	struct claim claim = { 0 };

	enum err e = json_read(rq, claim_fields, claim_field_count, &claim);
	if (e)
		return e;
	claim.id = id_new(rq->now);
	return run_event(rq, claim_as_sent, &claim, claim_fields, claim_field_count);
}

const struct route settlement_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/bank-accounts",
	  .handle = get_bank_accounts,
	  .roles = MAY_SEE_BANK,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/bank-accounts",
	  .handle = post_bank_account,
	  .roles = MAY_KEEP_BANK,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/bank-accounts/{id}",
	  .handle = get_bank_account,
	  .roles = MAY_SEE_BANK,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/bank-accounts/{id}/disclosures",
	  .handle = post_bank_account_disclosure,
	  .roles = MAY_DISCLOSE_BANK,
	  .runs = ON_WORKER,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supplier-accounts",
	  .handle = get_supplier_accounts,
	  .roles = MAY_SEE_SUPPLIER_ACCOUNTS,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/supplier-accounts",
	  .handle = post_supplier_account,
	  .roles = MAY_KEEP_SUPPLIER_ACCOUNTS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supplier-accounts/{id}",
	  .handle = get_supplier_account,
	  .roles = MAY_SEE_SUPPLIER_ACCOUNTS,
	  .runs = ON_WORKER },
	{ .method = HTTP_PATCH,
	  .path = "/api/v1/supplier-accounts/{id}",
	  .handle = patch_supplier_account,
	  .roles = MAY_KEEP_SUPPLIER_ACCOUNTS,
	  .runs = ON_WORKER,
	  .body_max = KIB(16) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/supplier-accounts/{id}/disclosures",
	  .handle = post_supplier_account_disclosure,
	  .roles = MAY_DISCLOSE_SUPPLIER_ACCOUNTS,
	  .runs = ON_WORKER,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/bank-credits",
	  .handle = get_bank_credits,
	  .roles = MAY_SEE_BANK,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/bank-credits",
	  .handle = post_bank_credit,
	  .roles = MAY_KEEP_BANK,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/claims",
	  .handle = get_claims,
	  .roles = MAY_SEE_BANK,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/claims",
	  .handle = post_claim,
	  .roles = MAY_CLAIM_CREDITS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = KIB(64),
	  .success = 201 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/statement-runs",
	  .handle = post_statement_run,
	  .roles = MAY_RUN_STATEMENTS,
	  .key = KEY_REQUIRED,
	  .runs = ON_REPORTS,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/statements",
	  .handle = get_statements,
	  .roles = MAY_SEE_STATEMENTS,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/statements/{id}",
	  .handle = get_statement,
	  .roles = MAY_SEE_STATEMENTS,
	  .runs = ON_REPORTS },
	{ .method = HTTP_GET,
	  .path = "/api/v1/statements/{id}/lines",
	  .handle = get_statement_lines,
	  .roles = MAY_SEE_STATEMENTS,
	  .runs = ON_REPORTS },
	{ .method = HTTP_POST,
	  .path = "/api/v1/statements/{id}/confirmations",
	  .handle = post_statement_confirmation,
	  .roles = MAY_CONFIRM_STATEMENTS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/statements/{id}/releases",
	  .handle = post_statement_release,
	  .roles = MAY_RUN_STATEMENTS,
	  .key = KEY_REQUIRED,
	  .runs = ON_REPORTS,
	  .body_max = KIB(16),
	  .success = 201 },
};
const size_t settlement_route_count = COUNT_OF(settlement_routes);
