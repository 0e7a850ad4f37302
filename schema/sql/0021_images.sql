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
  KEY by_image (image, revision)
) COMMENT 'pictures of a revision: reviewed with it, public with it';
