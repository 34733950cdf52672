-- +goose Up
-- Kept: how objectives are to be reached. What belongs to an initiative alone stands in its row, as JSON; days are texts such as 2026-11-22.
CREATE TABLE initiative (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('draft', 'proposed', 'approved', 'running', 'done', 'stopped')),
  owner TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '',
  scope_in TEXT NOT NULL DEFAULT '',
  scope_out TEXT NOT NULL DEFAULT '',
  manner TEXT NOT NULL DEFAULT '',
  exit_criteria TEXT NOT NULL DEFAULT '',
  start_on TEXT NOT NULL DEFAULT '',
  end_on TEXT NOT NULL DEFAULT '',
  currency TEXT NOT NULL,
  objectives TEXT NOT NULL DEFAULT '[]',
  contributors TEXT NOT NULL DEFAULT '[]',
  tasks TEXT NOT NULL DEFAULT '[]',
  lines TEXT NOT NULL DEFAULT '[]',
  risks TEXT NOT NULL DEFAULT '[]',
  benefits TEXT NOT NULL DEFAULT '[]',
  approved TEXT NOT NULL DEFAULT 'null',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE initiative_step (
  id TEXT PRIMARY KEY,
  initiative TEXT NOT NULL REFERENCES initiative (id),
  at BIGINT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  step TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX initiative_step_initiative ON initiative_step (initiative, id);
CREATE TABLE initiative_booking (
  id TEXT PRIMARY KEY,
  initiative TEXT NOT NULL REFERENCES initiative (id),
  line TEXT NOT NULL DEFAULT '',
  day TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  minutes INTEGER NOT NULL DEFAULT 0,
  note TEXT NOT NULL DEFAULT '',
  member TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE INDEX initiative_booking_initiative ON initiative_booking (initiative, day, id);

-- +goose Down
DROP TABLE initiative_booking;
DROP TABLE initiative_step;
DROP TABLE initiative;
