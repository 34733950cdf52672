-- +goose Up
-- Kept: addresses that communities and spaces had: of kind slug or host, id is a community; of kind space it is a space of the community within.
CREATE TABLE community_former (
  kind TEXT NOT NULL CHECK (kind IN ('slug', 'host', 'space')),
  within TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL,
  id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, within, address)
);

-- +goose Down
DROP TABLE community_former;
