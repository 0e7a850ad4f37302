-- Pictures of goods: what was uploaded stands in file and file_chunk; what is shown are renditions of it, made anew from its pixels.

CREATE TABLE IF NOT EXISTS image (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7',
  supplier UUID NOT NULL COMMENT 'whose it is',
  user UUID NOT NULL COMMENT 'who uploaded it',
  file UUID NOT NULL COMMENT 'what was uploaded; never shown to others',
  digest BINARY(32) NOT NULL COMMENT 'SM3 of what was uploaded: the same picture is not kept twice by one supplier',
  state ENUM('queued', 'ready', 'refused') NOT NULL COMMENT 'queued: its renditions are being made',
  problem VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'code of why it was refused',
  width INT NULL COMMENT 'pixels, upright; NULL until it was decoded',
  height INT NULL COMMENT 'as width',
  created_at BIGINT NOT NULL COMMENT 'instant',
  UNIQUE KEY by_digest (supplier, digest),
  KEY by_supplier (supplier, id)
) COMMENT 'a picture that a supplier uploaded for its goods';

CREATE TABLE IF NOT EXISTS image_rendition (
  image UUID NOT NULL COMMENT 'of which picture',
  size ENUM('small', 'medium', 'large') NOT NULL COMMENT 'the longer side is at most 160, 480 or 1280 pixels',
  digest BINARY(32) NOT NULL COMMENT 'SM3 of its content, which stands in file_chunk',
  media_type VARCHAR(20) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'image/webp or image/jpeg',
  width INT NOT NULL COMMENT 'pixels',
  height INT NOT NULL COMMENT 'pixels',
  bytes INT NOT NULL COMMENT 'of its content',
  PRIMARY KEY (image, size),
  KEY by_digest (digest)
) COMMENT 'what is shown of a picture: pixels alone, no metadata';

CREATE TABLE IF NOT EXISTS revision_image (
  revision UUID NOT NULL COMMENT 'of which revision',
  number TINYINT NOT NULL COMMENT 'from 1: the first stands in lists',
  image UUID NOT NULL COMMENT 'which picture',
  PRIMARY KEY (revision, number),
  KEY by_image (image, revision),
  FOREIGN KEY (image) REFERENCES image (id)
) COMMENT 'pictures of a revision: reviewed with it, public with it';

CREATE TABLE IF NOT EXISTS image_archive (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7; its job has the same',
  supplier UUID NOT NULL COMMENT 'whose it is',
  user UUID NOT NULL COMMENT 'who sent it',
  file UUID NOT NULL COMMENT 'the archive as it was uploaded',
  submit BOOLEAN NOT NULL COMMENT 'drafts are handed in at once',
  state ENUM('queued', 'done', 'refused') NOT NULL COMMENT 'refused: nothing in it was looked at',
  problem VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'code of why it was refused',
  attached INT NOT NULL DEFAULT 0 COMMENT 'entries whose picture a product got',
  repeated INT NOT NULL DEFAULT 0 COMMENT 'entries whose picture the product had',
  refused INT NOT NULL DEFAULT 0 COMMENT 'all other entries',
  created_at BIGINT NOT NULL COMMENT 'instant',
  ended_at BIGINT NULL COMMENT 'instant; NULL until then',
  KEY by_supplier (supplier, id)
) COMMENT 'an archive of pictures named by codes of SKUs';

CREATE TABLE IF NOT EXISTS image_archive_entry (
  archive UUID NOT NULL COMMENT 'in which archive',
  number INT NOT NULL COMMENT 'from 1, in the order of the archive; what is skipped by its name is not counted',
  name VARCHAR(255) NOT NULL COMMENT 'of the entry',
  outcome ENUM('attached', 'repeated', 'refused') NOT NULL COMMENT 'repeated: the product had it',
  problem VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'code of why it was refused, or why what was attached was not handed in',
  image UUID NULL COMMENT 'the picture; NULL when there is none',
  product UUID NULL COMMENT 'whose SKU it names; NULL when there is none',
  PRIMARY KEY (archive, number)
) COMMENT 'what became of the pictures of an archive';
