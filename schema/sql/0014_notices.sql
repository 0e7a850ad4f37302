-- What people are told: their inbox.

CREATE TABLE IF NOT EXISTS notice (
  user UUID NOT NULL COMMENT 'who is told',
  id UUID NOT NULL COMMENT 'UUIDv7',
  organisation UUID NOT NULL COMMENT 'for which organisation',
  kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'kind of the event that it tells, by the table of sentences',
  object UUID NOT NULL COMMENT 'object of the event',
  arguments VARCHAR(400) NOT NULL COMMENT 'what fills the sentence, each with a U+001F behind it',
  at BIGINT NOT NULL COMMENT 'instant of the event',
  read_at BIGINT NULL COMMENT 'instant; NULL while it is unread',
  PRIMARY KEY (user, organisation, id),
  KEY by_unread (user, organisation, read_at, id)
) COMMENT 'inbox of each membership';
