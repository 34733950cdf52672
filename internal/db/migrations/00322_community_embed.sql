-- +goose Up
-- Kept: which sites may show threads and ideas of a community in their pages.
CREATE TABLE community_embed (
  community TEXT PRIMARY KEY REFERENCES community (id),
  sites TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
