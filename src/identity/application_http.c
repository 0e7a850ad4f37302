/*
 * Applications as applicants see them. The routes are public: whoever applies has no login, and is
 * known by the token that the first answer tells once. A wrong token and an application that does
 * not exist are the same 404. In the event's trail, and for keys of repetition, the application
 * stands where others have their organisation.
 */
#include "application.h"

#include "member_rows.h"
#include "organisation_rows.h"

/* ---- shapes ---- */

/* clang-format off */
#define CONTENT_FIELDS(holder, fixed)                                                              \
	{ "uscc", KIND_TEXT, FIELD_AT(holder, content.uscc), .only = IN, .optional = !(fixed),     \
	  .min = 18, .max = 18, .check = uscc_has_shape },                                         \
	{ "name", KIND_TEXT, FIELD_AT(holder, content.name), .only = IN, .optional = !(fixed),     \
	  .min = 2, .max = 120 },                                                                  \
	{ "short_name", KIND_TEXT, FIELD_AT(holder, content.short_name), .only = IN,               \
	  .optional = true, .min = 1, .max = 60 },                                                 \
	{ "type", KIND_TEXT, FIELD_AT(holder, content.type), .only = IN, .optional = true,         \
	  .min = 1, .max = 20 },                                                                   \
	{ "county", KIND_TEXT, FIELD_AT(holder, content.county), .only = IN, .optional = true,     \
	  .min = 1, .max = 30, .check = region_has_shape, .wrong = ERR_REGION_CODE },              \
	{ "households_assisted", KIND_INT, FIELD_AT(holder, content.households_assisted),          \
	  .only = IN, .optional = true, .min = 0, .max = 1000000 },                                \
	{ "city", KIND_TEXT, FIELD_AT(holder, content.city), .only = IN, .optional = true,         \
	  .min = 1, .max = 30 },                                                                   \
	{ "region_code", KIND_TEXT, FIELD_AT(holder, content.region_code), .only = IN,             \
	  .optional = true, .min = 1, .max = 30, .check = region_has_shape,                        \
	  .wrong = ERR_REGION_CODE },                                                              \
	{ "hierarchy", KIND_WORD, FIELD_AT(holder, content.hierarchy), .only = IN,                 \
	  .optional = true, .words = hierarchy_words },                                            \
	{ "parent_uscc", KIND_TEXT, FIELD_AT(holder, content.parent_uscc), .only = IN,             \
	  .optional = true, .min = 18, .max = 18, .check = uscc_has_shape },                       \
	{ "member_count", KIND_INT, FIELD_AT(holder, content.member_count), .only = IN,            \
	  .optional = true, .min = 0, .max = 10000000 },                                           \
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(holder, content.annual_budget_fen), .only = IN,  \
	  .optional = true, .min = 0, .max = AMOUNT_MAX_FEN },                                     \
	{ "contact_name", KIND_TEXT, FIELD_AT(holder, content.contact_name), .only = IN,           \
	  .optional = true, .min = 1, .max = 60, .secret = true },                                 \
	{ "contact_phone", KIND_TEXT, FIELD_AT(holder, content.contact_phone), .only = IN,         \
	  .optional = true, .min = 1, .max = 30, .check = phone_is_reachable,                      \
	  .wrong = ERR_PHONE, .secret = true }
/* clang-format on */

static const struct field new_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(application, kind), .only = IN,
	  .words = application_kind_words },
	CONTENT_FIELDS(application, true),
};
static const struct field patch_fields[] = { CONTENT_FIELDS(application_patch, false) };

/* ---- who asks ---- */

/* Public is the route, not what it answers. */
static enum err keep_private(struct req *rq)
{
	return reply_header(rq, "Cache-Control", TEXT("no-store"));
}

/* The application of the path when the token is its own; the request then acts in its name. */
static enum err own_application(struct req *rq, struct application *out)
{
	struct text token = req_bearer(rq);
	enum err e;

	if (token.size != TOKEN_TEXT_SIZE)
		return ERR_NOT_FOUND;
	e = application_of_token(rq->db, rq->arena, req_path_id(rq, "id"), token_digest(token),
				 out);
	if (e)
		return e;
	rq->actor = (struct actor){ .organisation = out->id };
	return keep_private(rq);
}

/* A code that the county had before is taken for the one it has; others are told. */
static enum err codes_today(struct req *rq, struct application_content *content)
{
	struct list counties = { 0 };

