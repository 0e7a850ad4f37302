/*
 * Writing products over HTTP. One answer names every fault: those of the body's shape, those of the
 * rules, and what the database knows of files, pictures, codes and prices; only then the event
 * begins, which looks again under its locks.
 */
#include "product_draft.h"

struct draft_body {
	struct content content;
	bool submit;
};
static const struct field draft_fields[] = {
	CONTENT_FIELDS(draft_body),
	{ "submit", KIND_BOOL, FIELD_AT(draft_body, submit), .only = IN, .optional = true },
};

struct copy_body {
	bool submit;
};
static const struct field copy_fields[] = {
	{ "submit", KIND_BOOL, FIELD_AT(copy_body, submit), .optional = true },
};

/* ---- what is needed to judge -------------------------------------------------------------------
 */

static enum err reference_read(struct req *rq, struct goods_reference *out)
{
	enum err e;

	out->day = day_of(rq->now);
	e = county_list_on(rq->db, out->day, rq->arena, &out->counties);
	return e ? e : category_list_on(rq->db, out->day, rq->arena, &out->categories);
}

/* Notes every fault of work->given; @product: NO_ID for a new one. */
static enum err draft_judge(struct req *rq, struct draft_work *work, struct id product)
{
	struct look look = {
		.db = rq->db,
		.arena = rq->arena,
		.problems = &rq->problems,
		.supplier = rq->actor.organisation,
		.product = product,
		.submits = work->submit,
		.now = rq->now,
		.median_per_500g = median_of(rq->view, work->given.category),
	};
	struct content content;
	enum err e = content_judge(&work->given, work->reference, &rq->problems);

	if (!e && work->submit)
		content_judge_days(&work->given, work->reference->day, &rq->problems);
	if (!e)
		e = look_at_files(&look, &work->given);
	if (e)
		return e;
	content = work->given; /* what the event finds for itself stays out of what was given */
	content.skus.at = arena_copy(rq->arena, content.skus.at,
				     content.skus.count * sizeof(struct content_sku));
	if (!content.skus.at && content.skus.count)
		return ERR_MEMORY;
	e = look_at_codes(&look, &content);
	if (!e && work->submit)
		e = look_at_prices(&look, &content);
	return e;
}

static struct draft_work work_of(struct req *rq, struct id product, struct id revision,
				 const struct goods_reference *reference)
{
	return (struct draft_work){
		.out = { .id = revision, .product = product, .supplier = rq->actor.organisation },
		.reference = reference,
		.seen = INT_NONE,
		.view = rq->view,
	};
}

/* Body and judgement; refused with every fault. @found: what came of looking for @product, which is
 * told when the body has the right form: whatever it says of nothing is not judged. */
static enum err draft_take(struct req *rq, struct draft_work *work,
			   struct goods_reference *reference, struct id product, enum err found)
{
	struct draft_body body = { .submit = false };
	enum err e = json_read_on(rq, draft_fields, COUNT_OF(draft_fields), &body);

	if (!e && found) {
		e = req_faults(rq);
		return e ? e : found;
	}
	if (!e)
		e = reference_read(rq, reference);
	work->given = body.content;
	work->submit = body.submit;
	if (!e)
		e = draft_judge(rq, work, product);
	return e ? e : req_faults(rq);
}

/* ---- handlers ----------------------------------------------------------------------------------
 */

static enum err reply_event(struct req *rq, event_fn *fn, struct draft_work *work)
{
	return run_event(rq, fn, work, product_revision_fields, product_revision_field_count);
}

enum err post_supplier_product(struct req *rq)
{
	struct goods_reference reference = { .day = 0 };
	struct draft_work work = work_of(rq, id_new(rq->now), id_new(rq->now), &reference);
	char id[37];
	enum err e = reply_header(rq, "Location",
				  arena_print(rq->arena, "/api/v1/supplier/products/%s",
					      id_format(work.out.product, id).at));

