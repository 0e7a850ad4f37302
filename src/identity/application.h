/*
 * Applications inside identity: their rows, the rules, the events, and the statements behind them.
 * An application goes through the table of transitions in application.c; who moves it is the
 * applicant by its token, a reviewer of the county, or a reviewer who decides.
 */
#ifndef IDENTITY_APPLICATION_H
#define IDENTITY_APPLICATION_H

#include "licence.h"

enum application_kind { APPLICATION_SUPPLIER, APPLICATION_UNIT };
extern const char *const application_kind_words[];

enum application_state {
	APPLICATION_DRAFT,
	APPLICATION_APPLIED,
	APPLICATION_RECOMMENDED,
	APPLICATION_APPROVED,
	APPLICATION_RETURNED,
	APPLICATION_REJECTED,
	APPLICATION_WITHDRAWN,
	APPLICATION_STATE_COUNT
};
extern const char *const application_words[];

enum application_event {
	APPLICATION_SUBMIT,
	APPLICATION_RECOMMEND,
	APPLICATION_APPROVE,
	APPLICATION_RETURN,
	APPLICATION_REJECT,
	APPLICATION_WITHDRAW,
	APPLICATION_LAPSE,
	APPLICATION_EVENT_COUNT
};

/*
 * Who moves it. A decider is a reviewer of the platform, or for units one whose subtree holds the
 * unit above.
 */
enum application_party { PARTY_APPLICANT, PARTY_COUNTY, PARTY_DECIDER, PARTY_SYSTEM, PARTY_COUNT };
extern const char *const party_words[];

struct application_transition {
	enum application_state from;
	enum application_event event;
	enum application_party by;
	unsigned kinds; /* 1 << enum application_kind, joined */
	bool not_recommender;
	enum application_state to;
};
extern const struct application_transition application_transitions[];
extern const size_t application_transition_count;

enum { DOCUMENTS_MAX = 12, POINTS_MAX = 20 };
#define DOCUMENT_SIZE_MAX MIB(10)
enum { DOCUMENTS_MIB_MAX = 60 }; /* uploaded for one application, deleted again or not */

struct application_document {
	struct id id, application;
	int32_t kind;       /* enum licence_kind */
	int32_t expires_on; /* DAY_NONE: without end */
	struct id file;
	struct text media_type;
	int64_t size, created_at;
};

/* What an applicant says of itself. */
struct application_content {
	struct text uscc, name, short_name, type, county;
	int64_t households_assisted;
	struct text city, region_code;
	int32_t hierarchy;
	struct text parent_uscc;
	int64_t member_count, annual_budget_fen;
	struct text contact_name, contact_phone; /* as they came in; masked on the way out */
};

struct application {
	struct id id;
	int64_t number;
	int32_t kind, state;
	int64_t version;
	struct application_content content;
	struct id parent;
	struct text sealed_name, sealed_phone;
	int64_t waiting_since;
	struct id recommended_by;
	int64_t recommended_at;
	struct id decided_by;
	int64_t decided_at;
	struct text reason, points;
	struct id organisation;
	int64_t created_at;
	int64_t age_days;      /* while it waits; INT_NONE otherwise */
	struct text existing;  /* JSON of the organisation that has the code, for its reviewers */
	struct list documents; /* of struct application_document */
	struct text token;     /* in the answer that makes it, once */
	struct text digest;    /* of the token; its bytes */
};
/* With the documents and the token at the end, which lists leave out. */
extern const struct field application_fields[];
extern const size_t application_field_count, application_list_field_count;
extern const struct field application_document_fields[];
extern const size_t application_document_field_count;

/* ---- rules ------------------------------------------------------------------- */

/* Where @event by @by leads; ERR_TRANSITION. @row may be NULL. */
enum err application_step(const struct application *application, enum application_event event,
			  enum application_party by, struct problems *problems,
			  const struct application_transition **row);
