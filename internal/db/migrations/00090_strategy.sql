-- +goose Up
-- Kept: the strategy map. Names are JSON objects of language to text.
CREATE TABLE strategy_map (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE perspective (
  id TEXT PRIMARY KEY,
  map TEXT NOT NULL REFERENCES strategy_map (id),
  within TEXT NOT NULL DEFAULT '',
  position INTEGER NOT NULL,
  name TEXT NOT NULL
);
CREATE INDEX perspective_map ON perspective (map, position);
CREATE TABLE objective (
  id TEXT PRIMARY KEY,
  map TEXT NOT NULL REFERENCES strategy_map (id),
  perspective TEXT NOT NULL REFERENCES perspective (id),
  name TEXT NOT NULL,
  owner TEXT NOT NULL DEFAULT '',
  stakeholders TEXT NOT NULL DEFAULT '[]',
  note TEXT NOT NULL DEFAULT '',
  due_at BIGINT,
  position DOUBLE PRECISION,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX objective_map ON objective (map);
CREATE TABLE objective_measure (
  id TEXT PRIMARY KEY,
  objective TEXT NOT NULL REFERENCES objective (id),
  position INTEGER NOT NULL,
  measure TEXT NOT NULL,
  statistic TEXT NOT NULL DEFAULT '',
  better TEXT NOT NULL CHECK (better IN ('higher', 'lower', 'within')),
  weight DOUBLE PRECISION NOT NULL,
  baseline DOUBLE PRECISION NOT NULL,
  baseline_at BIGINT NOT NULL,
  target DOUBLE PRECISION NOT NULL,
  low DOUBLE PRECISION,
  high DOUBLE PRECISION,
  days INTEGER NOT NULL,
  channel TEXT NOT NULL DEFAULT '',
  topic TEXT NOT NULL DEFAULT ''
);
CREATE INDEX objective_measure_objective ON objective_measure (objective, position);
CREATE TABLE objective_link (
  map TEXT NOT NULL REFERENCES strategy_map (id),
  origin TEXT NOT NULL REFERENCES objective (id),
  serves TEXT NOT NULL REFERENCES objective (id),
  weight DOUBLE PRECISION NOT NULL DEFAULT 1,
  lag_days INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (origin, serves)
);