	if (!content->county.size && !content->region_code.size)
		return OK;
	enum err e = county_list(rq->db, rq->arena, &counties);
	if (e)
		return e;
	content->county = county_code_today(&counties, content->county);
	content->region_code = county_code_today(&counties, content->region_code);
	if (content->county.size && !region_is_known(&counties, content->county))
		fail(&rq->problems, ERR_REGION_UNKNOWN, AT("/county"), ARG_TEXT(content->county));
	if (content->region_code.size && !region_is_known(&counties, content->region_code))
		fail(&rq->problems, ERR_REGION_UNKNOWN, AT("/region_code"),
		     ARG_TEXT(content->region_code));
	return OK;
}

static enum err check_codes(struct req *rq, struct application_content *content)
{
	const struct {
		struct text code;
		const char *pointer;
	} codes[] = { { content->uscc, "/uscc" }, { content->parent_uscc, "/parent_uscc" } };

	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		const char *fault = codes[i].code.at ? uscc_fault(codes[i].code) : NULL;

		if (fault)
			fail(&rq->problems, ERR_USCC, ARG_TEXT(text_of(codes[i].pointer)),
			     ARG_TEXT(text_of(fault)));
	}
	enum err e = codes_today(rq, content);
	return e ? e : req_faults(rq);
}

static enum err reply_application(struct req *rq, struct application *application)
{
	enum err e = application_show(rq->db, rq->app->keys, rq->arena, rq->now, true, application);

	if (!e)
		e = reply_version(rq, application->version);
	return e ? e : reply_fields(rq, application_fields, application_field_count, application);
}

/* ---- the application ---- */

/* The token is in this answer and nowhere else: what is kept under the key is empty. */
static enum err post_application(struct req *rq)
{
	struct application application = { .kind = SMALL_NONE };
	char token[TOKEN_TEXT_SIZE + 1], id[37];
	enum err e = json_read_on(rq, new_fields, COUNT_OF(new_fields), &application);

	if (!e && application.kind != SMALL_NONE)
		application_kind_check(application.kind, &application.content, &rq->problems);
	if (!e)
		e = check_codes(rq, &application.content);
	if (!e)
		e = numbers_take(rq->app, NUMBER_APPLICATION, 1, &application.number);
	if (e)
		return e;
	token_make(token);
	struct digest digest = token_digest(text_of(token));
	application.id = id_new(rq->now);
	application.version = 1;
	application.digest = (struct text){ (const char *)digest.bytes, sizeof(digest.bytes) };
	application.waiting_since = application.recommended_at = application.decided_at = INT_NONE;
	application.created_at = rq->now;
	rq->key = NO_TEXT;
	rq->actor = (struct actor){ .organisation = application.id };
	e = run_event(rq, application_open, &application, NULL, 0);
	if (e)
		return e;
	application.token = text_of(token);
	keep_private(rq);
	reply_header(rq, "Location",
		     arena_print(rq->arena, "/api/v1/applications/%s",
				 id_format(application.id, id).at));
	return reply_application(rq, &application);
}

static enum err get_application(struct req *rq)
{
	struct application application = { .number = 0 };
	enum err e = own_application(rq, &application);

	return e ? e : reply_application(rq, &application);
}

static enum err patch_application(struct req *rq)
{
	struct application_patch patch = { 0 };
	struct application seen = { .number = 0 };
	enum err e = json_read_on(rq, patch_fields, COUNT_OF(patch_fields), &patch);

	if (!e)
		e = check_codes(rq, &patch.content);
	if (!e)
		e = own_application(rq, &seen);
	if (!e)
		e = req_version(rq, &patch.version);
	if (e)
		return e;
	patch.id = seen.id;
	if (patch.version == INT_NONE)
		patch.version = seen.version;
	e = reply_version(rq, patch.version + 1);
	if (e)
		return e;
	return run_event(rq, application_change, &patch, application_fields,
			 application_field_count);
}

/* Both take an empty object: what they act on stands in the path. */
static enum err post_step(struct req *rq, event_fn *step)
{
	struct application application = { 0 };
	enum err e = json_read(rq, NULL, 0, &application);

	if (!e)
		e = own_application(rq, &application);
	return e ? e
		 : run_event(rq, step, &application, application_fields, application_field_count);
}

static enum err post_submission(struct req *rq)
{
	return post_step(rq, application_submit);
}

static enum err post_withdrawal(struct req *rq)
{
	return post_step(rq, application_withdraw);
}

/* The link is told once, as the application's own token was. */
static enum err post_application_invitation(struct req *rq)
{
	struct application application = { 0 };
	struct invitation invitation = { 0 };
	enum err e = json_read(rq, NULL, 0, &application);