	if (!e)
		e = draft_take(rq, &work, &reference, NO_ID, OK);
	return e ? run_replay(rq, e) : reply_event(rq, product_create, &work);
}

static enum err revision_location(struct req *rq, const struct draft_work *work)
{
	char product[37], id[37];

	return reply_header(rq, "Location",
			    arena_print(rq->arena, "/api/v1/supplier/products/%s/revisions/%s",
					id_format(work->out.product, product).at,
					id_format(work->out.id, id).at));
}

enum err post_product_revision(struct req *rq)
{
	struct goods_reference reference = { .day = 0 };
	struct id product = req_path_id(rq, "id");
	struct draft_work work = work_of(rq, product, id_new(rq->now), &reference);
	struct product_head head;
	enum err e = product_head_read(rq->db, rq->arena, rq->actor.organisation, product, &head);

	if (!e || e == ERR_NOT_FOUND)
		e = draft_take(rq, &work, &reference, product, e);
	return e ? run_replay(rq, e) : reply_event(rq, draft_create, &work);
}

/* What a revision says is judged as if it were given now. */
enum err post_revision_copy(struct req *rq)
{
	struct goods_reference reference = { .day = 0 };
	struct id product = req_path_id(rq, "id");
	struct draft_work work = work_of(rq, product, id_new(rq->now), &reference);
	struct product_revision from = { .version = 0 };
	struct copy_body copy = { .submit = false };
	enum err e = json_read(rq, copy_fields, COUNT_OF(copy_fields), &copy);

	if (!e)
		e = product_revision_read(rq->db, rq->arena, rq->actor.organisation, product,
					  req_path_id(rq, "revision"), &from);
	if (!e)
		e = content_again(&from, rq->arena, &work.given);
	if (!e)
		e = reference_read(rq, &reference);
	work.submit = copy.submit;
	if (!e)
		e = draft_judge(rq, &work, product);
	if (!e)
		e = req_faults(rq);
	if (!e)
		e = revision_location(rq, &work);
	return e ? run_replay(rq, e) : reply_event(rq, draft_create, &work);
}

enum err put_product_revision(struct req *rq)
{
	struct goods_reference reference = { .day = 0 };
	struct id product = req_path_id(rq, "id");
	struct draft_work work = work_of(rq, product, req_path_id(rq, "revision"), &reference);
	int64_t version = 0;
	enum err e = req_version(rq, &work.seen);

	if (!e)
		e = product_revision_version(rq->db, rq->actor.organisation, product, work.out.id,
					     &version);
	if (!e && work.seen != INT_NONE && work.seen != version)
		e = ERR_PRECONDITION;
	if (!e || e == ERR_NOT_FOUND)
		e = draft_take(rq, &work, &reference, product, e);
	return e ? run_replay(rq, e) : reply_event(rq, draft_change, &work);
}

enum err delete_product_revision(struct req *rq)
{
	struct draft_work work =
		work_of(rq, req_path_id(rq, "id"), req_path_id(rq, "revision"), NULL);
	enum err e = req_version(rq, &work.seen);

	return e ? e : run_event(rq, draft_delete, &work, NULL, 0);
}

/* The path says all: {} may stand in the body, or nothing. */
static enum err nothing_read(struct req *rq)
{
	return rq->body.size ? json_read(rq, NULL, 0, &(char){ 0 }) : OK;
}

enum err post_submission(struct req *rq)
{
	struct goods_reference reference = { .day = 0 };
	struct draft_work work =
		work_of(rq, req_path_id(rq, "id"), req_path_id(rq, "revision"), &reference);
	enum err e = nothing_read(rq);

	if (!e)
		e = reference_read(rq, &reference);
	return e ? e : reply_event(rq, draft_submit, &work);
}

enum err post_withdrawal(struct req *rq)
{
	struct draft_work work =
		work_of(rq, req_path_id(rq, "id"), req_path_id(rq, "revision"), NULL);
	enum err e = nothing_read(rq);

	return e ? e : reply_event(rq, revision_withdraw, &work);
}
