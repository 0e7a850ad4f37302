/*
 * What `xiangcai verify` holds against each other in fulfilment: the running sums of order lines
 * and of parcels against receipts and acceptances, amounts against quantities, and the movements
 * that totals are made of against all of these. Each check is one SELECT of what disagrees.
 */
#include "fulfilment_private.h"

/* A running sum of order lines against the rows that @source gives as (supply_order, line, 0, n).
 */
#define PROGRESS_CHECK(column, source)                                                             \
	{                                                                                          \
		"quantity " column " of line",                                                     \
			{ "SELECT CONCAT(x.supply_order, ' ', x.line), CAST(SUM(x.stored) AS "     \
			  "INT),"                                                                  \
			  "       CAST(SUM(x.summed) AS INT)"                                      \
			  "  FROM (SELECT supply_order, line, " column " AS stored, 0 AS summed"   \
			  "          FROM line_progress"                                           \
			  "        UNION ALL " source ") x"                                        \
			  " GROUP BY x.supply_order, x.line"                                       \
			  " HAVING SUM(x.stored) <> SUM(x.summed)" },                              \
			{ "SELECT COUNT(*) FROM line_progress" },                                  \
	}
#define ACCEPTED(column)                                                                           \
	"SELECT a.supply_order, l.line, 0, l." column                                              \
	"  FROM acceptance a JOIN acceptance_line l ON l.acceptance = a.id"

/* A running sum of parcels against the rows that @source gives as (shipment, line, 0, n). */
#define PARCEL_CHECK(column, source)                                                               \
	{                                                                                          \
		"quantity " column " of parcel",                                                   \
			{ "SELECT CONCAT(x.shipment, ' ', x.line), CAST(SUM(x.stored) AS INT),"    \
			  "       CAST(SUM(x.summed) AS INT)"                                      \
			  "  FROM (SELECT shipment, line, " column " AS stored, 0 AS summed"       \
			  "          FROM shipment_line"                                           \
			  "        UNION ALL " source ") x"                                        \
			  " GROUP BY x.shipment, x.line"                                           \
			  " HAVING SUM(x.stored) <> SUM(x.summed)" },                              \
			{ "SELECT COUNT(*) FROM shipment_line" },                                  \
	}
#define DECIDED(column)                                                                            \
	"SELECT a.shipment, l.line, 0, l." column                                                  \
	"  FROM acceptance a JOIN acceptance_line l ON l.acceptance = a.id"

/* The movements of a measure against the progress of the lines, in pieces and in fen. */
#define MOVEMENT_CHECK(measure, column, fen)                                                       \
	{                                                                                          \
		measure " movement of line",                                                       \
			{ "SELECT CONCAT(x.supply_order, ' ', x.line), CAST(SUM(x.moved) AS INT)," \
			  "       CAST(SUM(x.due) AS INT)"                                         \
			  "  FROM (SELECT supply_order, line, fen AS moved, quantity, 0 AS due"    \
			  "          FROM movement"                                                \
			  "         WHERE measure = '" measure "' AND channel = 'online'"          \
			  "        UNION ALL"                                                      \
			  "        SELECT g.supply_order, g.line, 0, -g." column ", " fen          \
			  "          FROM line_progress g"                                         \
			  "          JOIN order_line l ON l.supply_order = g.supply_order"         \
			  "                           AND l.line = g.line) x"                      \
			  " GROUP BY x.supply_order, x.line"                                       \
			  " HAVING SUM(x.moved) <> SUM(x.due) OR SUM(x.quantity) <> 0" },          \
			{ "SELECT COUNT(*) FROM movement WHERE measure = '" measure "'" },         \
	}

/* What an order's balance keeps against the progress of its lines. */
#define WORTH_CHECK(column, worth)                                                                 \
	{                                                                                          \
		"amount " column " of supply order",                                               \
			{ "SELECT b.supply_order, b." column ", CAST(COALESCE(SUM(" worth          \
			  "), 0) AS INT)"                                                          \
			  "  FROM supply_balance b"                                                \
			  "  LEFT JOIN line_progress g ON g.supply_order = b.supply_order"         \
			  "  LEFT JOIN order_line l ON l.supply_order = g.supply_order"            \
			  "                        AND l.line = g.line"                            \
			  " GROUP BY b.supply_order, b." column " HAVING b." column                \
			  " <> COALESCE(SUM(" worth "), 0)" },                                     \
			{ "SELECT COUNT(*) FROM supply_balance" },                                 \
	}

