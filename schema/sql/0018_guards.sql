-- What bounds guessing and hashing beside the login: changes of passwords, links, second factors to come, codes that were not given.

ALTER TABLE login_user
  ADD COLUMN IF NOT EXISTS changes SMALLINT NOT NULL DEFAULT 0 COMMENT 'changes of the password that were tried in an hour, refused or not',
  ADD COLUMN IF NOT EXISTS changes_began_at BIGINT NOT NULL DEFAULT 0 COMMENT 'instant at which that hour began',
  ADD COLUMN IF NOT EXISTS codes_missing INT NOT NULL DEFAULT 0 COMMENT 'right passwords without a code of the second factor since the last login that succeeded';

ALTER TABLE invitation
  ADD COLUMN IF NOT EXISTS refusals SMALLINT NOT NULL DEFAULT 0 COMMENT 'refused acceptances for which a password was hashed; the fifth revokes it';

ALTER TABLE totp
  ADD COLUMN IF NOT EXISTS refusals SMALLINT NOT NULL DEFAULT 0 COMMENT 'wrong codes while it is pending; the fifth drops it';
