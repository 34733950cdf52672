-- +goose Up
-- A measure of an objective is narrowed by all that the catalogue narrows by, but by nobody's name.
ALTER TABLE objective_measure ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE objective_measure ADD COLUMN community TEXT NOT NULL DEFAULT '';
ALTER TABLE objective_measure ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE objective_measure ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE objective_measure ADD COLUMN partner TEXT NOT NULL DEFAULT '';
ALTER TABLE objective_measure ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
