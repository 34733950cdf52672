-- +goose Up
-- Kept: what a person judges otherwise than the rules do. It outlives its objective, which may come back by an undo.
CREATE TABLE objective_override (
  objective TEXT NOT NULL,
  letter TEXT NOT NULL CHECK (letter IN ('S', 'M', 'A', 'R', 'T')),
  map TEXT NOT NULL,
  member TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (objective, letter)
);
CREATE INDEX objective_override_map ON objective_override (map);
