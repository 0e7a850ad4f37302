-- Organisations in time: dated places in the reporting trees and their closure, names as they were, ends that are planned,
-- contacts.

ALTER TABLE unit_ancestor
  ADD COLUMN IF NOT EXISTS since DATE NOT NULL DEFAULT '1970-01-01' COMMENT 'first day on which it holds',
  ADD COLUMN IF NOT EXISTS until DATE NOT NULL DEFAULT '9999-12-31' COMMENT 'last day on which it holds';

ALTER TABLE unit_ancestor DROP PRIMARY KEY, ADD PRIMARY KEY (hierarchy, ancestor, unit, since);

CREATE TABLE IF NOT EXISTS unit_place (
  hierarchy ENUM('union', 'state_assets', 'government') NOT NULL COMMENT 'which reporting tree',
  unit UUID NOT NULL COMMENT 'which unit',
  parent UUID NULL COMMENT 'the unit right above; NULL for a root',
  since DATE NOT NULL DEFAULT '1970-01-01' COMMENT 'first day on which it stands there',
  until DATE NOT NULL DEFAULT '9999-12-31' COMMENT 'last day on which it stands there',
  PRIMARY KEY (hierarchy, unit, since),
  KEY by_parent (hierarchy, parent, unit)
) COMMENT 'who reports to whom, and when: from this follows unit_ancestor, row by row';

INSERT IGNORE INTO unit_place (hierarchy, unit, parent)
SELECT a.hierarchy, a.unit, p.ancestor
  FROM unit_ancestor a
  LEFT JOIN unit_ancestor p ON p.hierarchy = a.hierarchy AND p.unit = a.unit AND p.depth = 1
 WHERE a.depth = 0;

CREATE TABLE IF NOT EXISTS hierarchy_change (
  hierarchy ENUM('union', 'state_assets', 'government') NOT NULL PRIMARY KEY COMMENT 'which reporting tree',
  changes BIGINT NOT NULL COMMENT 'how often places were changed'
) COMMENT 'taken by whoever changes places, so that two changes never make a circle together';

INSERT IGNORE INTO hierarchy_change (hierarchy, changes) VALUES ('union', 0), ('state_assets', 0), ('government', 0);

ALTER TABLE organisation
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'grows with every change; its ETag',
  ADD COLUMN IF NOT EXISTS status_reason VARCHAR(500) NULL COMMENT 'why it is suspended or ends; NULL while it is active without an end',
  ADD COLUMN IF NOT EXISTS ends_on DATE NULL COMMENT 'the first day on which it is over; NULL: no end is planned',
  ADD COLUMN IF NOT EXISTS successor UUID NULL COMMENT 'the organisation that it is merged into',
  ADD KEY IF NOT EXISTS by_end (ends_on, status),
  ADD KEY IF NOT EXISTS by_successor (successor);

ALTER TABLE unit
  ADD KEY IF NOT EXISTS by_region (region_code, organisation),
  ADD KEY IF NOT EXISTS by_city (city, organisation),
  ADD KEY IF NOT EXISTS by_kind (kind, organisation);

ALTER TABLE authority ADD KEY IF NOT EXISTS by_root (root);

CREATE TABLE IF NOT EXISTS organisation_name (
  organisation UUID NOT NULL COMMENT 'whose names these are',
  since DATE NOT NULL COMMENT 'first day; the name holds until the next row',
  name VARCHAR(120) NOT NULL COMMENT 'in full, as registered',
  short_name VARCHAR(60) NOT NULL COMMENT 'for screens',
  is_applied BOOLEAN NOT NULL COMMENT 'whether it was written into organisation, which the daily run does on its first day',
  PRIMARY KEY (organisation, since),
  KEY by_due (is_applied, since),
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'names of organisations that were renamed, the first one since 1970-01-01';

CREATE TABLE IF NOT EXISTS contact (
  organisation UUID NOT NULL PRIMARY KEY COMMENT 'whose contact this is',
  name_sealed VARBINARY(400) NOT NULL COMMENT 'sealed: whom to ask for',
  phone_sealed VARBINARY(200) NOT NULL COMMENT 'sealed: the number to call',
  updated_at BIGINT NOT NULL COMMENT 'instant of the last change',
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'whom to call in an organisation, encrypted';