bool application_waits(int32_t state);
/* Whether the applicant may still change it. */
bool application_is_open(int32_t state);
/*
 * Everything that must be there before it is handed in on @day: each fault by its pointer, those of
 * documents at /documents/N. Does not look at what other tables must hold.
 */
enum err application_check(const struct application *application, int32_t day,
			   struct problems *problems);
/* Names each field of the other kind, of which nobody would judge. */
enum err application_kind_check(int32_t kind, const struct application_content *content,
				struct problems *problems);
/* Takes over from @from what it says. */
void application_merge(struct application_content *content, const struct application_content *from);
bool uscc_has_shape(struct text t);
bool region_has_shape(struct text t);
bool phone_is_mobile(struct text t);
/* A mobile number, or a landline with its area code: 029-87654321, 0916-2345678. */
bool phone_is_reachable(struct text t);
/* Whether @pointer names what an applicant says, or one of @documents of its documents. */
bool pointer_is_of_application(struct text pointer, size_t documents);

/* ---- events ------------------------------------------------------------------ */

/* What an event leaves stands first, so that its field table writes the answer. */
struct application_patch {
	struct application out;
	struct id id;
	int64_t version; /* the one that was seen */
	struct application_content content;
};
struct new_document {
	struct application_document document;
	struct text content;
};
struct lost_document {
	struct id application, document;
};

event_fn application_open;      /* arg: struct application, whole */
event_fn application_change;    /* arg: struct application_patch */
event_fn application_add_file;  /* arg: struct new_document */
event_fn application_drop_file; /* arg: struct lost_document */
event_fn application_submit;    /* arg: struct application, its id */
event_fn application_withdraw;  /* arg: struct application, its id */
/* What nobody handed in is withdrawn by the system, and forgets its contact and its documents. */
event_fn application_lapse; /* arg: struct application, its id; state says whether it was done */

struct application_point {
	struct text pointer, text;
};
/* A recommendation or decision. */
struct verdict_on_application {
	struct application out;
	struct id id;
	int64_t version; /* the one that was seen; INT_NONE: any */
	int32_t verdict;
	struct text reason;
	struct list points;     /* of struct application_point */
	struct id organisation; /* to be, when it is approved */
};
enum { VERDICT_GOOD, VERDICT_RETURN, VERDICT_REJECT };
event_fn application_recommend; /* arg: struct verdict_on_application */
event_fn application_decide;    /* arg: struct verdict_on_application */

struct disclosure_of_application {
	struct id id;
	struct text reason, contact_name, contact_phone;
};
event_fn application_disclose; /* arg: struct disclosure_of_application */

/*
 * The link by which the first administrator of what was admitted comes in; arg: struct invitation
 * with its id and token, @organisation being the application's until it is found. An older link
 * that nobody used is worth nothing any more.
 */
event_fn application_invite;

/* Writes the event of the transaction with what changed. */
enum err application_note(struct tx *tx, const char *kind, const struct application *before,
			  const struct application *after);
/* The same, with those of other objects (struct audit_note) behind it. */
enum err application_notes(struct tx *tx, const char *kind, const struct application *before,
			   const struct application *after, const struct list *others);
/* Takes the application over into an organisation: its capacity, its place, its licences. What is
 * to be noted of them is added to @notes. */
enum err application_admit(struct tx *tx, struct application *application, struct id organisation,
			   struct list *notes);

/*
 * Makes @application ready to be shown: contacts masked, age, and with @documents its documents.
 */
enum err application_show(struct db *db, const struct keys *keys, struct arena *arena, int64_t now,
			  bool documents, struct application *application);
/* The contacts in clear. */
enum err application_unseal(const struct keys *keys, struct arena *arena,
			    const struct application *application, struct text *name,
			    struct text *phone);
/* Whether a reviewer of @scope may see it. */
enum err application_in_scope(struct db *db, const struct scope *scope,
			      const struct application *application, bool *within);

/* ---- statements -------------------------------------------------------------- */

enum err application_insert(struct db *db, const struct application *application);
enum err application_lock(struct db *db, struct arena *arena, struct id id,
			  struct application *out);
