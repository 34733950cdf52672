-- +goose Up
-- Measures ask of each post whether it was said in a community of ours.
CREATE INDEX community_channel ON community (channel);

-- +goose Down
DROP INDEX community_channel;
