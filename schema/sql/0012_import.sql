-- Imports of more than one kind, from workbooks too.

ALTER TABLE import
  ADD COLUMN IF NOT EXISTS kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL DEFAULT 'catalogue' COMMENT 'what the rows of the file are: catalogue, roster' AFTER id,
  ADD COLUMN IF NOT EXISTS places UUID NULL COMMENT 'a second file: the places of a roster''s units; NULL: none' AFTER file,
  ADD COLUMN IF NOT EXISTS format ENUM('csv', 'xlsx') NULL COMMENT 'what the file was read as; NULL before',
  ADD COLUMN IF NOT EXISTS sheet VARCHAR(200) NULL COMMENT 'of a workbook the sheet that was read',
  MODIFY COLUMN supplier UUID NOT NULL COMMENT 'whose import it is: a supplier, or the authority whose roster it is',
  ADD KEY IF NOT EXISTS by_kind (kind, supplier, id);
