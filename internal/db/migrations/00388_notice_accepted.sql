-- +goose Up
-- Whose first answer was accepted lately is looked for every few minutes.
CREATE INDEX community_notice_accepted ON community_notice (at) WHERE kind = 'accepted';
CREATE INDEX community_notice_accepted_member ON community_notice (member) WHERE kind = 'accepted';

-- +goose Down
DROP INDEX community_notice_accepted;
DROP INDEX community_notice_accepted_member;
