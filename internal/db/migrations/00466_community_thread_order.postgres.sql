-- +goose Up
-- PostgreSQL reads lists from the indexes that there are, and would not know that rows found by "deleted_at IS NULL" stand in the order of what comes after it.
SELECT 1;
-- +goose Down
SELECT 1;
