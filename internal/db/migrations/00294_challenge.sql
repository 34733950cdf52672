-- +goose Up
-- Derived: calls for ideas with dates, a jury and criteria; what was entered, and what jurors gave it.
CREATE TABLE community_challenge (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  space TEXT NOT NULL,
  title TEXT NOT NULL,
  markup TEXT NOT NULL,
  html TEXT NOT NULL,
  author_name TEXT NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  judged_at BIGINT NOT NULL,
  criteria TEXT NOT NULL,
  jury TEXT NOT NULL,
  at BIGINT NOT NULL,
  last TEXT NOT NULL
);
CREATE INDEX community_challenge_space ON community_challenge (space, judged_at, id);
CREATE TABLE community_challenge_entry (
  challenge TEXT NOT NULL,
  idea TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (challenge, idea)
);
CREATE INDEX community_challenge_entry_idea ON community_challenge_entry (idea);
CREATE TABLE community_challenge_score (
  challenge TEXT NOT NULL,
  idea TEXT NOT NULL,
  juror TEXT NOT NULL,
  scores TEXT NOT NULL,
  words TEXT NOT NULL,
  at BIGINT NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (challenge, idea, juror)
);
-- +goose Down
DROP TABLE community_challenge_score;
DROP TABLE community_challenge_entry;
DROP TABLE community_challenge;
