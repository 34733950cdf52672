-- +goose Up
-- Kept: who was invited into a community by an address that nobody has an account with. The link in their mail is signed; taking the row away ends it.
CREATE TABLE community_invitation (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  email TEXT NOT NULL,
  made_by TEXT NOT NULL,
  mailed INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  UNIQUE (community, email)
);
-- +goose Down
DROP TABLE community_invitation;
