-- What units buy.

CREATE TABLE IF NOT EXISTS purchase_order (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  number BIGINT NOT NULL COMMENT 'spoken',
  unit UUID NOT NULL COMMENT 'organisation that buys',
  placed_by UUID NOT NULL COMMENT 'user',
  terms ENUM('pay_first', 'pay_later') NOT NULL COMMENT 'whether the money comes before the goods',
  payment_code CHAR(10) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'for the transfer''s remark; the last digit checks the others',
  ship_within_days TINYINT NOT NULL COMMENT '7, 15 or 30, from the confirmation',
  delivery_address VARCHAR(200) NOT NULL COMMENT 'as the buyer wrote it',
  note VARCHAR(500) NOT NULL COMMENT 'empty when there is none',
  line_count INT NOT NULL COMMENT 'how many lines it has',
  supply_order_count INT NOT NULL COMMENT 'how many suppliers share it',
  amount_fen BIGINT NOT NULL COMMENT 'sum of its lines as placed',
  tax_fen BIGINT NOT NULL COMMENT 'the tax inside amount_fen',
  submitted_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_number (number),
  UNIQUE KEY by_payment_code (payment_code),
  KEY by_unit (unit, id)
) COMMENT 'what a unit places: lines of any number of suppliers; never changed';

CREATE TABLE IF NOT EXISTS supply_order (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  number BIGINT NOT NULL COMMENT 'spoken',
  purchase_order UUID NOT NULL COMMENT 'what it is a part of',
  unit UUID NOT NULL COMMENT 'as of the purchase order',
  supplier UUID NOT NULL COMMENT 'organisation that fulfils it',
  agreement ENUM('awaiting_approval', 'placed', 'confirmed', 'rejected', 'declined', 'cancelled', 'expired') NOT NULL COMMENT 'the one stored state',
  terms ENUM('pay_first', 'pay_later') NOT NULL COMMENT 'as of the purchase order',
  ship_within_days TINYINT NOT NULL COMMENT 'as of the purchase order',
  line_count INT NOT NULL COMMENT 'how many lines it has',
  amount_fen BIGINT NOT NULL COMMENT 'sum of its lines as placed',
  tax_fen BIGINT NOT NULL COMMENT 'the tax inside amount_fen',
  placed_at BIGINT NOT NULL COMMENT 'instant',
  confirmed_at BIGINT NULL COMMENT 'instant of the supplier''s answer',
  ship_by DATE NULL COMMENT 'latest day of shipping, from the confirmation',
  UNIQUE KEY by_number (number),
  KEY by_purchase_order (purchase_order),
  KEY by_unit (unit, id),
  KEY by_supplier (supplier, id),
  KEY by_agreement (supplier, agreement, id)
) COMMENT 'the part of a purchase order that one supplier fulfils';

CREATE TABLE IF NOT EXISTS order_line (
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'from 1 within the supply order',
  sku INT UNSIGNED NOT NULL COMMENT 'number of the SKU',
  revision UUID NOT NULL COMMENT 'the content it was placed with',
  offer BIGINT NOT NULL COMMENT 'the offer it was placed at',
  quantity INT NOT NULL COMMENT 'pieces, as placed',
  unit_price_fen BIGINT NOT NULL COMMENT 'of the rung that its quantity reached',
  amount_fen BIGINT NOT NULL COMMENT 'quantity × unit price; stored, summed, never computed again',
  vat_kind ENUM('taxed', 'zero', 'exempt') NOT NULL COMMENT 'as of the revision',
  vat_rate TINYINT NOT NULL COMMENT 'percent, as of the revision',
  tax_fen BIGINT NOT NULL COMMENT 'the tax inside amount_fen',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'origin of the goods',
  category VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'of the goods',
  PRIMARY KEY (supply_order, line)
) COMMENT 'a line as placed; never changed. Holds stock from the moment it exists';
