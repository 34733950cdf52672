-- +goose Up
-- Kept: what several maps have to say to each other, colours and themes, who changed what, and links for readers without an account.
ALTER TABLE strategy_map ADD COLUMN kind TEXT NOT NULL DEFAULT 'organisation';
ALTER TABLE strategy_map ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE perspective ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
ALTER TABLE objective ADD COLUMN goal TEXT NOT NULL DEFAULT '';
ALTER TABLE objective ADD COLUMN goal_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE objective ADD COLUMN stage TEXT NOT NULL DEFAULT '';
ALTER TABLE objective_measure ADD COLUMN timing TEXT NOT NULL DEFAULT 'lagging';
CREATE TABLE theme (
  id TEXT PRIMARY KEY,
  map TEXT NOT NULL REFERENCES strategy_map (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  colour INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX theme_map ON theme (map, position);
CREATE TABLE objective_theme (
  objective TEXT NOT NULL REFERENCES objective (id),
  theme TEXT NOT NULL REFERENCES theme (id),
  PRIMARY KEY (objective, theme)
);
CREATE INDEX objective_theme_theme ON objective_theme (theme);
-- An objective of one map that contributes to one of another.
CREATE TABLE contribution (
  origin TEXT NOT NULL REFERENCES objective (id),
  serves TEXT NOT NULL REFERENCES objective (id),
  weight DOUBLE PRECISION NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (origin, serves)
);
CREATE INDEX contribution_serves ON contribution (serves);
-- What each change of a map did to its rows: enough to take it back, and to say how the map stood on any day.
CREATE TABLE strategy_change (
  id TEXT PRIMARY KEY,
  map TEXT NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  action TEXT NOT NULL,
  object TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '{}',
  patch TEXT NOT NULL,
  undoes TEXT NOT NULL DEFAULT '',
  undone INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX strategy_change_map ON strategy_change (map, number);
CREATE TABLE strategy_share (
  id TEXT PRIMARY KEY,
  map TEXT NOT NULL REFERENCES strategy_map (id),
  digest TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL DEFAULT '',
  shows TEXT NOT NULL CHECK (shows IN ('names', 'states', 'values')),
  member TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  opened BIGINT NOT NULL DEFAULT 0,
  opened_at BIGINT
);
CREATE INDEX strategy_share_map ON strategy_share (map);
