-- +goose Up
-- Kept: pictures and files in posts, logo and cover of a community; in parts, so that no row is large.
CREATE TABLE community_file (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL REFERENCES community (id),
  member TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '' CHECK (place IN ('', 'logo', 'cover')),
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  width INTEGER NOT NULL DEFAULT 0,
  height INTEGER NOT NULL DEFAULT 0,
  size BIGINT NOT NULL,
  sum TEXT NOT NULL,
  at BIGINT NOT NULL,
  unused_since BIGINT
);
CREATE INDEX community_file_member ON community_file (member, at);
CREATE UNIQUE INDEX community_file_place ON community_file (community, place) WHERE place <> '';
CREATE TABLE community_file_part (
  file TEXT NOT NULL REFERENCES community_file (id),
  part INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (file, part)
);

-- Kept: what readers put aside.
CREATE TABLE community_bookmark (
  member TEXT NOT NULL,
  post TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member, post)
);
CREATE INDEX community_bookmark_at ON community_bookmark (member, at, post);
