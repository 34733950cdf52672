-- +goose Up
-- Derived: what others found good in what somebody said. There is one row a slot: who gave what for what. It counts when value is above 0 and what it was
-- given for (a post; '' for what is none) is there.
CREATE TABLE recognition_merit (
  slot TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  kind TEXT NOT NULL,
  post TEXT NOT NULL,
  about TEXT NOT NULL,
  giver TEXT NOT NULL,
  value INTEGER NOT NULL,
  at BIGINT NOT NULL,
  month TEXT NOT NULL
);
CREATE INDEX recognition_merit_person ON recognition_merit (channel, person, month);
CREATE INDEX recognition_merit_giver ON recognition_merit (channel, giver, month);
CREATE INDEX recognition_merit_post ON recognition_merit (post);
-- What somebody earned in a month, within the caps.
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
-- Thanks in words.
CREATE TABLE recognition_thanks (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  person TEXT NOT NULL,
  giver TEXT NOT NULL,
  giver_name TEXT NOT NULL,
  words TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX recognition_thanks_person ON recognition_thanks (channel, person, at);
-- +goose Down
DROP TABLE recognition_thanks;
DROP TABLE recognition_standing;
DROP TABLE recognition_month;
DROP TABLE recognition_merit;
