-- +goose Up
-- Derived: the conversation of the inbox whose answers an article was made of, and the products that it is about.
ALTER TABLE community_article ADD COLUMN conversation TEXT NOT NULL DEFAULT '';
ALTER TABLE community_article ADD COLUMN products TEXT NOT NULL DEFAULT '[]';
ALTER TABLE community_revision ADD COLUMN products TEXT NOT NULL DEFAULT '[]';
CREATE INDEX community_article_conversation ON community_article (conversation) WHERE conversation <> '';
