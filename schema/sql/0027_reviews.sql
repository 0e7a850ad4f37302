-- Reviews of products: the queue by age, the same goods listed again, and what a returned revision should mend.

ALTER TABLE revision
  ADD COLUMN IF NOT EXISTS folded VARCHAR(80) COLLATE utf8mb4_uca1400_ai_ci AS (REPLACE(REPLACE(name, ' ', ''), '　', '')) STORED COMMENT 'the name without blanks; compared without regard to width and case',
  ADD KEY IF NOT EXISTS by_waiting (state, submitted_at, id),
  ADD KEY IF NOT EXISTS by_folded (supplier, folded);

ALTER TABLE revision_sku
  ADD KEY IF NOT EXISTS by_barcode (barcode, revision);

CREATE TABLE IF NOT EXISTS revision_point (
  revision UUID NOT NULL COMMENT 'which was returned',
  number TINYINT UNSIGNED NOT NULL COMMENT 'from 1',
  pointer VARCHAR(100) NOT NULL COMMENT 'JSON pointer into what the revision says',
  note VARCHAR(300) NOT NULL COMMENT 'what to mend there',
  PRIMARY KEY (revision, number)
) COMMENT 'what a reviewer wants mended in a returned revision';
