/*
 * The statements of the papers' daily look. Only what buyers see counts: the approved revision of a
 * listed product, of a supplier that may sell.
 */
#include "goods_day.h"

enum { SUPPLIERS, CERTIFICATES_TELL, MANDATES_TELL, SKUS_OVER, SQL_COUNT };

#define SHOWN                                                                                      \
	"  JOIN product p ON p.id = r.product AND p.revision = r.id AND p.listed"                  \
	"  JOIN supplier v ON v.organisation = r.supplier AND v.suspended_for IS NULL"             \
	"  JOIN organisation o ON o.id = r.supplier AND o.status = 'active'"
#define CERTIFICATES                                                                               \
	"  FROM revision_certificate c"                                                            \
	"  JOIN revision r ON r.id = c.revision" SHOWN                                             \
	"  LEFT JOIN paper_told t ON t.revision = r.id AND t.number = c.number AND t.stage = ?"    \
	" WHERE c.valid_until BETWEEN ? AND ? AND t.revision IS NULL"
#define MANDATES                                                                                   \
	"  FROM revision r" SHOWN                                                                  \
	"  LEFT JOIN paper_told t ON t.revision = r.id AND t.number = 0 AND t.stage = ?"           \
	" WHERE r.mandate_until BETWEEN ? AND ? AND t.revision IS NULL"
#define OVER                                                                                       \
	"  FROM revision r"                                                                        \
	"  JOIN product p ON p.id = r.product AND p.revision = r.id"                               \
	"  JOIN sku k ON k.product = p.id"                                                         \
	"  JOIN stock st ON st.sku = k.number AND st.on_sale"                                      \
	" WHERE r.mandate_until < ?"

/* clang-format off */
static const struct sql sql[] = {
	[SUPPLIERS] = {
		"SELECT r.supplier" CERTIFICATES
		" UNION SELECT r.supplier" MANDATES
		" UNION SELECT r.supplier" OVER
		" ORDER BY 1" },
	[CERTIFICATES_TELL] = {
		"INSERT IGNORE INTO paper_told (revision, number, stage, event)"
		" SELECT r.id, c.number, ?, ?" CERTIFICATES
		"   AND r.supplier = ?" },
	[MANDATES_TELL] = {
		"INSERT IGNORE INTO paper_told (revision, number, stage, event)"
		" SELECT r.id, 0, ?, ?" MANDATES
		"   AND r.supplier = ?" },
	[SKUS_OVER] = {
		"SELECT k.number" OVER
		"   AND r.supplier = ?"
		" ORDER BY k.number" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* The days on which a paper may end to be told of. */
struct days {
	struct value from, to;
};

static struct days days_of(const struct paper_turn *turn)
{
	if (turn->stage == PAPER_EXPIRING)
		return (struct days){ value_day(turn->day),
				      value_day(turn->day + PAPER_SOON_DAYS) };
	return (struct days){ value_day(0), value_day(turn->day - 1) };
}

enum err paper_suppliers(struct db *db, const struct paper_turn *turn, struct arena *arena,
			 struct list *out)
{
	static const struct field fields[] = { { "supplier", KIND_ID, 0 } };
	const char *stage = paper_stage_words[turn->stage];
	struct days days = days_of(turn);
	/* nothing is taken off the shelf for what will end */
	struct value over = value_day(turn->stage == PAPER_EXPIRED ? turn->day : DAY_NONE);

	return db_list(db, &sql[SUPPLIERS],
		       db_values(stage, days.from, days.to, stage, days.from, days.to, over),
		       fields, COUNT_OF(fields), sizeof(struct id), arena, out);
}

enum err papers_tell(struct tx *tx, struct paper_turn *turn)
{
	static const int statements[] = { CERTIFICATES_TELL, MANDATES_TELL };
	const char *stage = paper_stage_words[turn->stage];
	struct days days = days_of(turn);
	enum err e = OK;

	turn->papers = 0;
	for (size_t i = 0; i < COUNT_OF(statements) && !e; i++) {
		e = db_exec(tx->db, &sql[statements[i]],
			    db_values(stage, tx->event, stage, days.from, days.to, turn->supplier));
		turn->papers += e ? 0 : (int64_t)db_affected(tx->db);
	}
	return e;
}

enum err skus_over(struct tx *tx, const struct paper_turn *turn, struct list *out)
{
	static const struct field fields[] = { { "number", KIND_REF, 0 } };

	return db_list(tx->db, &sql[SKUS_OVER], db_values(value_day(turn->day), turn->supplier),
		       fields, COUNT_OF(fields), sizeof(int64_t), tx->arena, out);
}
