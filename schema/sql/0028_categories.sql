-- Categories have days: they begin and end, and what they are called and how VAT applies to them holds from a day on.

ALTER TABLE category
  ADD COLUMN IF NOT EXISTS since DATE NULL COMMENT 'first day; NULL: since ever',
  ADD COLUMN IF NOT EXISTS until DATE NULL COMMENT 'last day on which goods may come into it; NULL while it lasts',
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'raised by every change';

CREATE TABLE IF NOT EXISTS category_version (
  category VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'which category',
  since DATE NOT NULL COMMENT 'first day; before it holds an earlier version, or what the category began with',
  name VARCHAR(30) NOT NULL COMMENT 'Chinese',
  name_en VARCHAR(60) NOT NULL COMMENT 'English',
  vat_kind ENUM('taxed', 'zero', 'exempt') NOT NULL COMMENT 'what goods get that say nothing of VAT',
  vat_rate TINYINT NOT NULL COMMENT 'percent; 0 unless taxed',
  PRIMARY KEY (category, since),
  FOREIGN KEY (category) REFERENCES category (code)
) COMMENT 'what a category became, after what stands in its own row';
