-- +goose Up
-- Kept: what somebody means to reach in a quarter, agreed by both sides. target is in the unit of the measure.
CREATE TABLE team_aim (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  quarter TEXT NOT NULL,
  measure TEXT NOT NULL,
  target BIGINT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  member_at BIGINT,
  lead_at BIGINT,
  lead TEXT NOT NULL DEFAULT '',
  changed_at BIGINT NOT NULL,
  UNIQUE (member, quarter, measure)
);

-- +goose Down
DROP TABLE team_aim;
