-- +goose Up
-- What a sender has claimed is found without looking at all that was ever sent.
CREATE INDEX outgoing_lease ON outgoing (lease_by) WHERE lease_by <> '';

-- +goose Down
DROP INDEX outgoing_lease;
