-- What the bank says, what it pays, what each supplier is owed.

CREATE TABLE IF NOT EXISTS bank_account (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  name VARCHAR(60) NOT NULL COMMENT 'for screens',
  bank VARCHAR(60) NOT NULL COMMENT 'name of the bank',
  number VARCHAR(34) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'account number of the supervised account, public to payers',
  created_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_number (number)
) COMMENT 'accounts that a licensed bank supervises';

CREATE TABLE IF NOT EXISTS bank_credit (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  bank_account UUID NOT NULL COMMENT 'where it arrived',
  serial VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the bank''s own: entered twice, it stands once',
  day DATE NOT NULL COMMENT 'value day',
  amount_fen BIGINT NOT NULL COMMENT 'what arrived',
  unclaimed_fen BIGINT NOT NULL COMMENT 'what no claim has taken',
  payer_name VARCHAR(120) NOT NULL COMMENT 'as the bank says',
  remark VARCHAR(200) NOT NULL COMMENT 'as the payer wrote it',
  payment_code CHAR(10) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'the valid code found in the remark',
  entered_by UUID NOT NULL COMMENT 'user',
  entered_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_serial (bank_account, serial),
  KEY by_payment_code (payment_code),
  KEY by_unclaimed (unclaimed_fen),
  CONSTRAINT claimed_once CHECK (unclaimed_fen >= 0)
) COMMENT 'money that arrived';

CREATE TABLE IF NOT EXISTS claim (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  bank_credit UUID NOT NULL COMMENT 'the credit that it takes from',
  purchase_order UUID NOT NULL COMMENT 'what it pays',
  amount_fen BIGINT NOT NULL COMMENT 'sum of its parts',
  claimed_by UUID NOT NULL COMMENT 'user',
  claimed_at BIGINT NOT NULL COMMENT 'instant',
  KEY by_bank_credit (bank_credit),
  KEY by_purchase_order (purchase_order)
) COMMENT 'ties a bank credit to what it pays';

CREATE TABLE IF NOT EXISTS claim_part (
  claim UUID NOT NULL COMMENT 'of which claim',
  supply_order UUID NOT NULL COMMENT 'what it pays',
  amount_fen BIGINT NOT NULL COMMENT 'how much of it',
  PRIMARY KEY (claim, supply_order),
  KEY by_supply_order (supply_order)
) COMMENT 'what a claim pays of each supply order';

CREATE TABLE IF NOT EXISTS statement (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  number BIGINT NOT NULL COMMENT 'spoken',
  supplier UUID NOT NULL COMMENT 'who is owed',
  month DATE NOT NULL COMMENT 'the first of the month whose end it collects up to',
  state ENUM('prepared', 'confirmed', 'released') NOT NULL COMMENT 'prepared, confirmed by the supplier, released by a second person',
  line_count INT NOT NULL COMMENT 'how many lines it has',
  accepted_fen BIGINT NOT NULL COMMENT 'sum of its lines: what is owed',
  tax_fen BIGINT NOT NULL COMMENT 'the tax inside accepted_fen',
  held_fen BIGINT NULL COMMENT 'of it in the supervised account at the release; the rest awaits payment',
  prepared_by UUID NOT NULL COMMENT 'user',
  prepared_at BIGINT NOT NULL COMMENT 'instant',
  confirmed_by UUID NULL COMMENT 'user of the supplier',
  confirmed_at BIGINT NULL COMMENT 'instant',
  released_by UUID NULL COMMENT 'user; never the one who prepared it',
  released_at BIGINT NULL COMMENT 'instant',
  digest BINARY(32) NULL COMMENT 'SM3 of its canonical CSV, sealed at the release',
  UNIQUE KEY by_number (number),
  KEY by_supplier (supplier, id),
  KEY by_state (state, id)
) COMMENT 'what is owed to one supplier for one period';

CREATE TABLE IF NOT EXISTS statement_line (
  statement UUID NOT NULL COMMENT 'of which statement',
  number INT NOT NULL COMMENT 'from 1',
  acceptance UUID NOT NULL COMMENT 'of which acceptance',
  line SMALLINT UNSIGNED NOT NULL COMMENT 'of the acceptance',
  supply_order UUID NOT NULL COMMENT 'of which supply order',
  quantity INT NOT NULL COMMENT 'pieces accepted',
  amount_fen BIGINT NOT NULL COMMENT 'as of the acceptance''s line',
  tax_fen BIGINT NOT NULL COMMENT 'the tax inside amount_fen',
  PRIMARY KEY (statement, number),
  UNIQUE KEY once (acceptance, line)
) COMMENT 'accepted quantities, each in at most one statement';
