-- +goose Up
-- Of which definition of a measure that people put together the baseline of an objective is.
ALTER TABLE objective_measure ADD COLUMN defined TEXT NOT NULL DEFAULT '';
