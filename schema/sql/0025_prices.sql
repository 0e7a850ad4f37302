-- Stock and prices as suppliers change them: a version of each stock row, notes beside its movements, and prices that are to hold
-- from an instant on.

ALTER TABLE stock
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'raised by every change of the row, orders among them';

ALTER TABLE stock_movement
  MODIFY COLUMN reason ENUM('set', 'released', 'adjusted') NOT NULL COMMENT 'set: the supplier counted; released: declined order lines came back; adjusted: the supplier added or took off',
  ADD COLUMN IF NOT EXISTS note VARCHAR(200) NULL COMMENT 'the supplier''s own words';

CREATE TABLE IF NOT EXISTS price_plan (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  supplier UUID NOT NULL COMMENT 'as of the SKU',
  sku INT UNSIGNED NOT NULL COMMENT 'what is priced',
  ladder VARCHAR(400) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'rungs "quantity:fen;…"',
  reason VARCHAR(200) NULL COMMENT 'why it is above the band; buyers see it',
  starts_at BIGINT NOT NULL COMMENT 'instant from which it is to hold',
  state ENUM('waiting', 'applied', 'failed', 'cancelled') NOT NULL COMMENT 'failed: see problem',
  problem VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'E_… of why it could not be applied',
  argument VARCHAR(40) NULL COMMENT 'what fills the sentence of the problem',
  created_at BIGINT NOT NULL COMMENT 'instant',
  ended_at BIGINT NULL COMMENT 'instant; NULL while it waits',
  KEY by_start (state, starts_at, id),
  KEY by_supplier (supplier, id),
  FOREIGN KEY (sku) REFERENCES sku (number)
) COMMENT 'prices that suppliers have put down for later, and what became of them';
