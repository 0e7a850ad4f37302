-- Members and how they come in: memberships that are suspended and end, phones under seal, versions, one-time invitations.

ALTER TABLE user
  ADD COLUMN IF NOT EXISTS phone_sealed VARBINARY(200) NULL COMMENT 'sealed: the mobile number; NULL where none is known',
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'grows with every change of name, phone or status';

ALTER TABLE membership
  ADD COLUMN IF NOT EXISTS status ENUM('active', 'suspended', 'ended') NOT NULL DEFAULT 'active' COMMENT 'only active ones act; an ended one stays as history until the user joins again',
  ADD COLUMN IF NOT EXISTS ended_at BIGINT NULL COMMENT 'instant; NULL unless ended',
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'grows with every change of roles or status';

ALTER TABLE session
  ADD KEY IF NOT EXISTS by_membership (user, organisation, created_at);

CREATE TABLE IF NOT EXISTS invitation (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  token_digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the token in the link; the token itself is nowhere',
  organisation UUID NOT NULL COMMENT 'to which it leads',
  kind ENUM('member', 'admin', 'password') NOT NULL COMMENT 'member: a colleague; admin: its administrator; password: a member sets a new password',
  user UUID NULL COMMENT 'kind password: whose',
  login VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'the login it is for; NULL: whoever has the link chooses one',
  name VARCHAR(60) NULL COMMENT 'the name it is for, as whoever invited wrote it',
  phone_sealed VARBINARY(200) NULL COMMENT 'sealed: the mobile number of whoever is invited',
  roles SET('buyer', 'approver', 'unit_finance', 'unit_admin', 'cataloguer', 'dispatcher', 'supplier_finance', 'supplier_admin',
    'reviewer', 'reconciler', 'supervisor', 'system_admin', 'security_admin', 'auditor') NOT NULL COMMENT 'what the membership will have',
  batch UUID NULL COMMENT 'what was sent together; NULL: alone',
  created_by UUID NULL COMMENT 'user who invited; NULL: the system',
  created_at BIGINT NOT NULL COMMENT 'instant',
  expires_at BIGINT NOT NULL COMMENT 'instant from which it is worth nothing',
  accepted_at BIGINT NULL COMMENT 'instant at which it was used, once',
  accepted_by UUID NULL COMMENT 'user who used it',
  revoked_at BIGINT NULL COMMENT 'instant at which it was taken back',
  UNIQUE KEY by_token (token_digest),
  KEY by_organisation (organisation, id),
  KEY by_user (user),
  FOREIGN KEY (organisation) REFERENCES organisation (id)
) COMMENT 'one-time links by which people come in';
