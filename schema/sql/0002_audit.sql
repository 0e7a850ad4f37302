-- Who did what: events, the outbox of the sequencer, positions and chain.

CREATE TABLE IF NOT EXISTS event (
  id UUID NOT NULL PRIMARY KEY COMMENT 'UUIDv7; movements refer to it',
  kind VARCHAR(60) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'object, dot, what happened to it',
  object UUID NOT NULL COMMENT 'the object',
  organisation UUID NOT NULL COMMENT 'for which organisation it was done; nil for the system',
  user UUID NOT NULL COMMENT 'who did it; nil for the system',
  roles INT UNSIGNED NOT NULL COMMENT 'the roles of the session, as bits',
  address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'from where; empty for the system',
  request VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the request''s id',
  at BIGINT NOT NULL COMMENT 'instant',
  before_state MEDIUMTEXT NULL COMMENT 'JSON of the fields before, secrets masked',
  after_state MEDIUMTEXT NULL COMMENT 'JSON of the fields after, secrets masked',
  mac BINARY(32) NOT NULL COMMENT 'HMAC-SM3 under the server''s key over all columns above, see docs/audit.md',
  KEY by_object (object, id)
) COMMENT 'the audit trail: one row per business event, written in its transaction, never changed';

CREATE TABLE IF NOT EXISTS outbox (
  event UUID NOT NULL PRIMARY KEY COMMENT 'an event without a position',
  refused_at BIGINT NULL COMMENT 'instant at which the sequencer refused it: its MAC does not hold, or it has a position already'
) COMMENT 'events that the sequencer has not seen; written with the event, deleted with its position';

CREATE TABLE IF NOT EXISTS sequence (
  position BIGINT NOT NULL PRIMARY KEY COMMENT 'from 1, without gaps',
  event UUID NOT NULL COMMENT 'the event at this position',
  chain BINARY(32) NOT NULL COMMENT 'SM3 of the chain before, the position and the event''s mac',
  UNIQUE KEY by_event (event)
) COMMENT 'the global order of committed events';

CREATE TABLE IF NOT EXISTS sequencer (
  id TINYINT NOT NULL PRIMARY KEY COMMENT 'always 1',
  position BIGINT NOT NULL COMMENT 'the last position given; roll-ups hold everything up to it',
  chain BINARY(32) NOT NULL COMMENT 'the chain at that position'
) COMMENT 'the head of the sequence';

INSERT IGNORE INTO sequencer (id, position, chain) VALUES (1, 0, REPEAT(CHAR(0), 32));
