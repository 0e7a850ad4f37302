/*
 * run: threads live only here. Loops that serve HTTP, queues to workers, the dispatcher in front of
 * every handler, business events (one transaction each, exactly once by key), the order desk's
 * batching thread, jobs and leased loops, the publication of the in-memory view, uploaded files.
 * Knows no domain: main hands it tables and hooks.
 *
 * Threads: a loop thread owns its connections; a worker owns one database connection; the desk, the
 * view's builder, each leased loop and the job runners are threads with a connection each. They
 * talk by messages only.
 */
#ifndef XIANGCAI_RUN_H
#define XIANGCAI_RUN_H

#include "xiangcai/base.h"
#include "xiangcai/crypto.h"
#include "xiangcai/db.h"
#include "xiangcai/net.h"

struct app;
struct req;
struct tx;
struct identity_settings;

/* ---- who --------------------------------------------------------------------- */

/*
 * What part of the platform's business an authority sees; ordinary organisations have SCOPE_NONE.
 */
enum scope_kind { SCOPE_NONE, SCOPE_PLATFORM, SCOPE_COUNTY, SCOPE_HIERARCHY };

struct scope {
	int32_t kind;      /* enum scope_kind */
	char county[7];    /* SCOPE_COUNTY: its code, NUL-ended */
	int32_t hierarchy; /* SCOPE_HIERARCHY: which, and */
	struct id root;    /* the unit whose subtree it is, */
	int32_t day;	   /* as it stands on this day */
};

/*
 * The person behind a request, for one organisation. Roles are bits whose meaning `identity` knows.
 */
struct actor {
	struct id user; /* NO_ID: nobody is logged in, or the system itself */
	struct id organisation;
	struct id session;
	uint32_t roles;
	struct scope scope;
	struct id api_key; /* NO_ID: a person's own session */
	/* what the person must do first: only routes with `.while_due` are open until then, every
	 * other one is refused with this; OK: nothing */
	enum err due;
};

/* ---- routes ------------------------------------------------------------------ */

/* ON_WORKER: the queue of orders and all other writes and reads */
enum place { ON_LOOP, ON_WORKER, ON_REPORTS, ON_HASHER };
enum key_rule { KEY_NONE, KEY_REQUIRED }; /* KEY_NONE: a key is taken when one is sent */

/*
 * How often a client may ask: each class has a limit of requests in a minute for every address and
 * one for every user, by the settings. Routes that say nothing are reads or writes by their method.
 */
enum rate_class {
	/* RATE_PUBLIC on the loop, RATE_LOGIN where passwords are hashed; else RATE_READ for GET
	 * and HEAD, RATE_WRITE for the others; outside /api/v1 no limit */
	RATE_BY_METHOD,
	RATE_PUBLIC,    /* answered from memory */
	RATE_READ,
	RATE_WRITE,
	RATE_REPORT, /* reports, exports, uploads: what is dear */
	RATE_LOGIN,  /* logins, passwords, second factors, invitations */
	RATE_APPLICATION,
	RATE_CLASS_COUNT
};

#define ROLES_PUBLIC 0u
#define ROLES_ANY    UINT32_MAX /* whoever is logged in */

struct route {
	enum method method;
	const char *path;
	enum err (*handle)(struct req *rq);
	uint32_t roles; /* any one of these; ROLES_PUBLIC: no login is looked at */
	enum key_rule key;
	enum place runs;
	size_t body_max; /* 0: no body */
	/* accepted Content-Type; NULL: application/json. "*": the handler looks itself */
	const char *media;
	int success; /* status of OK; 0: 200 */
	enum rate_class rate;
	bool while_due;  /* open to an actor who must do something else first */
	bool by_session; /* closed to API keys: what a person must do in person */
};

/* ---- a request --------------------------------------------------------------- */

