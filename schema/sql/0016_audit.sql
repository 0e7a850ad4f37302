-- Reading the trail: an index for each filter, in the order of the list; seals of days; files that jobs make.

ALTER TABLE event
  ADD INDEX IF NOT EXISTS by_time (at),
  ADD INDEX IF NOT EXISTS by_organisation (organisation, at),
  ADD INDEX IF NOT EXISTS by_user (user, at),
  ADD INDEX IF NOT EXISTS by_kind (kind, at),
  ADD INDEX IF NOT EXISTS by_address (address, at),
  ADD INDEX IF NOT EXISTS by_request (request, at);

CREATE TABLE IF NOT EXISTS audit_seal (
  day DATE NOT NULL PRIMARY KEY COMMENT 'the business day that ended',
  position BIGINT NOT NULL COMMENT 'the head of the sequence soon after its end',
  chain BINARY(32) NOT NULL COMMENT 'the chain there',
  sealed_at BIGINT NOT NULL COMMENT 'instant',
  mac BINARY(32) NOT NULL COMMENT 'HMAC-SM3 under the server''s key over all columns above, see docs/audit.md'
) COMMENT 'what the head of the trail was at the end of each day';

CREATE TABLE IF NOT EXISTS job_file (
  job UUID NOT NULL COMMENT 'the job that made it',
  name VARCHAR(60) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'as it is asked for',
  digest BINARY(32) NOT NULL COMMENT 'SM3 of the content, which stands in file_chunk',
  size BIGINT NOT NULL COMMENT 'bytes',
  media_type VARCHAR(100) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'what it is',
  created_at BIGINT NOT NULL COMMENT 'instant',
  PRIMARY KEY (job, name)
) COMMENT 'results of jobs: only the person who asked for the job reads them';
