-- +goose Up
-- Kept: courses. draft is what is being written, a JSON object; number is the version published last, 0 for none.
CREATE TABLE course (
  id TEXT PRIMARY KEY,
  draft TEXT NOT NULL,
  number INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  retired_at BIGINT
);
CREATE TABLE course_version (
  course TEXT NOT NULL,
  number INTEGER NOT NULL,
  content TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (course, number)
);
-- Kept: who goes or went through which version. result is '' while it goes on.
CREATE TABLE course_attempt (
  id TEXT PRIMARY KEY,
  course TEXT NOT NULL,
  number INTEGER NOT NULL,
  member TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  ended_at BIGINT,
  result TEXT NOT NULL DEFAULT '' CHECK (result IN ('', 'passed', 'failed', 'left'))
);
CREATE UNIQUE INDEX course_attempt_open ON course_attempt (member, course) WHERE ended_at IS NULL;
CREATE INDEX course_attempt_member ON course_attempt (member, course, begun_at);
-- Kept: each try at a step. answer is JSON, score in percent.
CREATE TABLE course_try (
  attempt TEXT NOT NULL,
  step TEXT NOT NULL,
  try INTEGER NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  score INTEGER NOT NULL DEFAULT 0,
  passed INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  PRIMARY KEY (attempt, step, try)
);
-- Kept: certificates. until is NULL for one that does not run out.
CREATE TABLE certificate (
  id TEXT PRIMARY KEY,
  course TEXT NOT NULL,
  member TEXT NOT NULL,
  attempt TEXT NOT NULL UNIQUE,
  given_at BIGINT NOT NULL,
  until BIGINT,
  revoked_at BIGINT,
  revoked_by TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX certificate_member ON certificate (member, course);
-- Kept: which new colleagues put their list aside.
CREATE TABLE course_welcome (
  member TEXT PRIMARY KEY,
  aside_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE course_welcome;
DROP TABLE certificate;
DROP TABLE course_try;
DROP TABLE course_attempt;
DROP TABLE course_version;
DROP TABLE course;
