-- +goose Up
-- Derived: by how much the votes on a post are more than those of its voters, since somebody voted under several addresses that are known to be theirs.
ALTER TABLE community_post ADD COLUMN doubled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX community_vote_voter ON community_vote (voter);

-- +goose Down
DROP INDEX community_vote_voter;
ALTER TABLE community_post DROP COLUMN doubled;
