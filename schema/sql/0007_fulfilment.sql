-- What suppliers send and units take.

CREATE TABLE IF NOT EXISTS declined_line (
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the supply order',
  reason VARCHAR(200) NOT NULL COMMENT 'in the supplier''s words',
  PRIMARY KEY (supply_order, line)
) COMMENT 'lines that the supplier did not confirm';

CREATE TABLE IF NOT EXISTS shipment (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  carrier VARCHAR(40) NOT NULL COMMENT 'who brings it',
  tracking_number VARCHAR(40) NOT NULL COMMENT 'the carrier''s own; empty when there is none',
  shipped_at BIGINT NOT NULL COMMENT 'instant',
  shipped_by UUID NOT NULL COMMENT 'user',
  KEY by_supply_order (supply_order, id)
) COMMENT 'goods on their way';

CREATE TABLE IF NOT EXISTS shipment_line (
  shipment UUID NOT NULL COMMENT 'of which shipment',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the supply order',
  quantity INT NOT NULL COMMENT 'pieces sent',
  received INT NOT NULL DEFAULT 0 COMMENT 'sum of its receipts',
  accepted INT NOT NULL DEFAULT 0 COMMENT 'sum of its acceptances',
  rejected INT NOT NULL DEFAULT 0 COMMENT 'sum of its acceptances',
  PRIMARY KEY (shipment, line),
  CONSTRAINT of_what_was_sent CHECK (received <= quantity AND accepted + rejected <= received)
) COMMENT 'what is in a shipment';

CREATE TABLE IF NOT EXISTS receipt (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  shipment UUID NOT NULL COMMENT 'of which shipment',
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  received_at BIGINT NOT NULL COMMENT 'instant',
  received_by UUID NOT NULL COMMENT 'user',
  KEY by_supply_order (supply_order, id)
) COMMENT 'it arrived';

CREATE TABLE IF NOT EXISTS receipt_line (
  receipt UUID NOT NULL COMMENT 'of which receipt',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the supply order',
  quantity INT NOT NULL COMMENT 'pieces that arrived',
  PRIMARY KEY (receipt, line)
) COMMENT 'how much of it arrived';

CREATE TABLE IF NOT EXISTS acceptance (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  shipment UUID NOT NULL COMMENT 'of which shipment',
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  supplier UUID NOT NULL COMMENT 'who sold',
  day DATE NOT NULL COMMENT 'business day: on which it counts as sold',
  accepted_fen BIGINT NOT NULL COMMENT 'sum of its lines',
  accepted_tax_fen BIGINT NOT NULL COMMENT 'the tax inside accepted_fen',
  accepted_at BIGINT NOT NULL COMMENT 'instant',
  accepted_by UUID NOT NULL COMMENT 'user',
  KEY by_supply_order (supply_order, id),
  KEY by_supplier (supplier, day)
) COMMENT 'it is what was ordered, or not';

CREATE TABLE IF NOT EXISTS acceptance_line (
  acceptance UUID NOT NULL COMMENT 'of which acceptance',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the supply order',
  accepted INT NOT NULL COMMENT 'pieces',
  rejected INT NOT NULL COMMENT 'pieces',
  reason VARCHAR(200) NOT NULL COMMENT 'of the rejection; empty when nothing was rejected',
  accepted_fen BIGINT NOT NULL COMMENT 'accepted × unit price',
  accepted_tax_fen BIGINT NOT NULL COMMENT 'its part of the line''s tax: the parts of a line add up to the line''s',
  PRIMARY KEY (acceptance, line)
) COMMENT 'quantities accepted and rejected, line by line';