enum err application_read(struct db *db, struct arena *arena, struct id id,
			  struct application *out);
/* Of the holder of a token; ERR_NOT_FOUND. */
enum err application_of_token(struct db *db, struct arena *arena, struct id id,
			      struct digest digest, struct application *out);
/* Writes everything that may change; the version grows by one. ERR_DB_DUPLICATE: another one of the
 * same code and kind is open. */
enum err application_update(struct db *db, struct application *application);

struct application_filter {
	const struct scope *scope;
	int32_t state, kind; /* SMALL_NONE: those that wait; any */
	struct text county;
	int64_t waiting_before; /* INT_NONE: any */
	struct id after;
	int64_t limit;
};
enum err application_list(struct db *db, struct arena *arena,
			  const struct application_filter *filter, struct list *out);

enum err document_list(struct db *db, struct arena *arena, struct id application, struct list *out);
enum err document_read(struct db *db, struct arena *arena, struct id application,
		       struct id document, struct application_document *out);
enum err document_insert(struct db *db, const struct application_document *document);
enum err document_delete(struct db *db, struct id application, struct id document);
/* Adds to what was uploaded for it in all; ERR_REFUSED when that is more than DOCUMENTS_MIB_MAX. */
enum err documents_weigh(struct db *db, struct id application, int64_t bytes);
/* Drafts begun before @before that got no document since then, by id behind @after. */
enum err drafts_old(struct db *db, struct arena *arena, int64_t before, struct id after,
		    struct list *out);

enum err application_is_taken(struct db *db, struct text open_code, struct id but, bool *taken);
enum err county_is_assisted(struct db *db, struct text county, int32_t day, bool *assisted);
/* The active unit with that code that has a place in the hierarchy on @day; ERR_NOT_FOUND. */
enum err parent_find(struct db *db, int32_t hierarchy, struct text uscc, int32_t day,
		     struct id *out);
/* The first day from which it will have one; DAY_NONE: it will not. */
enum err parent_planned(struct db *db, int32_t hierarchy, struct text uscc, int32_t day,
			int32_t *out);
/* Tells at @pointer why parent_find found none. ERR_*: it could not be looked up. */
enum err parent_missing(struct tx *tx, const struct application_content *content,
			const char *pointer);
struct applicant_organisation {
	struct id id;
	bool is_unit, is_supplier;
	int32_t status;
	struct text name;
	int64_t version;
};
extern const struct field applicant_organisation_fields[];
extern const size_t applicant_organisation_field_count;
enum err organisation_of_uscc(struct db *db, struct arena *arena, struct text uscc, bool locks,
			      struct applicant_organisation *out);
/* Active members with one of the roles @had, locked; and those roles besides for all of them. */
struct widened_member {
	struct id user;
	uint32_t roles;
};
enum err admins_of(struct db *db, struct arena *arena, struct id organisation, uint32_t had,
		   struct list *out);
enum err admins_widen(struct db *db, struct id organisation, uint32_t had, uint32_t more);
enum err organisation_admit(struct db *db, const struct application *application, struct id id,
			    int64_t now);
enum err capacity_add(struct db *db, const struct application *application, struct id id);
/* How many active members of @organisation hold one of @roles. */
enum err holders_count(struct db *db, struct id organisation, uint32_t roles, int64_t *out);
enum err admin_links_revoke(struct db *db, struct id organisation, int64_t now);
enum err licences_take_over(struct db *db, const struct list *licences);
enum err contact_take_over(struct db *db, struct id organisation, struct text name,
			   struct text phone, int64_t now);

/* ---- routes' handlers -------------------------------------------------------- */

enum err get_application_reviews(struct req *rq);
enum err get_application_review(struct req *rq);
enum err get_review_document(struct req *rq);
enum err post_recommendation(struct req *rq);
enum err post_application_decision(struct req *rq);
enum err post_application_disclosure(struct req *rq);

#endif
