-- What is owed, what moved, and the sums of it.

CREATE TABLE IF NOT EXISTS account (
  kind ENUM('receivable', 'payable', 'advance', 'refund', 'bank', 'unclaimed', 'prepaid') NOT NULL COMMENT 'what the account keeps; with owner its name',
  owner UUID NOT NULL COMMENT 'organisation; for bank and unclaimed the bank account',
  balance_fen BIGINT NOT NULL COMMENT 'debits less credits; equals the sum of its entries',
  PRIMARY KEY (kind, owner)
) COMMENT 'balances beside the entries they can be derived from';

CREATE TABLE IF NOT EXISTS journal (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  event UUID NOT NULL COMMENT 'the event that booked it',
  kind ENUM('acceptance', 'advance_applied', 'advance_released', 'bank_credit', 'claim', 'statement_payout') NOT NULL COMMENT 'what happened',
  source UUID NOT NULL COMMENT 'the acceptance, bank credit, claim … behind it',
  day DATE NOT NULL COMMENT 'business day',
  reverses UUID NULL COMMENT 'the journal that this one takes back',
  KEY by_source (source),
  KEY by_day (day, id)
) COMMENT 'double entry, append only';

CREATE TABLE IF NOT EXISTS entry (
  journal UUID NOT NULL COMMENT 'of which journal',
  number TINYINT NOT NULL COMMENT 'from 1',
  kind ENUM('receivable', 'payable', 'advance', 'refund', 'bank', 'unclaimed', 'prepaid') NOT NULL COMMENT 'with owner: the account',
  owner UUID NOT NULL COMMENT 'with kind: the account',
  supply_order UUID NULL COMMENT 'where one is concerned',
  fen BIGINT NOT NULL COMMENT 'debit above zero, credit below; a journal''s entries sum to zero',
  PRIMARY KEY (journal, number),
  KEY by_account (kind, owner, journal),
  KEY by_supply_order (supply_order),
  CONSTRAINT never_zero CHECK (fen <> 0)
) COMMENT 'one side of a journal';

CREATE TABLE IF NOT EXISTS supply_balance (
  supply_order UUID NOT NULL PRIMARY KEY COMMENT 'whose money this is',
  unit UUID NOT NULL COMMENT 'the organisation that buys',
  supplier UUID NOT NULL COMMENT 'the organisation that sells',
  agreed_fen BIGINT NOT NULL COMMENT 'confirmed lines, declined ones taken off',
  accepted_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'accepted lines: what is owed in all',
  rejected_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'worth of quantities rejected at acceptance',
  claimed_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'bank credits tied to it',
  receivable_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'accepted and not yet paid',
  advance_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'paid and not yet accepted',
  refund_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'paid and to be given back',
  held_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'in the supervised account for this order',
  stated_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'in statements',
  settled_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'in released statements',
  CONSTRAINT money_of_one_order CHECK (held_fen >= 0 AND receivable_fen >= 0 AND advance_fen >= 0 AND refund_fen >= 0)
) COMMENT 'the money of one supply order, from its confirmation: what is held for it pays it only';

CREATE TABLE IF NOT EXISTS line_progress (
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the supply order',
  confirmed INT NOT NULL DEFAULT 0 COMMENT 'quantities from here on',
  declined INT NOT NULL DEFAULT 0 COMMENT 'not agreed to by the supplier',
  shipped INT NOT NULL DEFAULT 0 COMMENT 'handed to a carrier',
  received INT NOT NULL DEFAULT 0 COMMENT 'arrived',
  accepted INT NOT NULL DEFAULT 0 COMMENT 'found to be what was ordered',
  rejected INT NOT NULL DEFAULT 0 COMMENT 'found not to be',
  accepted_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'sum of its acceptances',
  accepted_tax_fen BIGINT NOT NULL DEFAULT 0 COMMENT 'the tax inside accepted_fen',
  PRIMARY KEY (supply_order, line),
  CONSTRAINT in_order CHECK (shipped <= confirmed AND received <= shipped AND accepted + rejected <= received)
) COMMENT 'running quantities of an order line, from its confirmation: every facet is computed from them';

