-- What uploads take up: sums of a day that budgets are held against, what an application has uploaded in all, and indexes by which
-- contents are found that no file names any more.

CREATE TABLE IF NOT EXISTS upload_day (
  day DATE NOT NULL COMMENT 'business day',
  who VARCHAR(50) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'whose budget: address or organisation, a colon, which; of IPv6 the network of 64 bits',
  bytes BIGINT NOT NULL COMMENT 'uploaded on that day, what was deleted since counts',
  PRIMARY KEY (day, who)
) COMMENT 'budgets of uploads; rows of earlier days are taken away';

ALTER TABLE application
  ADD COLUMN IF NOT EXISTS uploaded_bytes BIGINT NOT NULL DEFAULT 0 COMMENT 'of all documents that were ever uploaded for it, those taken back too';

ALTER TABLE file ADD INDEX IF NOT EXISTS by_digest (digest);

ALTER TABLE job_file ADD INDEX IF NOT EXISTS by_digest (digest);