/* What a handler sees. Everything hangs from its arena and ends with the reply. */
struct req {
	struct app *app;
	struct db *db; /* the worker's; NULL on the loop */
	struct arena *arena;
	const struct route *route;
	struct actor actor;
	enum language language;
	struct text request_id;
	struct text address;    /* of the client */
	struct text host;       /* what the client calls this server, with its port */
	struct text user_agent; /* what the client calls itself; NO_TEXT when it says nothing */
	int64_t now;            /* its arrival by the program's clock */
	struct text path;       /* raw */
	struct text body;
	struct text content_type, accept, if_match, key; /* NO_TEXT when not sent */
	struct digest digest; /* of method, path, query and body: what a key stands for */
	const struct pair *params;
	size_t param_count;
	const struct pair *query;
	size_t query_count;
	struct problems problems;
	const void *view; /* the published view, held until the reply; NULL before the first one */
	struct req_private *private; /* of run */
};

/* Parameters of the path; asserts when the route has no such parameter of that type. */
struct id req_path_id(const struct req *rq, const char *name);
struct text req_path_text(const struct req *rq, const char *name);
int64_t req_path_number(const struct req *rq, const char *name);
/* What stands in `Authorization: Bearer` on a public route, whose handler looks at it itself;
 * NO_TEXT: nothing. */
struct text req_bearer(const struct req *rq);
/* What browsers call this server: the setting public_url without a slash at its end, else http:// and
 * the Host of the request. NO_TEXT when out of memory. */
struct text req_origin(const struct req *rq);
/* The body, or the query, by a field table. Errors as json_decode. */
enum err json_read(struct req *rq, const struct field *fields, size_t count, void *out);
enum err query_read(struct req *rq, const struct field *fields, size_t count, void *out);
/*
 * For handlers that check more than shapes, so that one answer names every fault: as json_read, but
 * fields at fault do not end it. They are absent in @out; the handler checks what is there, and
 * refuses with req_faults.
 */
enum err json_read_on(struct req *rq, const struct field *fields, size_t count, void *out);
/* ERR_REFUSED when a fault has been noted until now. */
enum err req_faults(const struct req *rq);
/* Whether a fault is noted at @pointer: what is absent there was given, and could not be read. */
bool req_faulty(const struct req *rq, const char *pointer);

/*
 * Shared resources carry a version, which is their ETag. Writers of one say in If-Match which
 * version they saw: ERR_PRECONDITION_MISSING without it; INT_NONE for `*`, and -1, which no row
 * has, for what is no version. The event then writes WHERE version = ?, and no row is
 * ERR_PRECONDITION.
 */
enum err req_version(struct req *rq, int64_t *version);
/*
 * Before the reply: the ETag of a resource at @version, instead of the digest of its body. Writers
 * say the version that their event leaves before run_event, so that a replay has the same.
 */
enum err reply_version(struct req *rq, int64_t version);
/*
 * The same for a GET that also shows what moves without the version, such as stock: the ETag is the
 * version with a digest of the body behind it. In If-Match it says the version.
 */
enum err reply_version_of_body(struct req *rq, int64_t version);

/* Whether Accept names @media, and names it before or above JSON and everything. */
bool req_prefers(const struct req *rq, const char *media);

/* Keyset lists: reads ?limit= (1–200, default 20) and ?after= as part of query_read when the struct
 * starts with this. */
struct page {
	int64_t limit;
	struct text after;
};
/* clang-format off */
#define PAGE_FIELDS(type)                                                                     \
	{ "limit", KIND_INT, FIELD_AT(type, page.limit), .only = IN, .optional = true,        \
	  .min = 1, .max = 200 },                                                             \
	{ "after", KIND_TEXT, FIELD_AT(type, page.after), .only = IN, .optional = true,       \
	  .max = 500 }
/* clang-format on */
/* The id or number inside an opaque cursor; a wrong one is a fault of "after". Absent: NO_ID, 0. */
enum err page_after_id(struct req *rq, const struct page *page, struct id *out);
enum err page_after_number(struct req *rq, const struct page *page, int64_t *out);
/*
 * What every list begins with: query_read into a struct that starts with struct page, and the id
 * behind ?after=.
 */