	if (!e)
		e = own_application(rq, &application);
	if (e)
		return e;
	invitation.id = id_new(rq->now);
	invitation.token = invitation_token(rq->arena);
	if (!invitation.token.at)
		return ERR_MEMORY;
	rq->key = NO_TEXT;
	e = run_event(rq, application_invite, &invitation, NULL, 0);
	return e ? e : reply_link(rq, &invitation);
}

/* ---- documents ---- */

struct document_query {
	int32_t kind, expires_on;
};
static const struct field document_query_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(document_query, kind), .only = IN,
	  .words = licence_kind_words },
	{ "expires_on", KIND_DAY, FIELD_AT(document_query, expires_on), .only = IN,
	  .optional = true },
};

static enum err check_file(const struct req *rq, const char *type)
{
	if (!rq->body.size)
		return ERR_FILE_EMPTY;
	if (!licence_media_is_taken(type))
		return ERR_DOCUMENT_TYPE;
	return image_is_too_large(rq->body) ? ERR_IMAGE_SIZE : OK;
}

static enum err post_document(struct req *rq)
{
	struct document_query query = { 0 };
	struct application application = { .number = 0 };
	struct new_document new = { .content = rq->body };
	const char *type = file_media(rq->body);
	enum err e = own_application(rq, &application);

	if (!e)
		e = query_read(rq, document_query_fields, COUNT_OF(document_query_fields), &query);
	if (!e)
		e = check_file(rq, type);
	if (e)
		return e;
	new.document = (struct application_document){
		.id = id_new(rq->now),
		.application = application.id,
		.kind = query.kind,
		.expires_on = query.expires_on,
		.file = id_new(rq->now),
		.media_type = text_of(type),
		.size = (int64_t)rq->body.size,
		.created_at = rq->now,
	};
	return upload_refused(rq,
			      run_event(rq, application_add_file, &new, application_document_fields,
					application_document_field_count));
}

static enum err get_document(struct req *rq)
{
	struct application application = { .number = 0 };
	struct application_document document = { .size = 0 };
	enum err e = own_application(rq, &application);

	if (!e)
		e = document_read(rq->db, rq->arena, application.id, req_path_id(rq, "document"),
				  &document);
	return e ? e : file_reply(rq, application.id, document.file);
}

static enum err delete_document(struct req *rq)
{
	struct application application = { .number = 0 };
	struct lost_document lost = { .document = req_path_id(rq, "document") };
	enum err e = own_application(rq, &application);

	lost.application = application.id;
	return e ? e : run_event(rq, application_drop_file, &lost, NULL, 0);
}

/* ---- the table ---- */

#define PUBLIC .roles = ROLES_PUBLIC, .runs = ON_WORKER, .rate = RATE_APPLICATION

const struct route application_routes[] = {
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications",
	  .handle = post_application,
	  PUBLIC,
	  .body_max = KIB(16),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/applications/{id}",
	  .handle = get_application,
	  PUBLIC },
	{ .method = HTTP_PATCH,
	  .path = "/api/v1/applications/{id}",
	  .handle = patch_application,
	  PUBLIC,
	  .body_max = KIB(16) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/documents",
	  .handle = post_document,
	  PUBLIC,
	  .body_max = DOCUMENT_SIZE_MAX,
	  .media = "*",
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/applications/{id}/documents/{document}",
	  .handle = get_document,
	  PUBLIC },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/applications/{id}/documents/{document}",
	  .handle = delete_document,
	  PUBLIC,
	  .success = 204 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/submissions",
	  .handle = post_submission,
	  PUBLIC,
	  .body_max = KIB(4) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/withdrawals",
	  .handle = post_withdrawal,
	  PUBLIC,
	  .body_max = KIB(4) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/invitations",
	  .handle = post_application_invitation,
	  PUBLIC,
	  .body_max = KIB(4),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/application-reviews",
	  .handle = get_application_reviews,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/application-reviews/{id}",
	  .handle = get_application_review,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/application-reviews/{id}/documents/{document}",
	  .handle = get_review_document,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/recommendations",
	  .handle = post_recommendation,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER,
	  .body_max = KIB(64) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/decisions",
	  .handle = post_application_decision,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER,
	  .body_max = KIB(64) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/applications/{id}/disclosures",
	  .handle = post_application_disclosure,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 201 },
};
const size_t application_route_count = COUNT_OF(application_routes);
