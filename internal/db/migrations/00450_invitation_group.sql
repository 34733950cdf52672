-- +goose Up
-- Kept: an invitation by an address may be into a space too; an address has one into each.
CREATE TABLE community_invitation_new (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  space TEXT NOT NULL DEFAULT '',
  email TEXT NOT NULL,
  made_by TEXT NOT NULL,
  mailed INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  UNIQUE (community, space, email)
);
INSERT INTO community_invitation_new (id, community, email, made_by, mailed, at, until_at) SELECT id, community, email, made_by, mailed, at, until_at FROM community_invitation;
DROP TABLE community_invitation;
ALTER TABLE community_invitation_new RENAME TO community_invitation;
-- +goose Down
DELETE FROM community_invitation WHERE space <> '';
CREATE TABLE community_invitation_old (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  email TEXT NOT NULL,
  made_by TEXT NOT NULL,
  mailed INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  UNIQUE (community, email)
);
INSERT INTO community_invitation_old (id, community, email, made_by, mailed, at, until_at) SELECT id, community, email, made_by, mailed, at, until_at FROM community_invitation;
DROP TABLE community_invitation;
ALTER TABLE community_invitation_old RENAME TO community_invitation;
