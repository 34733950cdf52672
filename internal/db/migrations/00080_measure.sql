-- +goose Up
-- What measures look for that no other page does. Few posts are a machine's; they are taken back from the hours that listening counts.
CREATE INDEX post_automatic ON post (at) WHERE automatic <> '';
CREATE INDEX conversation_span_opened ON conversation_span (opened_at);
