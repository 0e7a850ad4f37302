-- How people prove who they are: passwords with their history, second factors, API keys, and what is counted of logins that fail.

ALTER TABLE user
  ADD COLUMN IF NOT EXISTS password_changed_at BIGINT NULL COMMENT 'instant at which the password was set; NULL: with the user',
  ADD COLUMN IF NOT EXISTS password_by_other BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'somebody else knows it: it must be changed at the next login';

ALTER TABLE user
  DROP COLUMN IF EXISTS failures,
  DROP COLUMN IF EXISTS locked_until;

ALTER TABLE session
  ADD COLUMN IF NOT EXISTS second_factor BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'a code of the second factor was given in it',
  ADD COLUMN IF NOT EXISTS user_agent VARCHAR(120) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL DEFAULT '' COMMENT 'what the client calls itself, clipped',
  ADD COLUMN IF NOT EXISTS last_login_at BIGINT NULL COMMENT 'instant of the user''s login before this one; NULL: the first',
  ADD COLUMN IF NOT EXISTS failures_since INT NOT NULL DEFAULT 0 COMMENT 'refused logins between that one and this one',
  ADD KEY IF NOT EXISTS by_age (created_at);

CREATE TABLE IF NOT EXISTS password_past (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7: in the order of the changes',
  user UUID NOT NULL COMMENT 'whose password it was',
  password_hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'as in user',
  replaced_at BIGINT NOT NULL COMMENT 'instant at which another one took its place',
  KEY by_user (user, id),
  FOREIGN KEY (user) REFERENCES user (id)
) COMMENT 'the passwords used last, which must not be chosen again';

CREATE TABLE IF NOT EXISTS totp (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  user UUID NOT NULL COMMENT 'whose second factor it is',
  state ENUM('pending', 'active') NOT NULL COMMENT 'pending until a first code of it was given',
  secret_sealed VARBINARY(80) NOT NULL COMMENT 'sealed: 20 bytes, RFC 6238',
  created_at BIGINT NOT NULL COMMENT 'instant',
  confirmed_at BIGINT NULL COMMENT 'instant of the first code; NULL while it is pending',
  step BIGINT NOT NULL DEFAULT 0 COMMENT 'the last time step whose code was taken: each is taken once',
  UNIQUE KEY by_user (user, state),
  FOREIGN KEY (user) REFERENCES user (id)
) COMMENT 'second factors: one active and one to come for each user';

CREATE TABLE IF NOT EXISTS recovery_code (
  user UUID NOT NULL COMMENT 'whose code it is',
  digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the code; the code itself is nowhere',
  created_at BIGINT NOT NULL COMMENT 'instant',
  used_at BIGINT NULL COMMENT 'instant at which it stood in for a second factor, once',
  PRIMARY KEY (user, digest),
  FOREIGN KEY (user) REFERENCES user (id)
) COMMENT 'what lets a user in whose second factor is lost';

CREATE TABLE IF NOT EXISTS api_key (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the whole key; the key itself is nowhere',
  prefix CHAR(8) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the part of it that may be shown',
  user UUID NOT NULL COMMENT 'who made it, and for whom it acts',
  organisation UUID NOT NULL COMMENT 'for which organisation',
  name VARCHAR(60) NOT NULL COMMENT 'what it is for, in the user''s words',
  roles SET('buyer', 'approver', 'unit_finance', 'unit_admin', 'cataloguer', 'dispatcher', 'supplier_finance', 'supplier_admin',
    'reviewer', 'reconciler', 'supervisor', 'system_admin', 'security_admin', 'auditor') NOT NULL COMMENT 'at most these of the membership''s',
  created_at BIGINT NOT NULL COMMENT 'instant',
  expires_at BIGINT NOT NULL COMMENT 'instant from which it is worth nothing',
  last_used_at BIGINT NULL COMMENT 'instant of the last request with it, to the minute',
  last_address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'from where that came',
  ended_at BIGINT NULL COMMENT 'instant at which it was taken back',
  UNIQUE KEY by_digest (digest),
  KEY by_user (user, id),
  FOREIGN KEY (user) REFERENCES user (id),
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'keys by which programs act for a user';

CREATE TABLE IF NOT EXISTS login_pair (
  user UUID NOT NULL COMMENT 'who was named; for a name that nobody has, an id made of the name',
  address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'from where',
  failures SMALLINT NOT NULL DEFAULT 0 COMMENT 'wrong logins in a row',
  locked_until BIGINT NOT NULL DEFAULT 0 COMMENT 'instant; before it this user is refused from this address',
  passed_at BIGINT NULL COMMENT 'instant of the last login that succeeded; NULL: none',
  touched_at BIGINT NOT NULL COMMENT 'instant of the last change; rows are kept 30 days',
  PRIMARY KEY (user, address),
  KEY by_age (touched_at)
) COMMENT 'logins of one user from one address';

CREATE TABLE IF NOT EXISTS login_user (
  user UUID NOT NULL PRIMARY KEY COMMENT 'as in login_pair',
  began_at BIGINT NOT NULL DEFAULT 0 COMMENT 'instant at which the hour of the count began',
  failures INT NOT NULL DEFAULT 0 COMMENT 'wrong logins in that hour, from all addresses',
  strangers_until BIGINT NOT NULL DEFAULT 0 COMMENT 'instant; before it only addresses with a login of the last 30 days are let in',
  failures_since INT NOT NULL DEFAULT 0 COMMENT 'refused logins since the last that succeeded',
  passed_at BIGINT NULL COMMENT 'instant of the last login that succeeded; NULL: none',
  touched_at BIGINT NOT NULL COMMENT 'instant of the last change; rows without a login are kept 30 days',
  KEY by_age (touched_at)
) COMMENT 'logins of one user from everywhere';

CREATE TABLE IF NOT EXISTS login_address (
  address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY COMMENT 'from where',
  began_at BIGINT NOT NULL COMMENT 'instant at which the quarter of an hour of the count began',
  failures INT NOT NULL COMMENT 'refused logins since then, of any names',
  KEY by_age (began_at)
) COMMENT 'logins that failed from one address; rows are kept a day';
