-- What every process shares: keys of transactions, leases, jobs, files, ranges of numbers.

CREATE TABLE IF NOT EXISTS idempotency (
  organisation UUID NOT NULL COMMENT 'whose key it is; the nil UUID where there is no organisation',
  idempotency_key VARCHAR(100) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the client''s key, or one made for a request or job step',
  digest BINARY(32) NOT NULL COMMENT 'SHA-256 of method, path, query and body',
  status SMALLINT NULL COMMENT 'HTTP status of the stored reply; NULL only inside the transaction',
  reply MEDIUMBLOB NULL COMMENT 'the reply''s body',
  location VARCHAR(200) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'the reply''s Location field',
  created_at BIGINT NOT NULL COMMENT 'instant, microseconds UTC; rows are kept 35 days',
  PRIMARY KEY (organisation, idempotency_key),
  KEY by_age (created_at)
) COMMENT 'one row per transaction, committed with its effect: what makes every write happen once';

CREATE TABLE IF NOT EXISTS lease (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY COMMENT 'the background work',
  holder UUID NOT NULL COMMENT 'the process that does it',
  until DATETIME(6) NOT NULL COMMENT 'by the database''s clock',
  fence BIGINT NOT NULL COMMENT 'grows with every new holder'
) COMMENT 'the right to do a background work, one process at a time';

CREATE TABLE IF NOT EXISTS job (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'what it does',
  state ENUM('queued', 'running', 'done', 'failed') NOT NULL COMMENT 'failed: see problem',
  organisation UUID NOT NULL COMMENT 'whose job it is',
  user UUID NOT NULL COMMENT 'who asked for it',
  roles INT UNSIGNED NOT NULL COMMENT 'the roles it was asked with, as bits',
  scope TINYINT NOT NULL COMMENT 'what part of the platform''s business an authority sees; 0: none',
  scope_county VARCHAR(6) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'its county, or empty',
  scope_hierarchy INT NOT NULL COMMENT 'the hierarchy of its subtree, or 0',
  scope_root UUID NOT NULL COMMENT 'the root of its subtree, or nil',
  done BIGINT NOT NULL DEFAULT 0 COMMENT 'progress, in the job''s unit',
  total BIGINT NOT NULL DEFAULT 0 COMMENT 'what done will reach; 0 while unknown',
  problem VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'code of the failure',
  argument TEXT NOT NULL COMMENT 'JSON that the kind reads',
  attempts INT NOT NULL DEFAULT 0 COMMENT 'how often a runner took it; given up after 5',
  holder UUID NULL COMMENT 'the runner''s process while it runs',
  until DATETIME(6) NULL COMMENT 'lease of the runner, by the database''s clock',
  fence BIGINT NOT NULL DEFAULT 0 COMMENT 'grows with every runner that takes it',
  created_at BIGINT NOT NULL COMMENT 'instant',
  ended_at BIGINT NULL COMMENT 'instant',
  KEY by_state (state, id),
  KEY by_organisation (organisation, id)
) COMMENT 'long work, done by any process';

CREATE TABLE IF NOT EXISTS file (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  organisation UUID NOT NULL COMMENT 'whose it is',
  user UUID NOT NULL COMMENT 'who uploaded it',
  digest BINARY(32) NOT NULL COMMENT 'SM3 of the content',
  size BIGINT NOT NULL COMMENT 'bytes',
  media_type VARCHAR(100) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'by content, not as claimed',
  created_at BIGINT NOT NULL COMMENT 'instant',
  KEY by_organisation (organisation, id)
) COMMENT 'an uploaded file; its content stands once per digest';

CREATE TABLE IF NOT EXISTS file_chunk (
  digest BINARY(32) NOT NULL COMMENT 'of the whole content',
  chunk INT NOT NULL COMMENT 'from 0',
  content MEDIUMBLOB NOT NULL COMMENT '1 MiB but for the last',
  PRIMARY KEY (digest, chunk)
) COMMENT 'contents of files, in pieces that pass every packet limit';

CREATE TABLE IF NOT EXISTS number_range (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY COMMENT 'what is numbered',
  next BIGINT NOT NULL COMMENT 'the first number that no process has reserved'
) COMMENT 'spoken numbers, reserved a thousand at a time';

INSERT IGNORE INTO number_range (name, next) VALUES
  ('purchase_order', 100000001),
  ('supply_order', 200000001),
  ('sku', 10000001),
  ('statement', 300001),
  ('payment_code', 100000001);