enum err page_read_id(struct req *rq, const struct field *fields, size_t count, void *query,
		      struct id *after);
struct text page_cursor_id(struct arena *arena, struct id id);
struct text page_cursor_number(struct arena *arena, int64_t number);
int64_t page_limit(const struct page *page); /* with the default */

/*
 * Replies. One of these before OK is returned; the dispatcher adds ETag (a digest of the body) and
 * 304 on GETs, security headers, X-Request-Id, and the problem document when an error is returned
 * instead.
 */
enum err reply_fields(struct req *rq, const struct field *fields, size_t count, const void *row);
/* {"items": […], "next": cursor or null}. @list may hold one more than the limit: it is cut and
 * @cursor asked for the last one kept. */
enum err reply_page(struct req *rq, const struct field *fields, size_t count, size_t size,
		    struct list *list, int64_t limit,
		    struct text (*cursor)(struct arena *, const void *row));
enum err reply_body(struct req *rq, const char *media, struct buffer *body); /* taken over */
/* ON_LOOP only; @etag with its quotes; nothing is added but the common headers; holds rq->view
 * until sent */
enum err reply_shared(struct req *rq, const char *media, struct shared_body body, struct text etag);
enum err reply_empty(struct req *rq); /* 204 */
/* at most 6 beside the common ones; copied */
enum err reply_header(struct req *rq, const char *name, struct text value);

/* ---- business events --------------------------------------------------------- */

/* A transaction as an event function sees it. */
struct tx {
	struct app *app;
	struct db *db;
	struct arena *arena;
	struct problems *problems;
	const struct actor *actor;
	/* of the audit event that this transaction writes; made anew at each run */
	struct id event;
	int64_t now; /* the request's instant; the same at each run */
	int32_t day; /* the business day of @now */
	struct text request_id, address;
	/* of audit: where its rows wait for the end; NULL: each is written at once */
	struct list *later;
};

/*
 * The function of one business event. Runs inside a transaction, perhaps more than once: writes
 * only to the database and to @arg. Never says BEGIN or COMMIT. Anything but OK rolls back.
 */
typedef enum err event_fn(struct tx *tx, void *arg);

/*
 * Runs @fn in one transaction under the request's key and replies with @arg by @fields (count 0:
 * 204). A key seen before is answered from its row with Idempotency-Replayed: true, another request
 * under it is ERR_KEY_REUSED, one that is running ERR_KEY_BUSY. Runs again after conflicts, and
 * after a COMMIT whose outcome is unknown. Three statements of its own beside BEGIN and COMMIT.
 */
enum err run_event(struct req *rq, event_fn *fn, void *arg, const struct field *fields,
		   size_t count);

/*
 * For handlers that refuse before their event or batch begins, by what has changed since the first
 * time: a request that was done is answered as it was then, whatever would be said of it now.
 * Otherwise gives @refusal back.
 */
enum err run_replay(struct req *rq, enum err refusal);

/* As run_event, for jobs and commands: @key is made by the caller, and a step done before is not
 * done again (*done_before, may be NULL). */
struct step {
	struct app *app;
	struct db *db;
	struct arena *arena;
	struct problems *problems;
	struct actor actor;
	int64_t now; /* the business instant; 0: the clock's */
	/* what stands in the trail where requests have their address; NO_TEXT: "system" */
	struct text address;
};
enum { STEP_BUDGET_S = 60 }; /* no attempt begins later */
enum err run_step(struct step *step, struct text key, event_fn *fn, void *arg, bool *done_before);

/* For conversions: writes @to where @from stands in replies that are kept for repetitions. */
enum err replies_scrub(struct db *db, struct text from, struct text to);

/* ---- the order desk ---------------------------------------------------------- */

