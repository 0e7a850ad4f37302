/*
 * The only file of fulfilment that says SELECT.
 */
#include "fulfilment_private.h"

static const struct field declined_line_fields[] = {
	{ "supply_order", KIND_ID, FIELD_AT(declined_line, supply_order) },
	{ "line", KIND_INT, FIELD_AT(declined_line, line) },
	{ "reason", KIND_TEXT, FIELD_AT(declined_line, reason) },
};

static const struct field shipment_line_fields[] = {
	{ "shipment", KIND_ID, FIELD_AT(shipment_line, shipment), .only = ROW },
	{ "line", KIND_INT, FIELD_AT(shipment_line, line), .min = 1, .max = ORDER_LINES_MAX },
	{ "quantity", KIND_INT, FIELD_AT(shipment_line, quantity), .min = 1, .max = QUANTITY_MAX },
	{ "received", KIND_INT, FIELD_AT(shipment_line, received), .only = OUT | ROW },
	{ "accepted", KIND_INT, FIELD_AT(shipment_line, accepted), .only = OUT | ROW },
	{ "rejected", KIND_INT, FIELD_AT(shipment_line, rejected), .only = OUT | ROW },
};

const struct field shipment_fields[] = {
	{ "id", KIND_ID, FIELD_AT(shipment, id), .only = OUT | ROW },
	{ "supply_order", KIND_ID, FIELD_AT(shipment, supply_order), .only = OUT | ROW },
	{ "carrier", KIND_TEXT, FIELD_AT(shipment, carrier), .min = 1, .max = 40 },
	{ "tracking_number", KIND_TEXT, FIELD_AT(shipment, tracking_number), .min = 1, .max = 40 },
	{ "shipped_at", KIND_INSTANT, FIELD_AT(shipment, shipped_at), .only = OUT | ROW },
	{ "shipped_by", KIND_ID, FIELD_AT(shipment, shipped_by), .only = OUT | ROW },
	{ "lines", KIND_LIST, FIELD_AT(shipment, lines), .only = IN | OUT, .optional = true,
	  .max = ORDER_LINES_MAX, .of = shipment_line_fields,
	  .of_count = COUNT_OF(shipment_line_fields), .of_size = sizeof(struct shipment_line) },
};
const size_t shipment_field_count = COUNT_OF(shipment_fields);

static const struct field receipt_line_fields[] = {
	{ "receipt", KIND_ID, FIELD_AT(receipt_line, receipt), .only = ROW },
	{ "line", KIND_INT, FIELD_AT(receipt_line, line), .min = 1, .max = ORDER_LINES_MAX },
	{ "quantity", KIND_INT, FIELD_AT(receipt_line, quantity), .min = 1, .max = QUANTITY_MAX },
};

const struct field receipt_fields[] = {
	{ "id", KIND_ID, FIELD_AT(receipt, id), .only = OUT | ROW },
	{ "shipment", KIND_ID, FIELD_AT(receipt, shipment) },
	{ "supply_order", KIND_ID, FIELD_AT(receipt, supply_order), .only = OUT | ROW },
	{ "received_at", KIND_INSTANT, FIELD_AT(receipt, received_at), .only = OUT | ROW },
	{ "received_by", KIND_ID, FIELD_AT(receipt, received_by), .only = OUT | ROW },
	{ "lines", KIND_LIST, FIELD_AT(receipt, lines), .only = IN | OUT, .optional = true,
	  .max = ORDER_LINES_MAX, .of = receipt_line_fields,
	  .of_count = COUNT_OF(receipt_line_fields), .of_size = sizeof(struct receipt_line) },
};
const size_t receipt_field_count = COUNT_OF(receipt_fields);

static const struct field acceptance_line_fields[] = {
	{ "acceptance", KIND_ID, FIELD_AT(acceptance_line, acceptance), .only = ROW },
	{ "line", KIND_INT, FIELD_AT(acceptance_line, line), .min = 1, .max = ORDER_LINES_MAX },
	{ "accepted", KIND_INT, FIELD_AT(acceptance_line, accepted), .min = 0,
	  .max = QUANTITY_MAX },
	{ "rejected", KIND_INT, FIELD_AT(acceptance_line, rejected), .min = 0,
	  .max = QUANTITY_MAX },
	{ "reason", KIND_TEXT, FIELD_AT(acceptance_line, reason), .optional = true, .max = 200 },
	{ "accepted_fen", KIND_FEN, FIELD_AT(acceptance_line, accepted_fen), .only = OUT | ROW },
	{ "accepted_tax_fen", KIND_FEN, FIELD_AT(acceptance_line, accepted_tax_fen),
	  .only = OUT | ROW },
};

