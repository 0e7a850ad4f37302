/*
 * What a price change is held against, the prices that are put down for later, and the history.
 */
#include "changes.h"

enum {
	STANDINGS,
	PLANS_PUT,
	PLANS_LIST,
	PLAN_LOCK,
	PLAN_DUE,
	PLANS_DUE,
	PLANS_WAITING,
	HISTORY,
	SQL_COUNT
};

#define PLAN_COLUMNS                                                                               \
	"SELECT n.id, n.supplier, n.sku, n.ladder, n.reason, n.starts_at, n.state, n.problem,"     \
	" n.argument, n.created_at, n.ended_at, k.code"                                            \
	"  FROM price_plan n JOIN sku k ON k.number = n.sku"
/* What is locked is the plan alone: its SKU and price come behind it, as everywhere. */
#define PLAN_ROWS                                                                                  \
	"SELECT id, supplier, sku, ladder, reason, starts_at, state, problem, argument,"           \
	" created_at, ended_at"                                                                    \
	"  FROM price_plan"

/* clang-format off */
static const struct sql sql[] = {
	[STANDINGS] = {
		"SELECT STRAIGHT_JOIN k.number, rs.minimum, rs.weight_g, r.category, p.listed,"
		"       rs.sku IS NULL OR EXISTS (SELECT 1 FROM revision q"
		"         JOIN revision_sku qs ON qs.revision = q.id AND qs.sku = k.number"
		"        WHERE q.product = p.id AND q.state = 'submitted' AND qs.ladder IS NOT NULL"
		"        LOCK IN SHARE MODE),"
		"       o.status <> 'active'"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  JOIN organisation o ON o.id = k.supplier"
		"  LEFT JOIN revision r ON r.id = p.revision"
		"  LEFT JOIN revision_sku rs ON rs.revision = p.revision AND rs.sku = k.number"
		" WHERE k.number IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[PLANS_PUT] = {
		"INSERT INTO price_plan (id, supplier, sku, ladder, reason, starts_at, state, problem,"
		" argument, created_at, ended_at) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE state = VALUES(state), problem = VALUES(problem),"
		" argument = VALUES(argument), ended_at = VALUES(ended_at)" },
	[PLANS_LIST] = {
		PLAN_COLUMNS
		" WHERE n.supplier = ?"
		"   AND (? IS NULL OR n.state = ?)"
		"   AND (? IS NULL OR n.id < ?)"
		" ORDER BY n.id DESC LIMIT ?" },
	[PLAN_LOCK] = {
		PLAN_ROWS
		" WHERE id = ? AND supplier = ? FOR UPDATE" },
	[PLAN_DUE] = {
		"SELECT supplier, starts_at FROM price_plan WHERE state = 'waiting' AND starts_at <= ?"
		" ORDER BY starts_at, id LIMIT 1" },
	[PLANS_DUE] = {
		PLAN_ROWS
		" WHERE supplier = ? AND state = 'waiting' AND starts_at = ?"
		" ORDER BY sku, id LIMIT ? FOR UPDATE" },
	[PLANS_WAITING] = {
		"SELECT COUNT(*) FROM price_plan WHERE supplier = ? AND state = 'waiting'" },
	[HISTORY] = {
		"SELECT at, ladder, unit_price_fen, reason FROM price_change"
		" WHERE sku = ? AND (? = 0 OR at < ?)"
		" ORDER BY at DESC LIMIT ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const char *const plan_words[] = { "waiting", "applied", "failed", "cancelled", NULL };

const struct field price_plan_fields[] = {
	{ "id", KIND_ID, FIELD_AT(price_plan, id) },
	{ "supplier", KIND_ID, FIELD_AT(price_plan, supplier), .only = ROW },
	{ "sku", KIND_REF, FIELD_AT(price_plan, sku) },
	{ "ladder", KIND_RAW, FIELD_AT(price_plan, ladder) },
	{ "reason", KIND_TEXT, FIELD_AT(price_plan, reason), .optional = true },
	{ "starts_at", KIND_INSTANT, FIELD_AT(price_plan, starts_at) },
	{ "state", KIND_WORD, FIELD_AT(price_plan, state), .words = plan_words },
	{ "problem", KIND_TEXT, FIELD_AT(price_plan, problem), .optional = true },
	{ "argument", KIND_TEXT, FIELD_AT(price_plan, argument), .only = ROW, .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(price_plan, created_at) },
	{ "ended_at", KIND_INSTANT, FIELD_AT(price_plan, ended_at), .optional = true },
	/* behind what is written */
	{ "code", KIND_TEXT, FIELD_AT(price_plan, code) },
	{ "detail", KIND_TEXT, FIELD_AT(price_plan, detail), .only = OUT, .optional = true },
};
const size_t price_plan_field_count = COUNT_OF(price_plan_fields);
enum { PLAN_WRITTEN = COUNT_OF(price_plan_fields) - 2 };

const struct field price_past_fields[] = {
	{ "at", KIND_INSTANT, FIELD_AT(price_past, at) },
	{ "ladder", KIND_RAW, FIELD_AT(price_past, ladder) },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(price_past, unit_price_fen) },
	{ "reason", KIND_TEXT, FIELD_AT(price_past, reason), .optional = true },
};
const size_t price_past_field_count = COUNT_OF(price_past_fields);

enum err price_standings_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
			      struct list *out)
{
	static const struct field fields[] = {
		{ "sku", KIND_REF, FIELD_AT(price_standing, sku) },
		{ "minimum", KIND_INT, FIELD_AT(price_standing, minimum), .optional = true },
		{ "weight_g", KIND_INT, FIELD_AT(price_standing, weight_g), .optional = true },
		{ "category", KIND_TEXT, FIELD_AT(price_standing, category), .optional = true },
		{ "listed", KIND_BOOL, FIELD_AT(price_standing, listed) },
		{ "waits", KIND_BOOL, FIELD_AT(price_standing, waits) },
		{ "ended", KIND_BOOL, FIELD_AT(price_standing, ended) },
	};
	struct value *keys = sku_keys(skus, count, arena);