/* clang-format off */
const struct check fulfilment_checks[] = {
	{ "answer to line",
	  { "SELECT CONCAT(l.supply_order, ' ', l.line), COALESCE(g.confirmed + g.declined, 0),"
	    "       l.quantity"
	    "  FROM supply_order s"
	    "  JOIN order_line l ON l.supply_order = s.id"
	    "  LEFT JOIN line_progress g ON g.supply_order = l.supply_order AND g.line = l.line"
	    "  LEFT JOIN declined_line d ON d.supply_order = l.supply_order AND d.line = l.line"
	    " WHERE s.agreement IN ('confirmed', 'declined')"
	    "   AND (g.line IS NULL OR g.confirmed + g.declined <> l.quantity"
	    "        OR g.confirmed * g.declined <> 0 OR (g.declined > 0) <> (d.line IS NOT NULL))" },
	  { "SELECT COUNT(*) FROM order_line" } },
	PROGRESS_CHECK("shipped",
		       "SELECT s.supply_order, l.line, 0, l.quantity"
		       "  FROM shipment s JOIN shipment_line l ON l.shipment = s.id"),
	PROGRESS_CHECK("received",
		       "SELECT r.supply_order, l.line, 0, l.quantity"
		       "  FROM receipt r JOIN receipt_line l ON l.receipt = r.id"),
	PROGRESS_CHECK("accepted", ACCEPTED("accepted")),
	PROGRESS_CHECK("rejected", ACCEPTED("rejected")),
	PROGRESS_CHECK("accepted_fen", ACCEPTED("accepted_fen")),
	PROGRESS_CHECK("accepted_tax_fen", ACCEPTED("accepted_tax_fen")),
	PARCEL_CHECK("received",
		     "SELECT r.shipment, l.line, 0, l.quantity"
		     "  FROM receipt r JOIN receipt_line l ON l.receipt = r.id"),
	PARCEL_CHECK("accepted", DECIDED("accepted")),
	PARCEL_CHECK("rejected", DECIDED("rejected")),
	{ "acceptance",
	  { "SELECT a.id, a.accepted_fen, CAST(COALESCE(SUM(l.accepted_fen), 0) AS INT)"
	    "  FROM acceptance a"
	    "  LEFT JOIN acceptance_line l ON l.acceptance = a.id"
	    " GROUP BY a.id, a.accepted_fen, a.accepted_tax_fen"
	    " HAVING a.accepted_fen <> COALESCE(SUM(l.accepted_fen), 0)"
	    "     OR a.accepted_tax_fen <> COALESCE(SUM(l.accepted_tax_fen), 0)" },
	  { "SELECT COUNT(*) FROM acceptance" } },
	{ "accepted amount of line",
	  { "SELECT CONCAT(g.supply_order, ' ', g.line), g.accepted_fen, g.accepted * l.unit_price_fen"
	    "  FROM line_progress g"
	    "  JOIN order_line l ON l.supply_order = g.supply_order AND l.line = g.line"
	    " WHERE g.accepted_fen <> g.accepted * l.unit_price_fen"
	    "    OR (g.accepted = l.quantity AND g.accepted_tax_fen <> l.tax_fen)" },
	  { "SELECT COUNT(*) FROM line_progress" } },
	WORTH_CHECK("agreed_fen", "g.confirmed * l.unit_price_fen"),
	WORTH_CHECK("rejected_fen", "g.rejected * l.unit_price_fen"),
	MOVEMENT_CHECK("confirmed", "confirmed", "g.confirmed * l.unit_price_fen"),
	MOVEMENT_CHECK("shipped", "shipped", "g.shipped * l.unit_price_fen"),
	MOVEMENT_CHECK("accepted", "accepted", "g.accepted_fen"),
};
/* clang-format on */
const size_t fulfilment_check_count = COUNT_OF(fulfilment_checks);