CREATE TABLE IF NOT EXISTS movement (
  event UUID NOT NULL COMMENT 'its position orders the movement',
  number INT UNSIGNED NOT NULL COMMENT 'within the event',
  measure ENUM('ordered', 'confirmed', 'shipped', 'accepted', 'returned', 'settled') NOT NULL COMMENT 'what it adds to',
  day DATE NOT NULL COMMENT 'business day',
  channel ENUM('online', 'offline', 'legacy') NOT NULL COMMENT 'how it was bought',
  supply_order UUID NOT NULL COMMENT 'the source',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the supply order',
  unit UUID NOT NULL COMMENT 'who bought',
  supplier UUID NOT NULL COMMENT 'who sold',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'origin of the goods',
  category VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'of the goods',
  quantity BIGINT NOT NULL COMMENT 'negative for returns',
  fen BIGINT NOT NULL COMMENT 'negative for returns',
  PRIMARY KEY (event, number),
  KEY by_county (measure, county, day),
  KEY by_supplier (measure, supplier, day),
  KEY by_unit (measure, unit, day),
  KEY by_supply_order (supply_order)
) COMMENT 'what every total is the sum of';

CREATE TABLE IF NOT EXISTS rollup_county (
  measure ENUM('ordered', 'confirmed', 'shipped', 'accepted', 'returned', 'settled') NOT NULL COMMENT 'what was counted, as in docs/money.md',
  channel ENUM('online', 'offline', 'legacy') NOT NULL COMMENT 'how it was bought',
  grain ENUM('day', 'month') NOT NULL COMMENT 'whether a row is a day or a month',
  since DATE NOT NULL COMMENT 'the day, or the first of the month',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'origin of the goods',
  movements BIGINT NOT NULL COMMENT 'number of rows behind it',
  quantity BIGINT NOT NULL COMMENT 'sum of their pieces',
  fen BIGINT NOT NULL COMMENT 'sum of their amounts',
  PRIMARY KEY (measure, channel, grain, since, county)
) COMMENT 'sums of movements up to the sequencer''s position';

CREATE TABLE IF NOT EXISTS rollup_supplier (
  measure ENUM('ordered', 'confirmed', 'shipped', 'accepted', 'returned', 'settled') NOT NULL COMMENT 'what was counted, as in docs/money.md',
  channel ENUM('online', 'offline', 'legacy') NOT NULL COMMENT 'how it was bought',
  grain ENUM('day', 'month') NOT NULL COMMENT 'whether a row is a day or a month',
  since DATE NOT NULL COMMENT 'the day, or the first of the month',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'origin of the goods',
  supplier UUID NOT NULL COMMENT 'the organisation that sells',
  movements BIGINT NOT NULL COMMENT 'number of rows behind it',
  quantity BIGINT NOT NULL COMMENT 'sum of their pieces',
  fen BIGINT NOT NULL COMMENT 'sum of their amounts',
  PRIMARY KEY (measure, channel, grain, county, since, supplier)
) COMMENT 'sums of movements up to the sequencer''s position';

CREATE TABLE IF NOT EXISTS rollup_unit (
  measure ENUM('ordered', 'confirmed', 'shipped', 'accepted', 'returned', 'settled') NOT NULL COMMENT 'what was counted, as in docs/money.md',
  channel ENUM('online', 'offline', 'legacy') NOT NULL COMMENT 'how it was bought',
  grain ENUM('day', 'month') NOT NULL COMMENT 'whether a row is a day or a month',
  since DATE NOT NULL COMMENT 'the day, or the first of the month',
  unit UUID NOT NULL COMMENT 'the organisation that buys',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'origin of the goods',
  movements BIGINT NOT NULL COMMENT 'number of rows behind it',
  quantity BIGINT NOT NULL COMMENT 'sum of their pieces',
  fen BIGINT NOT NULL COMMENT 'sum of their amounts',
  PRIMARY KEY (measure, channel, grain, unit, since, county)
) COMMENT 'sums of movements up to the sequencer''s position';
