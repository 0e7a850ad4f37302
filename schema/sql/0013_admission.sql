-- How organisations come in: applications with their documents, licences with their expiry, what suspends a supplier's selling,
-- and the marks of the daily run.

CREATE TABLE IF NOT EXISTS application (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  number BIGINT NOT NULL COMMENT 'spoken',
  kind ENUM('supplier', 'unit') NOT NULL COMMENT 'the capacity that is asked for',
  state ENUM('draft', 'applied', 'recommended', 'approved', 'returned', 'rejected', 'withdrawn') NOT NULL COMMENT 'by the transition table, see docs/states.md',
  version BIGINT NOT NULL COMMENT 'grows with every change',
  token_digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the applicant''s token; the token itself is nowhere',
  uscc CHAR(18) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'unified social credit code',
  open_code VARCHAR(30) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'kind and credit code while it waits or is to be mended: at most one such; else NULL',
  name VARCHAR(120) NOT NULL COMMENT 'in full, as registered',
  short_name VARCHAR(60) NULL COMMENT 'for screens; NULL until it is said',
  type VARCHAR(20) NULL COMMENT 'company, cooperative, school …',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'of a supplier: GB/T 2260',
  households_assisted BIGINT NULL COMMENT 'of a supplier, as declared',
  city VARCHAR(30) NULL COMMENT 'of a unit: prefecture, or 省直',
  region_code CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'of a unit: GB/T 2260',
  hierarchy ENUM('union', 'state_assets', 'government') NULL COMMENT 'of a unit: the reporting tree in which it wants its place',
  parent_uscc CHAR(18) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'of a unit: credit code of the unit above',
  parent UUID NULL COMMENT 'the unit above, found when it was handed in',
  member_count BIGINT NULL COMMENT 'of a unit: people it cares for',
  annual_budget_fen BIGINT NULL COMMENT 'of a unit: what it may spend in a year',
  contact_name VARBINARY(400) NULL COMMENT 'sealed: who is asked when something is unclear',
  contact_phone VARBINARY(200) NULL COMMENT 'sealed: the contact''s mobile number',
  waiting_since BIGINT NULL COMMENT 'instant from which somebody is awaited: handed in or recommended; NULL when nobody is',
  recommended_by UUID NULL COMMENT 'user of the county who recommended it',
  recommended_at BIGINT NULL COMMENT 'instant',
  decided_by UUID NULL COMMENT 'user who returned, rejected or approved it last',
  decided_at BIGINT NULL COMMENT 'instant',
  reason VARCHAR(500) NULL COMMENT 'of the last recommendation or decision',
  points TEXT NULL COMMENT 'JSON: what is to be mended, each with its pointer',
  organisation UUID NULL COMMENT 'what it became when it was approved',
  created_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_number (number),
  UNIQUE KEY by_open_code (open_code),
  KEY by_queue (state, waiting_since, id),
  KEY by_county (county, state, waiting_since, id)
) COMMENT 'who asks to be admitted as supplier or unit';

CREATE TABLE IF NOT EXISTS application_document (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  application UUID NOT NULL COMMENT 'to which it belongs',
  kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'by the table of licence kinds',
  expires_on DATE NULL COMMENT 'last day on which it holds; NULL: without end',
  file UUID NOT NULL COMMENT 'its bytes; the file belongs to the application',
  media_type VARCHAR(100) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'by content',
  size BIGINT NOT NULL COMMENT 'bytes',
  created_at BIGINT NOT NULL COMMENT 'instant',
  KEY by_application (application, id)
) COMMENT 'what an applicant hands in';

CREATE TABLE IF NOT EXISTS licence (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  organisation UUID NOT NULL COMMENT 'whose licence it is',
  kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'by the table of licence kinds',
  number VARCHAR(60) NULL COMMENT 'of the document itself, where it has one',
  file UUID NOT NULL COMMENT 'the scan, a file of the organisation',
  expires_on DATE NULL COMMENT 'last day on which it holds; NULL: without end',
  state ENUM('pending', 'valid', 'refused', 'replaced', 'expired') NOT NULL COMMENT 'only valid ones count',
  noticed SMALLINT NULL COMMENT 'narrowest of 90, 30 and 7 days for which notice was given; NULL: none yet',
  submitted_by UUID NULL COMMENT 'user; NULL: by the application',
  submitted_at BIGINT NOT NULL COMMENT 'instant',
  decided_by UUID NULL COMMENT 'user who accepted or refused it',
  decided_at BIGINT NULL COMMENT 'instant',
  reason VARCHAR(500) NULL COMMENT 'of a refusal',
  KEY by_organisation (organisation, kind, state),
  KEY by_expiry (state, expires_on, id),
  KEY by_state (state, id)
) COMMENT 'licences and certificates of organisations';

ALTER TABLE supplier
  ADD COLUMN IF NOT EXISTS suspended_for ENUM('licence') NULL COMMENT 'why its goods are off the shelf: a required licence has expired and none holds in its place; NULL: it sells',
  ADD COLUMN IF NOT EXISTS suspended_at BIGINT NULL COMMENT 'instant';

CREATE TABLE IF NOT EXISTS daily_mark (
  day DATE NOT NULL COMMENT 'the business day that was worked off',
  step VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'of the table of daily steps',
  done BIGINT NOT NULL COMMENT 'how many things it did',
  at BIGINT NOT NULL COMMENT 'instant',
  PRIMARY KEY (day, step)
) COMMENT 'which step of the daily run was done for which day: it is not done again';

INSERT IGNORE INTO number_range (name, next) VALUES ('application', 500001);