/* One submission waiting at the desk. */
struct batch_item {
	const struct actor *actor;
	struct id event; /* of its audit event */
	struct text request_id, address, key;
	struct digest digest;
	int64_t now;
	void *arg;
	size_t weight; /* its lines */
	struct arena *arena;
	struct problems *problems;
	enum err outcome; /* set when the function refuses it alone */
	const struct field *fields;
	size_t field_count;
	struct req *rq; /* NULL for commands */
};
/*
 * Does all of @items in the transaction, or returns an error: then everything is rolled back and
 * each is tried alone, in order. May run again. tx->actor, tx->event and tx->problems are those of
 * the first item; tx->arena is that of one run: what outlives it goes into the item's own.
 */
typedef enum err batch_fn(struct tx *tx, struct batch_item *const *items, size_t count);
enum { BATCH_ORDERS_MAX = 32, BATCH_LINES_MAX = 1000 };
/* The last word of a handler: hands the request to the desk and frees the worker; the reply follows
 * by message. */
enum err run_batched(struct req *rq, void *arg, size_t weight, const struct field *fields,
		     size_t count);
/*
 * For commands: one batch on the caller's connection; outcomes in the items. Keys as in run_step.
 */
enum err run_batch(struct step *step, struct batch_item *const *items, size_t count);

/* ---- jobs -------------------------------------------------------------------- */

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };
extern const char *const job_state_words[];

struct job {
	struct id id;
	struct text kind;
	int32_t state;
	struct id organisation, user;
	int64_t done, total;          /* progress, in the job's own unit */
	struct text counts;           /* JSON object of what it counts as it goes, or NO_TEXT */
	struct text problem;          /* code of the failure, or NO_TEXT */
	struct text argument;         /* JSON */
	int64_t created_at, ended_at; /* INT_NONE while it runs */
};
extern const struct field job_fields[];
extern const size_t job_field_count;

/* A running job: a step with the job's owner as actor, on the runner's own connection. */
struct job_run {
	struct step step;
	struct job job;
	struct job_run_private *private;
};
/* What the kind does. Runs again from the beginning after a crash: each effect is a run_step under
 * a key derived from the job's id. */
typedef enum err job_fn(struct job_run *run);
struct job_kind {
	const char *kind;
	job_fn *run;
};
/* Inside an event: puts the job into the queue; runs after the commit, on any process. */
enum err job_add(struct tx *tx, struct id id, const char *kind, struct text argument);
/* Tells progress, with run->job.counts (at most JOB_COUNTS_MAX bytes of ASCII in the job's
 * arena), at most four times a second to the database; renews the lease. ERR_CONFLICT when
 * the lease was lost, ERR_CANCELLED when the owner cancelled the job: stop, and leave nothing. */
enum { JOB_COUNTS_MAX = 300 };
enum err job_progress(struct job_run *run, int64_t done, int64_t total);
/* Before a job writes what others see: from here on it cannot be cancelled. Errors as above. */
enum err job_decide(struct job_run *run);

/* ---- files that jobs make ---- */

enum { JOB_FILE_SIZE_MAX = 128 * 1024 * 1024 };
/*
 * Stores what stands in @content, from its beginning, as the job's result @name ([A-Za-z0-9._-]+,
 * at most 30 characters), to be read at /api/v1/jobs/{id}/files/{name} by whoever asked for the
 * job. ERR_RESULT_TOO_LARGE above JOB_FILE_SIZE_MAX. May run again.
 */
enum err job_file_put(struct job_run *run, const char *name, const char *media, FILE *content);
/* For a GET whose answer a job makes: 202 with the job's place as Location, and where its result
 * @name will be. */
enum err reply_job(struct req *rq, struct id job, const char *name);

/* ---- leased loops ------------------------------------------------------------ */

/* The right to do a background work, held by one process at a time, by the database's clock. */
struct lease {
	const char *name;
	struct id holder;
	int64_t fence; /* grows with every new holder; a step writes only while it is still this */
};
/* A background work: @turn every @period_us while this process holds the lease; *more: at once
 * again. */