	if (!keys)
		return count ? ERR_MEMORY : OK;
	return db_list_in(db, &sql[STANDINGS], db_none, keys, count, db_none, fields,
			  COUNT_OF(fields), sizeof(struct price_standing), arena, out);
}

enum err price_plans_put(struct db *db, const struct price_plan *plans, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[PLANS_PUT], price_plan_fields, PLAN_WRITTEN, plans, count,
		       sizeof(*plans));
}

enum err price_plans_list(struct db *db, struct id supplier, int32_t state, struct id before,
			  int64_t limit, struct arena *arena, struct list *out)
{
	struct value word =
		state == SMALL_NONE ? value_null() : value_string(word_of(plan_words, state));

	return db_list(db, &sql[PLANS_LIST], db_values(supplier, word, word, before, before, limit),
		       price_plan_fields, price_plan_field_count, sizeof(struct price_plan), arena,
		       out);
}

enum err price_plan_lock(struct db *db, struct id supplier, struct id id, struct arena *arena,
			 struct price_plan *out)
{
	return db_read(db, &sql[PLAN_LOCK], db_values(id, supplier), price_plan_fields,
		       PLAN_WRITTEN, arena, out);
}

enum err price_plan_due(struct db *db, int64_t now, struct arena *arena, struct price_plan *out)
{
	static const struct field fields[] = {
		{ "supplier", KIND_ID, FIELD_AT(price_plan, supplier) },
		{ "starts_at", KIND_INSTANT, FIELD_AT(price_plan, starts_at) },
	};

	return db_read(db, &sql[PLAN_DUE], db_values(now), fields, COUNT_OF(fields), arena, out);
}

enum err price_plans_waiting(struct db *db, struct id supplier, int64_t *count)
{
	return db_number(db, &sql[PLANS_WAITING], db_values(supplier), count);
}

enum err price_plans_due(struct db *db, struct id supplier, int64_t starts_at, struct arena *arena,
			 struct list *out)
{
	return db_list(db, &sql[PLANS_DUE], db_values(supplier, starts_at, value_i64(PLANS_A_TURN)),
		       price_plan_fields, PLAN_WRITTEN, sizeof(struct price_plan), arena, out);
}

enum err price_history(struct db *db, int64_t sku, int64_t before, int64_t limit,
		       struct arena *arena, struct list *out)
{
	enum err e =
		db_list(db, &sql[HISTORY], db_values(sku, before, before, limit), price_past_fields,
			price_past_field_count, sizeof(struct price_past), arena, out);

	for (size_t i = 0; i < out->count && !e; i++) {
		struct price_past *past = LIST_ITEM(*out, struct price_past, i);

		past->ladder = ladder_json(past->ladder, arena);
		if (!past->ladder.at)
			e = ERR_MEMORY;
	}
	return e;
}
