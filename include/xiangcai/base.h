/*
 * base: what every floor stands on. Memory, text, lists, buffers, money, days, ids, failures, field
 * tables, JSON in and out, settings, and the log. No I/O but the log and the settings file; no
 * threads; no library but cJSON, and that in one file.
 *
 * Ownership: what takes an arena puts its result there; what takes a buffer appends to it; the rest
 * borrows for the length of the call.
 */
#ifndef XIANGCAI_BASE_H
#define XIANGCAI_BASE_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define KIB(n)          ((size_t)(n)*1024)
#define MIB(n)          ((size_t)(n)*1024 * 1024)

/* ---- failures ---------------------------------------------------------------- */

enum err {
	OK = 0,
#define ERR(name, status, slug, zh, en) ERR_##name,
#include "xiangcai/err.def"
#undef ERR
	ERR_COUNT
};

enum language { ZH, EN };

struct err_info {
	const char *code; /* E_…, as it stands in answers; "OK" for OK */
	int status;
	const char *slug;
	const char *sentence[2]; /* by enum language; `{}` takes an argument */
};

/* The row of @e in the list of failures; never NULL. */
const struct err_info *err_info(enum err e);

/* ---- text -------------------------------------------------------------------- */

/* A borrowed run of bytes, UTF-8 unless said otherwise; not ended by NUL. {NULL, 0} is "absent". */
struct text {
	const char *at;
	size_t size;
};

#define TEXT(literal) ((struct text){ "" literal, sizeof(literal) - 1 })
#define TEXT_INIT(literal)                                                                         \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}                                 /* for static tables */
#define TEXT_FMT(t) (int)(t).size, (t).at /* for printf's %.*s */
#define NO_TEXT     ((struct text){ NULL, 0 })

struct text text_of(const char *string); /* NULL gives NO_TEXT */
bool text_is(struct text t, const char *string);
bool text_equal(struct text a, struct text b);
int text_compare(struct text a, struct text b);     /* by bytes, shorter first */
bool text_equal_fold(struct text a, struct text b); /* ASCII case folded */
bool text_starts(struct text t, const char *prefix);
struct text text_trim(struct text t); /* ASCII blanks and tabs off both ends */
struct text text_part(struct text t, size_t from, size_t size); /* clipped to what is there */
/* Cuts @rest at the first @separator: gives what stands before it; @rest keeps what follows
 * (NO_TEXT at the end). */
struct text text_cut(struct text *rest, char separator);
/* Exactly an optional '-' and 1 to 19 digits without leading zeros; false leaves @out alone. */
bool text_to_int(struct text t, int64_t *out);
/* strict: no overlong forms, no surrogates, nothing above U+10FFFF */
bool text_is_utf8(struct text t);
/* The next code point of valid UTF-8 at *@at (moved on), 0xFFFD for broken bytes. *@at < t.size. */
uint32_t text_next(struct text t, size_t *at);
size_t text_length(struct text t); /* code points of valid UTF-8 */

/* ---- memory ------------------------------------------------------------------ */

/*
 * An arena: blocks handed out until all are freed at once. One thread at a time. Under
 * AddressSanitizer every allocation is a block of its own. Results are zeroed and aligned for
 * anything; NULL when memory or the ceiling is used up: the caller answers ERR_MEMORY.
 */
struct arena;
struct arena *arena_new(size_t ceiling); /* 0: 64 MiB; NULL when out of memory */
void arena_reset(struct arena *arena);   /* frees all but the first block */
void arena_free(struct arena *arena);    /* NULL is allowed */
void *arena_take(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *from, size_t size);
struct text arena_text(struct arena *arena, struct text t); /* a copy, with a NUL behind it */
char *arena_string(struct arena *arena, struct text t);     /* the same as a C string */
/* printf into the arena, NUL behind it; NO_TEXT when out of memory. */
struct text arena_print(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *arena);

/* Memory of what outlives a request; zeroed; NULL when out of memory. Free with memory_free. */
void *memory_take(size_t size);
void *memory_grow(void *at, size_t size); /* as realloc */
void memory_free(void *at);               /* NULL is allowed */
/* After large work: what was freed goes back to the system, which the library would keep. Takes
 * milliseconds. */
void memory_give_back(void);

/*
 * A growing array in an arena. Items move when it grows: hold indexes, not pointers, while adding.
 */
struct list {
	void *at;
	size_t count;
	size_t room;
};

/* A zeroed new last item of @size bytes; NULL when out of memory. */
void *list_add(struct list *list, struct arena *arena, size_t size);
#define LIST_ITEM(list, type, index) (&((type *)(list).at)[index])

/*
 * A growing run of bytes outside any arena, for bodies. Starts as {0} with @max set; a failed
 * growth or an overrun of @max sets @failed and drops what follows, so that only the end needs a
 * check.
 */
