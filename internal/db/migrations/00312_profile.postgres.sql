-- +goose Up
-- Kept: what people say of themselves in communities.
CREATE TABLE community_profile (
  member TEXT PRIMARY KEY,
  about TEXT NOT NULL DEFAULT '',
  picture BYTEA,
  picture_type TEXT NOT NULL DEFAULT '',
  picture_sum TEXT NOT NULL DEFAULT '',
  changed_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE community_profile;
