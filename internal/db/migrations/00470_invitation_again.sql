-- +goose Up
-- Kept: whether an invitation by an address went out a second time, by itself or by hand; by itself it does so once.
ALTER TABLE community_invitation ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
CREATE INDEX community_invitation_again ON community_invitation (at) WHERE again = 0 AND mailed = 1;

-- +goose Down
DROP INDEX community_invitation_again;
ALTER TABLE community_invitation DROP COLUMN again;
