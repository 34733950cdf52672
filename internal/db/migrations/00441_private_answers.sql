-- +goose Up
-- Whether a complaint was followed up in private is found from our private answers, whatever else was said.
CREATE INDEX post_private_answer ON post (at) WHERE ours = 1 AND private = 1;

-- +goose Down
DROP INDEX post_private_answer;
