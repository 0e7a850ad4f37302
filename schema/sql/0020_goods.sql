-- Goods as they are reviewed and priced: what a revision says beyond its name, certificates with their days, prices apart from
-- content, and what moved the offers, for the views that every process holds.

ALTER TABLE revision
  ADD COLUMN IF NOT EXISTS brand VARCHAR(40) NOT NULL DEFAULT '' COMMENT 'empty when there is none',
  ADD COLUMN IF NOT EXISTS producer VARCHAR(80) NOT NULL DEFAULT '' COMMENT 'who grew or made it; empty: the supplier itself',
  ADD COLUMN IF NOT EXISTS origin VARCHAR(500) NOT NULL DEFAULT '' COMMENT 'where and how it grew, in the supplier''s words',
  ADD COLUMN IF NOT EXISTS farmers VARCHAR(500) NOT NULL DEFAULT '' COMMENT 'the farmers'' statement: who takes part, and how they gain by it',
  ADD COLUMN IF NOT EXISTS households INT NULL COMMENT 'farming households that take part; NULL: not said',
  ADD COLUMN IF NOT EXISTS agency BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'sold for the producer by its mandate',
  ADD COLUMN IF NOT EXISTS mandate UUID NULL COMMENT 'file of the mandate; NULL unless agency',
  ADD COLUMN IF NOT EXISTS mandate_until DATE NULL COMMENT 'last day of the mandate; NULL unless agency',
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'of a draft: raised by every change',
  MODIFY COLUMN submitted_at BIGINT NOT NULL COMMENT 'instant of the submission; of a draft, of its last change',
  MODIFY COLUMN state ENUM('draft', 'submitted', 'approved', 'returned', 'superseded') NOT NULL COMMENT 'superseded: a newer one was submitted, or the supplier withdrew it, before the decision',
  ADD KEY IF NOT EXISTS by_mandate (mandate_until, id);

ALTER TABLE revision_sku
  MODIFY COLUMN ladder VARCHAR(400) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'the price that takes effect with its approval, rungs "quantity:fen;…"; NULL: the price stays as it is',
  ADD COLUMN IF NOT EXISTS price_reason VARCHAR(200) NULL COMMENT 'why that price is above the band; buyers see it',
  ADD KEY IF NOT EXISTS by_sku (sku, revision);

CREATE TABLE IF NOT EXISTS revision_certificate (
  revision UUID NOT NULL COMMENT 'of which revision',
  number TINYINT NOT NULL COMMENT 'from 1',
  name VARCHAR(20) NOT NULL COMMENT '绿色食品, 有机, 地理标志, 达标合格证 …; stands in revision.certificates too',
  certificate_number VARCHAR(60) NOT NULL COMMENT 'as printed on it; empty when it has none',
  issuer VARCHAR(80) NOT NULL COMMENT 'who gave it; empty when not said',
  valid_until DATE NULL COMMENT 'last day; NULL: without end',
  file UUID NULL COMMENT 'its copy; NULL: none was uploaded',
  PRIMARY KEY (revision, number),
  KEY by_end (valid_until, revision)
) COMMENT 'certificates of a revision that have a number, an end or a copy; those that are only named stand in revision.certificates alone';

CREATE TABLE IF NOT EXISTS price (
  sku INT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'what is priced',
  ladder VARCHAR(400) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'rungs "quantity:fen;…": quantities rise from the minimum, unit prices fall',
  reason VARCHAR(200) NULL COMMENT 'why it is above the band; buyers see it',
  since BIGINT NOT NULL COMMENT 'instant',
  FOREIGN KEY (sku) REFERENCES sku (number)
) COMMENT 'the price that a SKU is sold at; none before its first approval';

CREATE TABLE IF NOT EXISTS price_change (
  event UUID NOT NULL COMMENT 'the event that changed it',
  sku INT UNSIGNED NOT NULL COMMENT 'what is priced',
  at BIGINT NOT NULL COMMENT 'instant',
  ladder VARCHAR(400) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the price from then on',
  unit_price_fen BIGINT NOT NULL COMMENT 'of its first rung',
  reason VARCHAR(200) NULL COMMENT 'why it is above the band',
  PRIMARY KEY (event, sku),
  KEY by_sku (sku, at)
) COMMENT 'every price there ever was: never changed';

CREATE TABLE IF NOT EXISTS offer_change (
  event UUID NOT NULL COMMENT 'the event that moved it',
  sku INT UNSIGNED NOT NULL COMMENT 'whose offer, listing or content moved',
  PRIMARY KEY (event, sku)
) COMMENT 'what the in-memory views have to read again; rows of earlier days are taken away';

INSERT IGNORE INTO price (sku, ladder, since)
  SELECT k.number, rs.ladder, COALESCE(r.decided_at, r.submitted_at)
    FROM sku k
    JOIN product p ON p.id = k.product
    JOIN revision r ON r.id = p.revision
    JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number
   WHERE rs.ladder IS NOT NULL;

INSERT IGNORE INTO price_change (event, sku, at, ladder, unit_price_fen)
  SELECT r.id, n.sku, n.since, n.ladder, CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(n.ladder, ';', 1), ':', -1) AS INTEGER)
    FROM price n
    JOIN sku k ON k.number = n.sku
    JOIN product p ON p.id = k.product
    JOIN revision r ON r.id = p.revision
   WHERE NOT EXISTS (SELECT 1 FROM price_change c WHERE c.sku = n.sku);
