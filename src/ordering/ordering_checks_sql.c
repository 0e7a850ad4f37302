/*
 * What `xiangcai verify` holds against each other in ordering: heads against lines, lines against
 * their price and tax, and the movements that totals are made of against the lines. Each check is
 * one SELECT of what disagrees.
 */
#include "ordering_private.h"

/* clang-format off */
const struct check ordering_checks[] = {
	{ "supply order",
	  { "SELECT CAST(s.number AS CHAR), s.amount_fen, CAST(COALESCE(SUM(l.amount_fen), 0) AS INT)"
	    "  FROM supply_order s"
	    "  LEFT JOIN order_line l ON l.supply_order = s.id"
	    " GROUP BY s.id, s.number, s.amount_fen, s.tax_fen, s.line_count"
	    " HAVING s.amount_fen <> COALESCE(SUM(l.amount_fen), 0)"
	    "     OR s.tax_fen <> COALESCE(SUM(l.tax_fen), 0)"
	    "     OR s.line_count <> COUNT(l.line)" },
	  { "SELECT COUNT(*) FROM supply_order" } },
	{ "purchase order",
	  { "SELECT CAST(p.number AS CHAR), p.amount_fen, CAST(COALESCE(SUM(s.amount_fen), 0) AS INT)"
	    "  FROM purchase_order p"
	    "  LEFT JOIN supply_order s ON s.purchase_order = p.id AND s.unit = p.unit"
	    " GROUP BY p.id, p.number, p.amount_fen, p.tax_fen, p.line_count, p.supply_order_count"
	    " HAVING p.amount_fen <> COALESCE(SUM(s.amount_fen), 0)"
	    "     OR p.tax_fen <> COALESCE(SUM(s.tax_fen), 0)"
	    "     OR p.line_count <> COALESCE(SUM(s.line_count), 0)"
	    "     OR p.supply_order_count <> COUNT(s.id)" },
	  { "SELECT COUNT(*) FROM purchase_order" } },
	{ "amount of order line",
	  { "SELECT CONCAT(l.supply_order, ' ', l.line), l.amount_fen, l.quantity * l.unit_price_fen"
	    "  FROM order_line l"
	    " WHERE l.amount_fen <> l.quantity * l.unit_price_fen" },
	  { "SELECT COUNT(*) FROM order_line" } },
	{ "tax of order line",
	  { "SELECT CONCAT(x.supply_order, ' ', x.line), x.tax_fen, x.due"
	    "  FROM (SELECT supply_order, line, tax_fen,"
	    "               IF(vat_kind = 'taxed',"
	    "                  (2 * amount_fen * vat_rate + 100 + vat_rate) DIV (2 * (100 + vat_rate)),"
	    "                  0) AS due"
	    "          FROM order_line) x"
	    " WHERE x.tax_fen <> x.due" },
	  { "SELECT COUNT(*) FROM order_line" } },
	{ "ordered movement of line",
	  { "SELECT CONCAT(x.supply_order, ' ', x.line), CAST(SUM(x.moved) AS INT),"
	    "       CAST(SUM(x.placed) AS INT)"
	    "  FROM (SELECT supply_order, line, fen AS moved, quantity, 0 AS placed"
	    "          FROM movement"
	    "         WHERE measure = 'ordered' AND channel = 'online'"
	    "        UNION ALL"
	    "        SELECT supply_order, line, 0, -quantity, amount_fen"
	    "          FROM order_line) x"
	    " GROUP BY x.supply_order, x.line"
	    " HAVING SUM(x.moved) <> SUM(x.placed) OR SUM(x.quantity) <> 0" },
	  { "SELECT COUNT(*) FROM movement WHERE measure = 'ordered'" } },
};
/* clang-format on */
const size_t ordering_check_count = COUNT_OF(ordering_checks);
