-- Products that suppliers write themselves: the revision being written, and what a writer saw of the product.

ALTER TABLE product
  ADD COLUMN IF NOT EXISTS draft UUID NULL COMMENT 'the revision being written; NULL: none',
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1 COMMENT 'raised by every change but those of stock and price',
  MODIFY COLUMN latest UUID NOT NULL COMMENT 'the newest revision that was submitted, whatever became of it; the approved one again when a newer one was withdrawn; the draft where there is nothing else';
