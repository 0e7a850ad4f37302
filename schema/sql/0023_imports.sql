-- Jobs that can be cancelled and count as they go; imports whose columns are said by hand, remembered
-- for the next file, and whose cells are mended without another file.

ALTER TABLE job
  MODIFY COLUMN state ENUM('queued', 'running', 'done', 'failed', 'cancelled') NOT NULL COMMENT 'failed: see problem; cancelled: by who asked for it',
  ADD COLUMN IF NOT EXISTS counts VARCHAR(300) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'JSON object: what the kind counts as it goes; NULL: nothing' AFTER total,
  ADD COLUMN IF NOT EXISTS cancelled_at BIGINT NULL COMMENT 'instant at which its owner asked that it stop; NULL: never',
  ADD COLUMN IF NOT EXISTS decided BOOLEAN NOT NULL DEFAULT 0 COMMENT 'it is writing its result, and can no longer be cancelled';

ALTER TABLE import
  MODIFY COLUMN state ENUM('queued', 'running', 'done', 'failed', 'cancelled') NOT NULL COMMENT 'that of its job',
  ADD COLUMN IF NOT EXISTS header_row INT NULL COMMENT 'the record that was taken for the header, the last of several; NULL: none yet',
  ADD COLUMN IF NOT EXISTS unknown_columns TEXT NULL COMMENT 'JSON array: header cells that were taken for no column; NULL before it was read',
  ADD COLUMN IF NOT EXISTS options MEDIUMTEXT NULL COMMENT 'JSON: sheet, header row, columns and corrections that its reading follows; NULL: none';

CREATE TABLE IF NOT EXISTS import_header (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  whose UUID NOT NULL COMMENT 'the organisation whose files have it',
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'of imports: catalogue',
  header_key VARCHAR(200) NOT NULL COMMENT 'the header cell, folded: what cells are held against',
  header VARCHAR(200) NOT NULL COMMENT 'the header cell as it was sent',
  column_word VARCHAR(20) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the column that it is taken for; empty: none',
  created_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_header (whose, kind, header_key)
) COMMENT 'header cells that a supplier said the meaning of: the next file is read so without asking';