struct leased_loop {
	const char *name;
	int64_t period_us;
	enum err (*turn)(struct app *app, struct db *db, struct arena *arena,
			 const struct lease *lease, bool *more);
};
/* One transaction that begins by checking (and locking) the fence. No key: what it writes must
 * itself show that it was done. ERR_CONFLICT when the lease is lost. */
enum err run_fenced(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		    event_fn *fn, void *arg);
/*
 * For commands, which take a lease themselves: for 10 s, to be renewed in time and given back.
 * ERR_CONFLICT when another process holds it, or took it meanwhile. @name outlives the lease.
 */
enum err lease_take(struct db *db, const char *name, struct id holder, struct lease *out);
enum err lease_renew(struct db *db, const struct lease *lease);
enum err lease_give(struct db *db, const struct lease *lease);
/* A turn of run's own, for main's table: forgets keys of transactions that are older than 35 days.
 * Once an hour is enough. */
enum err keys_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		   bool *more);
/* Asks the loop of that name to turn now, when it runs in this process. */
void loop_kick(struct app *app, const char *name);

/* ---- the published view ------------------------------------------------------ */

/*
 * What the builder thread does, at most 20 times a second and on view_kick: looks whether anything
 * moved since @old and gives a new view, or @old itself when nothing did. Views are immutable once
 * given; @release frees one when its last reader let go.
 */
struct view_source {
	const void *(*build)(struct app *app, struct db *db, const void *old, enum err *e);
	void (*release)(const void *view);
};
void view_kick(struct app *app);
/* For threads that are no request's: the current view, held until given back. NULL before the
 * first. */
const void *view_borrow(struct app *app);
void view_return(struct app *app, const void *view);

/* ---- files ------------------------------------------------------------------- */

enum {
	FILE_SIZE_MAX = 16 * 1024 * 1024,   /* of what anybody uploads */
	FILE_STORED_MAX = 64 * 1024 * 1024, /* of what file_store takes: archives */
	FILE_CHUNK_SIZE = 1024 * 1024
};
/* Whether @content says that it is a PNG or JPEG of more pixels than IMAGE_PIXELS_MAX. */
enum { IMAGE_PIXELS_MAX = 40000000 };
bool image_is_too_large(struct text content);
/*
 * What @content is by its own bytes, as a media type; NULL when it is nothing that is taken here.
 */
const char *file_media(struct text content);
/*
 * Inside an event: stores @content, of the type that file_media said, as file @id of @owner: an
 * organisation, or what stands for one before there is any. The content stands once per digest.
 */
enum err file_store(struct tx *tx, struct id id, struct id owner, struct text content,
		    const char *media_type);
/* The same content as another file, of another owner. ERR_NOT_FOUND. */
enum err file_copy(struct tx *tx, struct id from, struct id owner, struct id to,
		   struct id new_owner);
/*
 * Inside an event: takes away a file of @owner and, when no other names its content, that too. The
 * caller has taken away what refers to it. Only for what no job makes: PDF and pictures.
 * ERR_NOT_FOUND.
 */
enum err file_drop(struct tx *tx, struct id owner, struct id file);
/*
 * Inside an event, before a file is stored: holds the bytes against what the address of the
 * request, or the actor's organisation, may upload in a day. ERR_UPLOADS_OF_DAY.
 */
enum err upload_of_address(struct tx *tx, int64_t bytes);
enum err upload_of_organisation(struct tx *tx, int64_t bytes);
/* Behind such an event: tells with ERR_UPLOADS_OF_DAY when the next day begins; gives @e back. */
enum err upload_refused(struct req *rq, enum err e);
/* Answers with the bytes of a file of @owner, as an attachment that nobody keeps. ERR_NOT_FOUND. */
enum err file_reply(struct req *rq, struct id owner, struct id file);
/* The whole content of a file of the actor's organisation. ERR_NOT_FOUND. */
enum err file_read(struct db *db, struct arena *arena, const struct actor *actor, struct id file,
		   struct text *out);

