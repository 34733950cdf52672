-- +goose Up
-- Rules are read from the ledger: what was derived of them said that there were none while all was derived anew.
DROP TABLE recognition_rule;
-- Merits are found by whoever gave or got them, in all communities, when addresses turn out to be of one person.
DROP INDEX recognition_merit_person;
DROP INDEX recognition_merit_giver;
CREATE INDEX recognition_merit_person ON recognition_merit (person, channel, month);
CREATE INDEX recognition_merit_giver ON recognition_merit (giver, channel, month);

-- +goose Down
DROP INDEX recognition_merit_person;
DROP INDEX recognition_merit_giver;
CREATE INDEX recognition_merit_person ON recognition_merit (channel, person, month);
CREATE INDEX recognition_merit_giver ON recognition_merit (channel, giver, month);
CREATE TABLE recognition_rule (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL DEFAULT '',
  month TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_name TEXT NOT NULL,
  rules TEXT NOT NULL
);
