-- +goose Up
-- What people agreed to, by address: the newest word on each purpose.
CREATE TABLE consent (
  uri TEXT NOT NULL,
  purpose TEXT NOT NULL,
  given INTEGER NOT NULL,
  how TEXT NOT NULL DEFAULT '',
  actor TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (uri, purpose)
);

-- +goose Down
DROP TABLE consent;