/*
 * The same of up to FILE_STORED_MAX bytes, as the only copy in memory: into @out, which is empty
 * and is freed by the caller. ERR_NOT_FOUND.
 */
enum err file_read_into(struct db *db, struct arena *arena, const struct actor *actor, struct id file,
		   struct buffer *out);

/*
 * A content without a file of its own, at most FILE_CHUNK_SIZE: kept once per digest beside those of
 * files. Inside an event: put before the row that names it is written; dropped behind the row's
 * removal, when nothing names it any more.
 */
enum err content_put(struct tx *tx, struct text content, struct digest *digest);
enum err content_drop(struct tx *tx, struct text digest);
/* The ETag of a reply whose content is known by a digest: hexadecimal between quotes. */
enum err reply_digest(struct req *rq, struct text digest);

/* ---- children ---------------------------------------------------------------- */

/*
 * Runs this program anew as `xiangcai COMMAND` with @input, nothing of this process and no
 * environment, and gives what it writes and how it ended. It has @limit_us, and may write no more
 * than @out takes. At most CHILDREN_MAX at once: waits for a place, ERR_BUSY when the program stops
 * meanwhile or has no process to give. For threads that may wait.
 */
enum { CHILDREN_MAX = 2 };
struct child_end {
	enum {
		CHILD_EXITED,  /* .number: its status */
		CHILD_KILLED,  /* by what it did, took or wrote, or by its deadline */
		CHILD_STOPPED, /* by somebody else; .number: the signal */
	} how;
	int number;
};
enum err child_run(struct app *app, const char *command, struct text input, int64_t limit_us,
		   struct buffer *out, struct child_end *end);

/* ---- spoken numbers ---------------------------------------------------------- */

/*
 * Numbers that people say aloud (orders, SKUs, statements), from ranges that a process reserves
 * 1,000 at a time on a connection of its own: gaps are allowed, repeats are not. Any thread.
 */
enum number_kind {
	NUMBER_PURCHASE_ORDER,
	NUMBER_SUPPLY_ORDER,
	NUMBER_SKU,
	NUMBER_STATEMENT,
	NUMBER_PAYMENT_CODE,
	NUMBER_APPLICATION,
	NUMBER_KIND_COUNT
};
enum err numbers_take(struct app *app, enum number_kind kind, size_t count, int64_t *first);

/* ---- the program ------------------------------------------------------------- */

enum { TRUSTED_PROXIES_MAX = 32 };
struct run_settings {
	struct text listen_host;
	int64_t listen_port, admin_port; /* admin: /metrics and /healthz, on loopback; 0: none */
	/* threads; 0: by the number of cores */
	int64_t loops, workers, report_workers, hashers, job_runners;
	int64_t queue_max;       /* of each queue: 1,024 */
	int64_t handling_s;      /* deadline of a request, in the queue too: 30 */
	int64_t idle_s;          /* 75 */
	int64_t stream_s;        /* of an event stream, until its client asks again: 60 */
	int64_t connections_max; /* of all loops: 10,000 */
	int64_t connections_per_address_max; /* 0: a fifth behind proxies, else all */
	/* MiB a day, by address of strangers and by organisation; 0: no limit */
	int64_t upload_address_mib, upload_organisation_mib;
	/* requests in a minute, by enum rate_class; 0: no limit */
	int64_t rate_per_address[RATE_CLASS_COUNT], rate_per_user[RATE_CLASS_COUNT];
	/* Behind proxies that speak the PROXY protocol; their networks, separated by commas. */
	bool behind_proxy;
	struct text trusted_proxies;
	struct text public_url; /* what Origin is held against; empty: http://Host */
	/* tells each reply's number of statements in X-Statements, for tests */
	bool report_statements;
};

struct route_table {
	const struct route *routes;
	size_t count;
};

/*
 * What a floor above must do in the same transaction when an event of @kind is written: @run gets
 * the object's id (struct id). It writes no event of its own. Several rows of one kind run in their order.
 */
