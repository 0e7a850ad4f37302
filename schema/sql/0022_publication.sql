-- What an import does to the catalogue, row by row, and how many prices and stocks it moved.

ALTER TABLE import
  ADD COLUMN IF NOT EXISTS priced INT NOT NULL DEFAULT 0 COMMENT 'accepted rows whose price changed at once',
  ADD COLUMN IF NOT EXISTS restocked INT NOT NULL DEFAULT 0 COMMENT 'accepted rows of known SKUs whose stock was set to another number';

CREATE TABLE IF NOT EXISTS import_change (
  import UUID NOT NULL COMMENT 'of which import',
  record INT NOT NULL COMMENT 'row of the sheet',
  code VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the supplier''s own, of the SKU',
  name VARCHAR(80) NOT NULL COMMENT 'as the row has it',
  created BOOLEAN NOT NULL COMMENT 'makes a new SKU',
  changed BOOLEAN NOT NULL COMMENT 'submits a new revision of a known one',
  priced BOOLEAN NOT NULL COMMENT 'changes the price at once',
  restocked BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'sets the stock of a known one to another number',
  differences TEXT NOT NULL COMMENT 'JSON list of {field, before, after} in the words of the file''s columns, texts cut; without the stock',
  stock_before BIGINT NULL COMMENT 'where restocked',
  stock_after BIGINT NULL COMMENT 'where restocked',
  PRIMARY KEY (import, record)
) COMMENT 'what each accepted row does to the catalogue, or would do, at the end of its import';

ALTER TABLE revision
  ADD KEY IF NOT EXISTS by_product_state (product, state);