struct buffer {
	char *at;
	size_t size;
	size_t room;
	size_t max; /* 0: 64 MiB */
	bool failed;
};

void buffer_add(struct buffer *buffer, struct text t);
void buffer_char(struct buffer *buffer, char c);
void buffer_int(struct buffer *buffer, int64_t number);
/* Text as it may stand in HTML, in quotes too. */
void buffer_html(struct buffer *buffer, struct text t);
void buffer_print(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct text buffer_text(const struct buffer *buffer); /* borrowed until the next change */
void buffer_free(struct buffer *buffer);              /* also makes it {0} but for @max */

/* ---- money and quantities ---------------------------------------------------- */

/* Money is int64_t fen. Limits of the product, see docs/money.md. */
#define PRICE_MAX_FEN  INT64_C(100000000)
#define QUANTITY_MAX   INT64_C(1000000)
#define AMOUNT_MAX_FEN INT64_C(1000000000000000)

/* Each returns ERR_AMOUNT_RANGE, and leaves @out alone, when |result| exceeds AMOUNT_MAX_FEN. */
enum err money_add(int64_t a, int64_t b, int64_t *out);
enum err money_multiply(int64_t unit_price_fen, int64_t quantity, int64_t *out);
/*
 * round_half_up(amount × rate / (100 + rate)): the tax inside a price that includes it. Sign kept.
 */
int64_t money_tax(int64_t amount_fen, int rate_percent);
/* round_half_up(total × part / whole), through 128 bits; 0 ≤ part ≤ whole, whole > 0. */
int64_t money_share(int64_t total_fen, int64_t part, int64_t whole);
/* "1234567" fen as "12345.67"; no separators. At least 24 bytes at @out; gives the text there. */
struct text money_yuan(int64_t fen, char *out);

/* ---- days and instants ------------------------------------------------------- */

/* Instants are int64_t microseconds since 1970 UTC; days are int32_t days since 1970-01-01 in
 * Asia/Shanghai (UTC+8). */
#define SECOND_US INT64_C(1000000)
#define DAY_US    (INT64_C(86400) * SECOND_US)
#define DAY_NONE  INT32_MIN

int32_t day_of(int64_t instant_us);
int64_t day_start(int32_t day); /* the instant at which the day begins in Shanghai */
int32_t day_make(int year, int month, int day); /* DAY_NONE unless it exists, years 1900–9999 */
void day_split(int32_t day, int *year, int *month, int *day_of_month);
int32_t month_first(int32_t day);
int32_t month_last(int32_t day);
bool day_parse(struct text t, int32_t *out); /* exactly YYYY-MM-DD */
struct text day_format(int32_t day, char out[11]);
bool instant_parse(struct text t, int64_t *out); /* RFC 3339 with Z or ±hh:mm, up to 6 decimals */
struct text instant_format(int64_t instant_us, char out[28]); /* 2026-01-31T12:00:00.000000Z */

/* The program's clock: real time plus @shift_us, or standing still at @fixed_us where that is not
 * 0. */
struct clock {
	int64_t shift_us;
	int64_t fixed_us;
};
int64_t clock_now(const struct clock *clock);
int64_t clock_monotonic(void); /* microseconds, for durations and deadlines; never set */

/* ---- ids --------------------------------------------------------------------- */

/* A UUID (RFC 9562), version 7 where the program makes it: 16 bytes in network order. */
struct id {
	uint8_t bytes[16];
};
#define NO_ID ((struct id){ { 0 } })

struct id id_new(int64_t now_us); /* later instants sort behind earlier ones; 74 random bits */
/* many at once, for one call into the kernel */
void ids_new(int64_t now_us, struct id *out, size_t count);
bool id_equal(struct id a, struct id b);
bool id_is_none(struct id id);
int id_compare(struct id a, struct id b);
bool id_parse(struct text t, struct id *out);      /* 8-4-4-4-12 hexadecimal digits, either case */
struct text id_format(struct id id, char out[37]); /* lower case */

/* Bytes from the kernel's generator; never fails (asserts). */
void random_bytes(void *out, size_t size);
/* Lower-case hexadecimal; @out takes 2 × @size + 1 bytes. */
struct text hex_format(const void *from, size_t size, char *out);
/* exactly 2 × @size digits, either case; else @out is undefined */
bool hex_parse(struct text t, void *out, size_t size);
/* base64url without padding (RFC 4648 §5). */
struct text base64url_encode(struct arena *arena, struct text t);
bool base64url_decode(struct arena *arena, struct text t, struct text *out);

/* ---- problems ---------------------------------------------------------------- */

/* A place in the body, or one argument of a sentence of err.def. */
struct arg {
	struct text text; /* NO_TEXT: @number is meant */
	int64_t number;
	bool end;
};
#define ARG_TEXT(t) ((struct arg){ .text = (t) })
#define ARG_INT(n)  ((struct arg){ .number = (n) })
#define ARG_END     ((struct arg){ .end = true })
#define AT(literal) ARG_TEXT(TEXT(literal))
enum { PROBLEM_ARGS_MAX = 3, PROBLEMS_MAX = 200 };

struct problem {
	enum err code;
	struct text pointer; /* JSON pointer (RFC 6901) into the body, or a parameter's name */
	struct arg args[PROBLEM_ARGS_MAX];
};

/* All faults of one request or row, in the order found; above PROBLEMS_MAX only counted. */
struct problems {
	struct arena *arena;
	struct list items; /* of struct problem */
	size_t dropped;
};

/*
 * Notes a fault and gives back @code, so that `return fail(…)` reads. The first of @args is the
 * place, the rest fill the sentence. Copies what it is given.
 */
enum err problem_add(struct problems *problems, enum err code, const struct arg *args);
/* fail(problems, ERR_RANGE, AT("/quantity"), ARG_INT(1), ARG_INT(9)) */
#define fail(problems, code, ...)                                                                  \
	problem_add((problems), (code), (const struct arg[]){ __VA_ARGS__, ARG_END })
/* A place such as problem_at(p, "/lines/%zu/quantity", i). */
struct arg problem_at(struct problems *problems, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The sentence of @problem in @language, appended to @out. */
void problem_sentence(const struct problem *problem, enum language language, struct buffer *out);
/* The same in @arena; ERR_MEMORY or OK. */
enum err problem_text(const struct problem *problem, enum language language, struct arena *arena,
		      struct text *out);
/* The failure of a code that was stored: codes never change, so that there is one. ERR_INTERNAL for
 * what is none. */
enum err err_named(struct text code);
/* What all problems of the type @slug have in common, a sentence; NULL: no such type. */
const char *problem_title(struct text slug, enum language language);

/* ---- field tables ------------------------------------------------------------ */

/*
 * One table per struct serves JSON in, JSON out, SQL rows and audit. The kind names the C type of
 * the member: KIND_BOOL bool · KIND_INT and KIND_FEN int64_t · KIND_REF int64_t that is a string of
 * digits in JSON · KIND_SMALL int32_t · KIND_TEXT struct text · KIND_ID struct id · KIND_DAY
 * int32_t · KIND_INSTANT int64_t · KIND_WORD an enum's int32_t by @words · KIND_WORDS uint32_t, a
 * set of @words by bit · KIND_BYTES struct text, hexadecimal in JSON · KIND_LIST struct list of
 * structs described by @of · KIND_STRUCT one such struct in place · KIND_RAW struct text, already
 * JSON (out and rows only).
 *
 * Absent or null: NO_TEXT, NO_ID, DAY_NONE, INT_NONE (also KIND_INT, FEN, REF, INSTANT), SMALL_NONE
 * (KIND_SMALL and KIND_WORD); an optional integer must be FIELD_OPTIONAL, else absence is a fault
 * on the way in and asserts on the way out. An optional bool is false when absent. Lists are empty.
 */
enum kind {
	KIND_BOOL,
	KIND_INT,
	KIND_FEN,
	KIND_REF,
	KIND_SMALL,
	KIND_TEXT,
	KIND_ID,
	KIND_DAY,
	KIND_INSTANT,
	KIND_WORD,
	KIND_WORDS,
	KIND_BYTES,
	KIND_LIST,
	KIND_STRUCT,
	KIND_RAW
};
#define INT_NONE   INT64_MIN
#define SMALL_NONE INT32_MIN

/* Where a field takes part; 0 means everywhere. */
enum { IN = 1, OUT = 2, ROW = 4 };

struct field {
	const char *name; /* of JSON member, column and audit alike */
	enum kind kind;
	size_t at; /* offsetof */
	/* IN | OUT | ROW; 0: all three. KIND_LIST and KIND_STRUCT never take part in ROW */
	unsigned only;
	bool optional;
	bool secret; /* never logged, masked in audit */
	/* numbers: the value; text: code points; lists: items. Both 0: the kind's own limits (text:
	 * 0 to 200) */
	int64_t min, max;
	const char *const *words;   /* KIND_WORD(S): NULL-ended, index = value */
	bool (*check)(struct text); /* KIND_TEXT: @wrong when it says no */
	enum err wrong;             /* what says what is wanted, without arguments; 0: ERR_FORMAT */
	const struct field *of;     /* KIND_LIST and KIND_STRUCT */
	size_t of_count, of_size;
};
#define FIELD_AT(type, member) offsetof(struct type, member)

/* The word of @value in @words, "" when out of range; and back, -1 for an unknown word. */
const char *word_of(const char *const *words, int value);
int word_find(const char *const *words, struct text word);

/* ---- JSON -------------------------------------------------------------------- */

enum { JSON_DEPTH_MAX = 32 };

/*
 * Reads one JSON object into the zeroed struct @out by @fields (those with IN). Strict: valid
 * UTF-8, one value and nothing behind it, no repeated names, no leading zeros, no lone surrogates,
 * no \u0000, depth at most JSON_DEPTH_MAX, integers by their digits. ERR_BAD_JSON when it cannot be
 * read; ERR_REFUSED with every fault by JSON pointer in @problems (unknown fields too): what could
 * be read stands in @out then, and the rest of it is absent. Texts are copied to the arena of
 * @problems.
 */
enum err json_decode(struct text json, const struct field *fields, size_t count, void *out,
		     struct problems *problems);
/*
 * Only whether the text is JSON by the strict rules above. Fuzzed, and held against JSONTestSuite.
 */
bool json_is_strict(struct text json, struct arena *arena, const char **why);

/* Appends the object of @row by @fields (those with OUT). */
void json_encode(struct buffer *out, const struct field *fields, size_t count, const void *row);
void json_string(struct buffer *out, struct text t); /* with quotes; escapes what RFC 8259 asks */

/*
 * A writer for what no table describes; commas are its own. @key NULL inside arrays and at the top.
 */
struct json {
	struct buffer *out;
	bool comma;
};
void json_open(struct json *json, const char *key, char bracket);      /* '{' or '[' */
void json_close(struct json *json, char bracket);                      /* '}' or ']' */
void json_text(struct json *json, const char *key, struct text value); /* NO_TEXT: null */
void json_int(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_id(struct json *json, const char *key, struct id value);
void json_day(struct json *json, const char *key, int32_t day);
void json_instant(struct json *json, const char *key, int64_t instant);
void json_fields(struct json *json, const char *key, const struct field *fields, size_t count,
		 const void *row);
void json_list(struct json *json, const char *key, const struct field *fields, size_t count,
	       size_t size, const struct list *list);

/* ---- query strings and forms ------------------------------------------------- */

/*
 * Reads texts (already percent-decoded) by name into a struct, as JSON in does; for query
 * parameters: KIND_LIST, KIND_STRUCT and KIND_RAW are not allowed. Each name at most once.
 */
struct pair {
	struct text name, value;
};
enum err pairs_decode(const struct pair *pairs, size_t pair_count, const struct field *fields,
		      size_t count, void *out, struct problems *problems);

/* ---- log --------------------------------------------------------------------- */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* JSON lines on one descriptor, one write(2) each; any thread. */
struct log {
	int fd;
	enum log_level level;
	const struct clock *clock;
};
struct log_field {
	const char *name; /* NULL ends the fields */
	struct text text; /* NO_TEXT: @number is meant */
	int64_t number;
};
#define LOG_TEXT(n, t) ((struct log_field){ (n), (t), 0 })
#define LOG_INT(n, v)  ((struct log_field){ (n), NO_TEXT, (v) })
#define LOG_END        ((struct log_field){ NULL, NO_TEXT, 0 })
/* @subject names what the line is about ("order-desk", "request"); @message is fixed text. */
void log_write(const struct log *log, enum log_level level, const char *subject,
	       const char *message, const struct log_field *fields);
/* log_line(log, LOG_INFO, "job", "done", LOG_TEXT("kind", kind), LOG_INT("rows", rows)); LOG_END
 * alone where there are none. */
#define log_line(log, level, subject, message, ...)                                                \
	log_write((log), (level), (subject), (message),                                            \
		  (const struct log_field[]){ __VA_ARGS__, LOG_END })

/* ---- settings ---------------------------------------------------------------- */

/* One setting: a row of the table from which the file is read, checked and printed. */
struct setting {
	const char *name; /* as in the file; XIANGCAI_NAME in the environment */
	enum kind kind;   /* KIND_INT, KIND_BOOL, KIND_TEXT or KIND_WORD */
	size_t at;
	const char *standard; /* the default, as it would be written */
	int64_t min, max;
	const char *const *words;
	bool secret;
	const char *sentence; /* what it is, for the printed file */
};
/*
 * Reads `name = value` lines (# comments) from @path (NULL: none), then the environment, over the
 * defaults, into
 * @out. All faults are named, one a line, in @faults; true when there are none. Texts go to @arena.
 */
bool settings_read(const struct setting *settings, size_t count, const char *path,
		   char *const *environment, struct arena *arena, void *out, struct buffer *faults);
void settings_print(const struct setting *settings, size_t count, struct buffer *out);

#endif
