-- Papers of goods that end: what suppliers were told of them.

CREATE TABLE IF NOT EXISTS paper_told (
  revision UUID NOT NULL COMMENT 'which shows the goods',
  number TINYINT NOT NULL COMMENT 'of its certificate; 0: the mandate',
  stage ENUM('expiring', 'expired') NOT NULL COMMENT 'that it ends within thirty days; that it has ended',
  event UUID NOT NULL COMMENT 'the event that told it',
  PRIMARY KEY (revision, number, stage),
  KEY by_event (event)
) COMMENT 'which certificates and mandates suppliers were told of: each once a stage';
