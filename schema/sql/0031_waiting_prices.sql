-- Revisions that waited when content and price came apart said the price of every SKU. Where that is the price in force, they ask
-- for none: so they stand in no way of new prices, and their approval is no change of price.

UPDATE revision r
  JOIN revision_sku rs ON rs.revision = r.id
  JOIN price n ON n.sku = rs.sku
   SET rs.ladder = NULL
 WHERE r.state = 'submitted' AND rs.ladder = n.ladder AND rs.price_reason IS NULL;
