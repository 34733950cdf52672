-- +goose Up
-- Derived: the rules that hold from a month on.
CREATE TABLE recognition_rule (
  id TEXT PRIMARY KEY,
  month TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_name TEXT NOT NULL,
  rules TEXT NOT NULL
);
-- Decided for the community by who looks after it: the cap of points from one person is not for them.
ALTER TABLE recognition_merit ADD COLUMN office INTEGER NOT NULL DEFAULT 0;
CREATE INDEX recognition_merit_month ON recognition_merit (month);
-- Points by the space of what they were given for: a reader sees those of spaces they may read. Badges follow from merits.
DROP TABLE recognition_standing;
DROP TABLE recognition_month;
CREATE TABLE recognition_month (
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  month TEXT NOT NULL,
  space TEXT NOT NULL,
  points INTEGER NOT NULL,
  PRIMARY KEY (channel, person, month, space)
);
CREATE TABLE recognition_standing (
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  space TEXT NOT NULL,
  points INTEGER NOT NULL,
  PRIMARY KEY (channel, person, space)
);

-- +goose Down
DROP TABLE recognition_standing;
DROP TABLE recognition_month;
CREATE TABLE recognition_month (
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  month TEXT NOT NULL,
  points INTEGER NOT NULL,
  PRIMARY KEY (channel, person, month)
);
CREATE TABLE recognition_standing (
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  points INTEGER NOT NULL,
  badges TEXT NOT NULL,
  PRIMARY KEY (channel, person)
);
DROP INDEX recognition_merit_month;
ALTER TABLE recognition_merit DROP COLUMN office;
DROP TABLE recognition_rule;
