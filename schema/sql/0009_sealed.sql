-- Account numbers under seal: those of the supervised accounts, and where each supplier is paid.

ALTER TABLE bank_account
  ADD COLUMN IF NOT EXISTS number_sealed VARBINARY(100) NULL COMMENT 'sealed: the account number; NULL only in rows of before, until they are converted',
  ADD COLUMN IF NOT EXISTS number_index BINARY(32) NULL COMMENT 'HMAC of the number: no two accounts have the same',
  MODIFY COLUMN number VARCHAR(34) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'in the clear in rows of before; NULL once converted and in all later ones',
  ADD UNIQUE KEY IF NOT EXISTS by_number_index (number_index);

CREATE TABLE IF NOT EXISTS supplier_account (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  supplier UUID NOT NULL COMMENT 'who is paid there',
  holder VARCHAR(120) NOT NULL COMMENT 'whose account it is, as the bank writes it',
  bank VARCHAR(120) NOT NULL COMMENT 'name of the bank and its branch',
  number_sealed VARBINARY(100) NOT NULL COMMENT 'sealed: the account number',
  version BIGINT NOT NULL COMMENT 'counts its changes, from 1',
  created_at BIGINT NOT NULL COMMENT 'instant',
  changed_at BIGINT NOT NULL COMMENT 'instant of the last change',
  UNIQUE KEY by_supplier (supplier)
) COMMENT 'where suppliers are paid, one account each';