const struct field acceptance_fields[] = {
	{ "id", KIND_ID, FIELD_AT(acceptance, id), .only = OUT | ROW },
	{ "shipment", KIND_ID, FIELD_AT(acceptance, shipment) },
	{ "supply_order", KIND_ID, FIELD_AT(acceptance, supply_order), .only = OUT | ROW },
	{ "supplier", KIND_ID, FIELD_AT(acceptance, supplier), .only = OUT | ROW },
	{ "day", KIND_DAY, FIELD_AT(acceptance, day), .only = OUT | ROW },
	{ "accepted_fen", KIND_FEN, FIELD_AT(acceptance, accepted_fen), .only = OUT | ROW },
	{ "accepted_tax_fen", KIND_FEN, FIELD_AT(acceptance, accepted_tax_fen), .only = OUT | ROW },
	{ "accepted_at", KIND_INSTANT, FIELD_AT(acceptance, accepted_at), .only = OUT | ROW },
	{ "accepted_by", KIND_ID, FIELD_AT(acceptance, accepted_by), .only = OUT | ROW },
	{ "lines", KIND_LIST, FIELD_AT(acceptance, lines), .only = IN | OUT, .optional = true,
	  .max = ORDER_LINES_MAX, .of = acceptance_line_fields,
	  .of_count = COUNT_OF(acceptance_line_fields), .of_size = sizeof(struct acceptance_line) },
};
const size_t acceptance_field_count = COUNT_OF(acceptance_fields);

enum {
	DECLINED_LINES_INSERT,
	SHIPMENT_INSERT,
	SHIPMENT_LINES_INSERT,
	SHIPMENT_LINES_LOCK,
	SHIPMENT_LINES_WRITE,
	RECEIPT_INSERT,
	RECEIPT_LINES_INSERT,
	ACCEPTANCE_INSERT,
	ACCEPTANCE_LINES_INSERT,
	SHIPMENTS_LIST,
	SHIPMENT_LINES_OF_ORDER,
	ACCEPTANCES_LIST,
	ACCEPTANCE_LINES_OF_ORDER,
	SQL_COUNT
};

