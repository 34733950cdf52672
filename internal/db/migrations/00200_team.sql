-- +goose Up
-- Kept: what those who answer can, and when. skills, languages and absences are JSON arrays, calendar a JSON object, '' when never said.
CREATE TABLE team_profile (
  member TEXT PRIMARY KEY,
  skills TEXT NOT NULL DEFAULT '[]',
  languages TEXT NOT NULL DEFAULT '[]',
  department TEXT NOT NULL DEFAULT '',
  calendar TEXT NOT NULL DEFAULT '',
  minutes INTEGER NOT NULL DEFAULT 0,
  absences TEXT NOT NULL DEFAULT '[]',
  mentor TEXT NOT NULL DEFAULT '',
  approval TEXT NOT NULL DEFAULT 'free' CHECK (approval IN ('free', 'beginner')),
  approved INTEGER NOT NULL DEFAULT 0,
  routed INTEGER NOT NULL DEFAULT 1,
  mail INTEGER NOT NULL DEFAULT 1,
  changed_at BIGINT NOT NULL
);
CREATE INDEX team_profile_mentor ON team_profile (mentor);
-- Kept: time that members had conversations open, by day of their zone.
CREATE TABLE team_time (
  member TEXT NOT NULL,
  day TEXT NOT NULL,
  seconds BIGINT NOT NULL,
  PRIMARY KEY (member, day)
);
-- Kept: kinds of work, and who is responsible, accountable, consulted and informed. who is role:NAME, department:NAME or member:ID.
CREATE TABLE team_work (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE TABLE team_duty (
  work TEXT NOT NULL REFERENCES team_work (id) ON DELETE CASCADE,
  who TEXT NOT NULL,
  letter TEXT NOT NULL CHECK (letter IN ('r', 'a', 'c', 'i')),
  PRIMARY KEY (work, who)
);

-- +goose Down
DROP TABLE team_duty;
DROP TABLE team_work;
DROP TABLE team_time;
DROP TABLE team_profile;
