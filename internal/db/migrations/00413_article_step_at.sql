-- +goose Up
-- What became of articles is looked for every few seconds, to tell people.
CREATE INDEX community_article_step_at ON community_article_step (at);
-- +goose Down
DROP INDEX community_article_step_at;