struct consequence {
	const char *kind; /* as in struct audit_note */
	event_fn *run;
};

/*
 * A column whose values are sealed, for the rotation of keys; @table and @column are those of the
 * values' struct seal_place, whose row is the value of @key, a UUID. @read gives (key, value) of at
 * most 500 rows by key, from behind the second and third placeholder (the key of the last page, or
 * NULL), whose values are not under the key of the first (its four bytes, as in the value); @write
 * sets (value, key, the value read) where it is still the one that was read; @count gives how many
 * values there are under each key (its four bytes, number).
 */
struct sealed_column {
	const char *table, *column, *key;
	struct sql read, write, count;
};
/* clang-format off */
#define SEALED_COLUMN(of_table, of_key, of_column)                                            \
	{ .table = (of_table), .column = (of_column), .key = (of_key),                        \
	  .read = { "SELECT `" of_key "`, `" of_column "` FROM `" of_table "`"                \
		    " WHERE SUBSTR(`" of_column "`, 2, 4) <> ?"                               \
		    "   AND (? IS NULL OR `" of_key "` > ?)"                                  \
		    " ORDER BY `" of_key "` LIMIT 500" },                                     \
	  .write = { "UPDATE `" of_table "` SET `" of_column "` = ?"                          \
		     " WHERE `" of_key "` = ? AND `" of_column "` = ?" },                     \
	  .count = { "SELECT SUBSTR(`" of_column "`, 2, 4), COUNT(*) FROM `" of_table "`"     \
		     " WHERE `" of_column "` IS NOT NULL GROUP BY 1 ORDER BY 1" } }
/* clang-format on */

/*
 * What a module does because a business day has come: each thing an event of its own by run_step,
 * under a key of the thing and @day, so that a run that was cut short goes on where it ended. @done
 * counts what was done now. A day may be run late, again, or before it has come.
 */
struct day_step {
	const char *name;
	enum err (*run)(struct step *step, int32_t day, int64_t *done);
};

/* What main gives to run. All borrowed for the life of the app. */
struct hooks {
	const struct consequence *consequences;
	size_t consequence_count;
	const struct route_table *tables;
	size_t table_count;
	/* Who the bearer of @token is; a worker calls it before the handler. ERR_UNAUTHENTICATED.
	 * @by_cookie: Origin was already checked. One statement. */
	enum err (*authenticate)(struct req *rq, struct text token, struct actor *out);
	batch_fn *desk;
	struct view_source view;
	const struct job_kind *jobs;
	size_t job_count;
	const struct leased_loop *loops;
	size_t loop_count;
	const struct day_step *day_steps; /* of the daily run, behind those of identity */
	size_t day_step_count;
};

struct app {
	struct clock clock;
	struct log log;
	struct keys *keys;
	const struct db_config *database;
	struct embedded *embedded; /* NULL with a configured database */
	struct run_settings settings;
	const struct identity_settings *identity; /* of identity; NULL: its defaults */
	const struct hooks *hooks;
	struct runtime *runtime; /* of run; NULL in commands that serve nothing */
};

/* run's own routes: files and jobs. */
extern const struct route run_routes[];
extern const size_t run_route_count;
/* Health and the pages of problems: serve adds them to what main gives. */
extern const struct route system_routes[];
extern const size_t system_route_count;

/*
 * Serves until SIGTERM or SIGINT, then drains: stops accepting, answers what was begun (at most the
 * handling deadline), ends every thread. The first view is built before listening. Calls @ready
 * with the port once it serves. Gives the exit status.
 */
int serve(struct app *app, void (*ready)(struct app *app, uint16_t port));
/* For commands without serve: what numbers_take needs. */
enum err runtime_for_command(struct app *app);
void runtime_free(struct app *app);

/* Prometheus text of run's own metrics. */
void metrics_print(struct app *app, struct buffer *out);

#endif
