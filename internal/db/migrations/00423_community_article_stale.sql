-- +goose Up
-- Derived: when an article is to be looked at again, NULL for never.
ALTER TABLE community_article ADD COLUMN stale_at BIGINT;
CREATE INDEX community_article_stale ON community_article (stale_at) WHERE stale_at IS NOT NULL;

-- +goose Down
DROP INDEX community_article_stale;
ALTER TABLE community_article DROP COLUMN stale_at;
