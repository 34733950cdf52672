-- +goose Up
-- Derived: which files a version of an article shows.
CREATE TABLE community_article_file (
  file TEXT NOT NULL,
  article TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (file, article, version)
);
CREATE INDEX community_article_file_article ON community_article_file (article);
-- +goose Down
DROP TABLE community_article_file;
