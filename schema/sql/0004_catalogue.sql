-- What is sold: categories, products, revisions, SKUs, stock, imports.

CREATE TABLE IF NOT EXISTS category (
  code VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY COMMENT 'two digits a level',
  parent VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'NULL on level 1',
  level TINYINT NOT NULL COMMENT '1 or 2; goods stand in level 2',
  name VARCHAR(30) NOT NULL COMMENT 'Chinese',
  name_en VARCHAR(60) NOT NULL COMMENT 'English',
  vat_kind ENUM('taxed', 'zero', 'exempt') NOT NULL COMMENT 'what a row without a VAT column gets',
  vat_rate TINYINT NOT NULL COMMENT 'percent; 0 unless taxed'
) COMMENT 'two levels of goods';

CREATE TABLE IF NOT EXISTS product (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  supplier UUID NOT NULL COMMENT 'organisation that sells it',
  revision UUID NULL COMMENT 'the approved revision on sale; NULL before the first approval',
  latest UUID NOT NULL COMMENT 'the newest revision, whatever its state; the approved one again when a newer one was withdrawn',
  listed BOOLEAN NOT NULL COMMENT 'the supplier''s switch',
  created_at BIGINT NOT NULL COMMENT 'instant',
  KEY by_supplier (supplier, id)
) COMMENT 'something a supplier sells';

CREATE TABLE IF NOT EXISTS sku (
  number INT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'the platform''s 8 digits',
  product UUID NOT NULL COMMENT 'the product it is a variant of',
  supplier UUID NOT NULL COMMENT 'as of the product',
  code VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the supplier''s own',
  created_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_code (supplier, code),
  KEY by_supplier (supplier, number),
  KEY by_product (product)
) COMMENT 'a variant that can be ordered';

CREATE TABLE IF NOT EXISTS revision (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  product UUID NOT NULL COMMENT 'the product it describes',
  supplier UUID NOT NULL COMMENT 'as of the product',
  state ENUM('draft', 'submitted', 'approved', 'returned', 'superseded') NOT NULL COMMENT 'superseded: a newer one was submitted before the decision',
  digest BINARY(32) NOT NULL COMMENT 'SM3 of the reviewed content: the same content is not submitted twice',
  name VARCHAR(80) NOT NULL COMMENT 'title in the shop',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'origin',
  category VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'of level 2',
  storage ENUM('常温', '冷藏', '冷冻') NOT NULL COMMENT 'how it must be kept',
  shelf_days INT NULL COMMENT 'shelf life; NULL for goods without one',
  certificates VARCHAR(200) NOT NULL COMMENT 'by 、; empty when there are none',
  remark VARCHAR(500) NOT NULL COMMENT 'the supplier''s own words; empty when there are none',
  vat_kind ENUM('taxed', 'zero', 'exempt') NOT NULL COMMENT 'how VAT applies to it',
  vat_rate TINYINT NOT NULL COMMENT 'percent',
  submitted_by UUID NULL COMMENT 'user; NULL: loaded by the system',
  submitted_at BIGINT NOT NULL COMMENT 'instant',
  decided_by UUID NULL COMMENT 'user; NULL before the decision, and when loaded by the system',
  decided_at BIGINT NULL COMMENT 'instant',
  reason VARCHAR(500) NULL COMMENT 'of a return',
  KEY by_product (product, id),
  KEY by_state (state, id),
  KEY by_supplier (supplier, state, id)
) COMMENT 'reviewed content of a product: immutable but for its state';

CREATE TABLE IF NOT EXISTS revision_sku (
  revision UUID NOT NULL COMMENT 'of which revision',
  sku INT UNSIGNED NOT NULL COMMENT 'the variant',
  specification VARCHAR(100) NOT NULL COMMENT 'what is in one piece',
  sale_unit VARCHAR(10) NOT NULL COMMENT 'what one piece is called: 箱, 盒 …',
  weight_g BIGINT NULL COMMENT 'gross weight in grams',
  barcode VARCHAR(14) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'EAN-13',
  minimum INT NOT NULL COMMENT 'smallest quantity of an order line',
  multiple INT NOT NULL COMMENT 'quantities are multiples of it',
  ladder VARCHAR(400) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'price rungs "quantity:fen;…": quantities rise from the minimum, unit prices fall',
  PRIMARY KEY (revision, sku)
) COMMENT 'what a revision says of each SKU';

