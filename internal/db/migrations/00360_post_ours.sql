-- +goose Up
-- Where some of us have spoken, and who.
CREATE INDEX post_ours ON post (channel, member) WHERE ours = 1;

-- +goose Down
DROP INDEX post_ours;