static const struct sql sql[] = {
	[DECLINED_LINES_INSERT] = { "INSERT INTO declined_line (supply_order, line, reason) "
				    "VALUES ",
				    "(?, ?, ?)", "" },
	[SHIPMENT_INSERT] = { "INSERT INTO shipment (id, supply_order, carrier, tracking_number, "
			      "shipped_at, shipped_by) VALUES ",
			      "(?, ?, ?, ?, ?, ?)", "" },
	[SHIPMENT_LINES_INSERT] = { "INSERT INTO shipment_line (shipment, line, quantity, "
				    "received, accepted, rejected) VALUES ",
				    "(?, ?, ?, ?, ?, ?)", "" },
	[SHIPMENT_LINES_LOCK] = { "SELECT l.shipment, l.line, l.quantity, l.received, l.accepted, "
				  "l.rejected"
				  "  FROM shipment s"
				  "  JOIN shipment_line l ON l.shipment = s.id"
				  " WHERE s.id = ? AND s.supply_order = ?"
				  " ORDER BY l.line"
				  "   FOR UPDATE" },
	[SHIPMENT_LINES_WRITE] = { "INSERT INTO shipment_line (shipment, line, quantity, received, "
				   "accepted, rejected) VALUES ",
				   "(?, ?, ?, ?, ?, ?)",
				   " ON DUPLICATE KEY UPDATE received = VALUES(received), accepted "
				   "= VALUES(accepted),"
				   " rejected = VALUES(rejected)" },
	[RECEIPT_INSERT] = { "INSERT INTO receipt (id, shipment, supply_order, received_at, "
			     "received_by) VALUES ",
			     "(?, ?, ?, ?, ?)", "" },
	[RECEIPT_LINES_INSERT] = { "INSERT INTO receipt_line (receipt, line, quantity) VALUES ",
				   "(?, ?, ?)", "" },
	[ACCEPTANCE_INSERT] = { "INSERT INTO acceptance (id, shipment, supply_order, supplier, "
				"day, accepted_fen,"
				" accepted_tax_fen, accepted_at, accepted_by) VALUES ",
				"(?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[ACCEPTANCE_LINES_INSERT] = { "INSERT INTO acceptance_line (acceptance, line, accepted, "
				      "rejected, reason, accepted_fen,"
				      " accepted_tax_fen) VALUES ",
				      "(?, ?, ?, ?, ?, ?, ?)", "" },
	[SHIPMENTS_LIST] = { "SELECT id, supply_order, carrier, tracking_number, shipped_at, "
			     "shipped_by"
			     "  FROM shipment"
			     " WHERE supply_order = ?"
			     " ORDER BY id" },
	[SHIPMENT_LINES_OF_ORDER] = { "SELECT l.shipment, l.line, l.quantity, l.received, "
				      "l.accepted, l.rejected"
				      "  FROM shipment s"
				      "  JOIN shipment_line l ON l.shipment = s.id"
				      " WHERE s.supply_order = ?"
				      " ORDER BY s.id, l.line" },
	[ACCEPTANCES_LIST] = { "SELECT id, shipment, supply_order, supplier, day, accepted_fen, "
			       "accepted_tax_fen,"
			       "       accepted_at, accepted_by"
			       "  FROM acceptance"
			       " WHERE supply_order = ?"
			       " ORDER BY id" },
	[ACCEPTANCE_LINES_OF_ORDER] = { "SELECT l.acceptance, l.line, l.accepted, l.rejected, "
					"l.reason, l.accepted_fen,"
					"       l.accepted_tax_fen"
					"  FROM acceptance a"
					"  JOIN acceptance_line l ON l.acceptance = a.id"
					" WHERE a.supply_order = ?"
					" ORDER BY a.id, l.line" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

enum err declined_lines_insert(struct db *db, const struct list *lines)
{
	return db_rows(db, &sql[DECLINED_LINES_INSERT], declined_line_fields,
		       COUNT_OF(declined_line_fields), lines->at, lines->count,
		       sizeof(struct declined_line));
}

enum err shipment_insert(struct db *db, const struct shipment *shipment)
{
	enum err e = db_rows(db, &sql[SHIPMENT_INSERT], shipment_fields, shipment_field_count,
			     shipment, 1, sizeof(*shipment));
	if (e)
		return e;
	return db_rows(db, &sql[SHIPMENT_LINES_INSERT], shipment_line_fields,
		       COUNT_OF(shipment_line_fields), shipment->lines.at, shipment->lines.count,
		       sizeof(struct shipment_line));
}

enum err shipment_lines_lock(struct db *db, struct id shipment, struct id supply_order,
			     struct arena *arena, struct list *out)
{
	enum err e = db_list(db, &sql[SHIPMENT_LINES_LOCK], db_values(shipment, supply_order),
			     shipment_line_fields, COUNT_OF(shipment_line_fields),
			     sizeof(struct shipment_line), arena, out);
	if (e)
		return e;
	return out->count ? OK : ERR_NOT_FOUND;
}

enum err shipment_lines_write(struct db *db, const struct list *lines)
{
	return db_rows(db, &sql[SHIPMENT_LINES_WRITE], shipment_line_fields,
		       COUNT_OF(shipment_line_fields), lines->at, lines->count,
		       sizeof(struct shipment_line));
}

enum err receipt_insert(struct db *db, const struct receipt *receipt)
{
	enum err e = db_rows(db, &sql[RECEIPT_INSERT], receipt_fields, receipt_field_count, receipt,
			     1, sizeof(*receipt));
	if (e)
		return e;
	return db_rows(db, &sql[RECEIPT_LINES_INSERT], receipt_line_fields,
		       COUNT_OF(receipt_line_fields), receipt->lines.at, receipt->lines.count,
		       sizeof(struct receipt_line));
}

enum err acceptance_insert(struct db *db, const struct acceptance *acceptance)
{
	enum err e = db_rows(db, &sql[ACCEPTANCE_INSERT], acceptance_fields, acceptance_field_count,
			     acceptance, 1, sizeof(*acceptance));
	if (e)
		return e;
	return db_rows(db, &sql[ACCEPTANCE_LINES_INSERT], acceptance_line_fields,
		       COUNT_OF(acceptance_line_fields), acceptance->lines.at,
		       acceptance->lines.count, sizeof(struct acceptance_line));
}

enum err shipments_list(struct db *db, struct id supply_order, struct arena *arena,
			struct list *out)
{
	struct list lines = { 0 };
	size_t at = 0;

	enum err e = db_list(db, &sql[SHIPMENTS_LIST], db_values(supply_order), shipment_fields,
			     shipment_field_count, sizeof(struct shipment), arena, out);
	if (!e)
		e = db_list(db, &sql[SHIPMENT_LINES_OF_ORDER], db_values(supply_order),
			    shipment_line_fields, COUNT_OF(shipment_line_fields),
			    sizeof(struct shipment_line), arena, &lines);
	for (size_t i = 0; !e && i < out->count; i++) {
		struct shipment *shipment = LIST_ITEM(*out, struct shipment, i);

		shipment->lines.at = LIST_ITEM(lines, struct shipment_line, at);
		for (; at < lines.count &&
		       id_equal(LIST_ITEM(lines, struct shipment_line, at)->shipment, shipment->id);
		     at++)
			shipment->lines.count++;
	}
	return e;
}

enum err acceptances_list(struct db *db, struct id supply_order, struct arena *arena,
			  struct list *out)
{
	struct list lines = { 0 };
	size_t at = 0;

	enum err e = db_list(db, &sql[ACCEPTANCES_LIST], db_values(supply_order), acceptance_fields,
			     acceptance_field_count, sizeof(struct acceptance), arena, out);
	if (!e)
		e = db_list(db, &sql[ACCEPTANCE_LINES_OF_ORDER], db_values(supply_order),
			    acceptance_line_fields, COUNT_OF(acceptance_line_fields),
			    sizeof(struct acceptance_line), arena, &lines);
	for (size_t i = 0; !e && i < out->count; i++) {
		struct acceptance *acceptance = LIST_ITEM(*out, struct acceptance, i);

		acceptance->lines.at = LIST_ITEM(lines, struct acceptance_line, at);
		for (; at < lines.count &&
		       id_equal(LIST_ITEM(lines, struct acceptance_line, at)->acceptance,
				acceptance->id);
		     at++)
			acceptance->lines.count++;
	}
	return e;
}
