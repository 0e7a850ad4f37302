-- Who: reference regions, organisations in their capacities, users, memberships, sessions.

CREATE TABLE IF NOT EXISTS county (
  code CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY COMMENT 'GB/T 2260',
  name VARCHAR(30) NOT NULL COMMENT 'Chinese',
  name_en VARCHAR(40) NOT NULL COMMENT 'in pinyin',
  city_code CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'GB/T 2260 of the prefecture',
  city_name VARCHAR(30) NOT NULL COMMENT 'the prefecture, Chinese',
  longitude DECIMAL(7,2) NOT NULL COMMENT 'approximate seat, degrees',
  latitude DECIMAL(7,2) NOT NULL COMMENT 'as longitude',
  former_codes VARCHAR(60) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'codes it had before, by semicolons: aliases'
) COMMENT 'county-level divisions of the province';

CREATE TABLE IF NOT EXISTS county_designation (
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'which county',
  kind ENUM('assisted', 'national_key') NOT NULL COMMENT 'assisted: one of the 56; national_key: a national key county',
  since DATE NOT NULL COMMENT 'first day',
  until DATE NULL COMMENT 'last day; NULL while it lasts',
  PRIMARY KEY (county, kind, since),
  FOREIGN KEY (county) REFERENCES county (code)
) COMMENT 'dated designations: a sale stays one of the county as it was designated then';

CREATE TABLE IF NOT EXISTS organisation (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  uscc CHAR(18) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'unified social credit code, GB 32100-2015',
  code VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the code in the roster it came from, such as U00001 or S0101',
  name VARCHAR(120) NOT NULL COMMENT 'in full, as registered',
  short_name VARCHAR(60) NOT NULL COMMENT 'for screens',
  is_unit BOOLEAN NOT NULL COMMENT 'it buys: a row in unit',
  is_supplier BOOLEAN NOT NULL COMMENT 'it sells: a row in supplier',
  is_authority BOOLEAN NOT NULL COMMENT 'it oversees: a row in authority',
  status ENUM('active', 'suspended', 'ended') NOT NULL COMMENT 'only active ones act',
  created_at BIGINT NOT NULL COMMENT 'instant',
  ended_at BIGINT NULL COMMENT 'instant; nothing is deleted',
  UNIQUE KEY by_uscc (uscc),
  UNIQUE KEY by_code (code)
) COMMENT 'one organisation, one code, any of three capacities';

CREATE TABLE IF NOT EXISTS unit (
  organisation UUID NOT NULL PRIMARY KEY COMMENT 'whose capacity this is',
  kind VARCHAR(20) NOT NULL COMMENT 'as in the roster: trade union, state enterprise, school …',
  city VARCHAR(30) NOT NULL COMMENT 'prefecture, or 省直',
  region_code CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'GB/T 2260',
  member_count INT NOT NULL COMMENT 'people it cares for',
  annual_budget_fen BIGINT NOT NULL COMMENT 'what it may spend in a year, as in the roster',
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'capacity: buys';

CREATE TABLE IF NOT EXISTS unit_ancestor (
  hierarchy ENUM('union', 'state_assets', 'government') NOT NULL COMMENT 'which reporting tree',
  ancestor UUID NOT NULL COMMENT 'a unit above, or the unit itself',
  unit UUID NOT NULL COMMENT 'a unit below',
  depth TINYINT NOT NULL COMMENT 'steps between them; 0 for the unit itself',
  PRIMARY KEY (hierarchy, ancestor, unit),
  KEY by_unit (unit, hierarchy, depth)
) COMMENT 'closure of the reporting trees: a subtree is one range of the primary key';

CREATE TABLE IF NOT EXISTS supplier (
  organisation UUID NOT NULL PRIMARY KEY COMMENT 'whose capacity this is',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'where it is registered',
  kind VARCHAR(20) NOT NULL COMMENT 'company, cooperative, family farm, as in the roster',
  households_assisted INT NOT NULL COMMENT 'as declared in the roster',
  KEY by_county (county),
  FOREIGN KEY (organisation) REFERENCES organisation (id),
  FOREIGN KEY (county) REFERENCES county (code)
) COMMENT 'capacity: sells';

CREATE TABLE IF NOT EXISTS authority (
  organisation UUID NOT NULL PRIMARY KEY COMMENT 'whose capacity this is',
  scope ENUM('none', 'platform', 'county', 'hierarchy') NOT NULL COMMENT 'what part of the business it sees',
  county CHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'scope county: which',
  hierarchy ENUM('union', 'state_assets', 'government') NULL COMMENT 'scope hierarchy: which, and',
  root UUID NULL COMMENT 'the unit whose subtree it oversees',
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'capacity: admits, reconciles, oversees, within a scope';

CREATE TABLE IF NOT EXISTS user (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  login VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'folded to lower case; unique on the platform',
  name VARCHAR(60) NOT NULL COMMENT 'shown to colleagues',
  password_hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'scrypt with its parameters',
  status ENUM('active', 'suspended', 'ended') NOT NULL COMMENT 'only active users log in',
  failures SMALLINT NOT NULL DEFAULT 0 COMMENT 'wrong passwords in a row',
  locked_until BIGINT NOT NULL DEFAULT 0 COMMENT 'instant; logins are refused before it',
  created_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_login (login)
) COMMENT 'a person who logs in';

CREATE TABLE IF NOT EXISTS membership (
  user UUID NOT NULL COMMENT 'who',
  organisation UUID NOT NULL COMMENT 'for whom',
  roles SET('buyer', 'approver', 'unit_finance', 'unit_admin', 'cataloguer', 'dispatcher', 'supplier_finance', 'supplier_admin',
    'reviewer', 'reconciler', 'supervisor', 'system_admin', 'security_admin', 'auditor') NOT NULL COMMENT 'what the user may do for the organisation',
  created_at BIGINT NOT NULL COMMENT 'instant',
  PRIMARY KEY (user, organisation),
  KEY by_organisation (organisation),
  FOREIGN KEY (user) REFERENCES user (id),
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'a user''s roles in an organisation';

CREATE TABLE IF NOT EXISTS session (
  token_digest BINARY(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256 of the token; the token itself is nowhere',
  id UUID NOT NULL COMMENT 'what may be shown',
  user UUID NOT NULL COMMENT 'who logged in',
  organisation UUID NOT NULL COMMENT 'the membership that is active',
  created_at BIGINT NOT NULL COMMENT 'instant; ends 12 hours later whatever happens',
  seen_at BIGINT NOT NULL COMMENT 'instant of the last request, to the minute; ends 30 idle minutes later',
  ended_at BIGINT NULL COMMENT 'instant of the logout',
  address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'from where it was opened',
  UNIQUE KEY by_id (id),
  KEY by_user (user)
) COMMENT 'who is logged in';