CREATE TABLE IF NOT EXISTS stock (
  sku INT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'what is for sale',
  available BIGINT NOT NULL COMMENT 'pieces that can be ordered',
  offer BIGINT NOT NULL COMMENT 'version of price, listing and supplier: an order names the one it saw',
  on_sale BOOLEAN NOT NULL COMMENT 'has an approved revision and is listed',
  KEY by_sale (on_sale, sku),
  CONSTRAINT never_oversold CHECK (available >= 0),
  FOREIGN KEY (sku) REFERENCES sku (number)
) COMMENT 'the only contended row of a sale; equals stock_movement minus what order lines hold';

CREATE TABLE IF NOT EXISTS stock_movement (
  event UUID NOT NULL COMMENT 'the event that moved it',
  sku INT UNSIGNED NOT NULL COMMENT 'what moved',
  quantity BIGINT NOT NULL COMMENT 'added to available; negative when taken off',
  reason ENUM('set', 'released') NOT NULL COMMENT 'set: the supplier counted; released: declined order lines came back',
  PRIMARY KEY (event, sku),
  KEY by_sku (sku)
) COMMENT 'every change of stock but the placing of orders, whose lines are their own record';

CREATE TABLE IF NOT EXISTS publication (
  supplier UUID NOT NULL PRIMARY KEY COMMENT 'whose catalogue',
  count BIGINT NOT NULL COMMENT 'how often rows were taken over'
) COMMENT 'written first by each publication, so that those of one supplier follow each other';

CREATE TABLE IF NOT EXISTS import (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7; also the id of its job',
  supplier UUID NOT NULL COMMENT 'whose catalogue',
  user UUID NOT NULL COMMENT 'who asked for it',
  file UUID NOT NULL COMMENT 'what was uploaded',
  policy ENUM('all_or_nothing', 'accept_good_rows') NOT NULL COMMENT 'what becomes of good rows when others are rejected',
  dry_run BOOLEAN NOT NULL COMMENT 'only judged, nothing taken over',
  state ENUM('queued', 'running', 'done', 'failed') NOT NULL COMMENT 'of the job',
  encoding VARCHAR(10) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'what the file was read as',
  accepted INT NOT NULL DEFAULT 0 COMMENT 'rows',
  rejected INT NOT NULL DEFAULT 0 COMMENT 'rows',
  skipped INT NOT NULL DEFAULT 0 COMMENT 'rows: blank, titles, headers, sums, notes',
  created INT NOT NULL DEFAULT 0 COMMENT 'accepted rows that made a new SKU',
  changed INT NOT NULL DEFAULT 0 COMMENT 'accepted rows that submitted a new revision of a known SKU',
  unchanged INT NOT NULL DEFAULT 0 COMMENT 'accepted rows whose reviewed content is what it was',
  published BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'whether the accepted rows were taken over',
  problem VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'why the file as a whole was not read',
  created_at BIGINT NOT NULL COMMENT 'instant',
  ended_at BIGINT NULL COMMENT 'instant',
  KEY by_supplier (supplier, id)
) COMMENT 'a supplier''s file on its way into the catalogue';

CREATE TABLE IF NOT EXISTS import_fault (
  import UUID NOT NULL COMMENT 'of which import',
  record INT NOT NULL COMMENT 'row of the sheet, from 1, blank rows counted',
  number SMALLINT NOT NULL COMMENT 'of the fault in its row, in the order of the columns',
  field VARCHAR(20) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the column',
  code VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'E_…',
  cell VARCHAR(200) NOT NULL COMMENT 'what stood there, cut',
  arguments VARCHAR(200) NOT NULL COMMENT 'what fills the sentence, each with a U+001F behind it',
  PRIMARY KEY (import, record, number)
) COMMENT 'why rows were rejected';

CREATE TABLE IF NOT EXISTS import_note (
  import UUID NOT NULL COMMENT 'of which import',
  record INT NOT NULL COMMENT 'row of the sheet',
  number SMALLINT NOT NULL COMMENT 'of the note in its row, in the order of the columns',
  field VARCHAR(20) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the column',
  cell VARCHAR(200) NOT NULL COMMENT 'what stood there, cut',
  taken VARCHAR(200) NOT NULL COMMENT 'what it was taken for',
  PRIMARY KEY (import, record, number)
) COMMENT 'what was normalised in accepted rows: nothing is guessed silently';
