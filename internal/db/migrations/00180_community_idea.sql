-- +goose Up
-- Derived: what an idea is beyond its thread, whose score is the number of its votes.
CREATE TABLE community_idea (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('open', 'review', 'planned', 'started', 'done', 'declined')),
  status_at BIGINT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  reason_by TEXT NOT NULL DEFAULT '',
  merged_into TEXT NOT NULL DEFAULT '',
  initiative TEXT NOT NULL DEFAULT '',
  last TEXT NOT NULL DEFAULT ''
);
CREATE INDEX community_idea_status ON community_idea (status, status_at, id);
CREATE INDEX community_idea_initiative ON community_idea (initiative) WHERE initiative <> '';
CREATE INDEX community_idea_merged ON community_idea (merged_into) WHERE merged_into <> '';
-- Who is for an idea. via is the member who noted it for the voter, '' for who voted by themselves.
CREATE TABLE community_idea_vote (
  idea TEXT NOT NULL,
  voter TEXT NOT NULL,
  value INTEGER NOT NULL,
  via TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (idea, voter)
);
CREATE INDEX community_idea_vote_voter ON community_idea_vote (voter, idea);
-- The last vote of each person on a board: each names the one before, so that no two are cast at one moment.
CREATE TABLE community_idea_ballot (
  space TEXT NOT NULL,
  voter TEXT NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (space, voter)
);
-- What became of an idea, step by step.
CREATE TABLE community_idea_step (
  activity TEXT PRIMARY KEY,
  idea TEXT NOT NULL,
  at BIGINT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  decider TEXT NOT NULL
);
CREATE INDEX community_idea_step_idea ON community_idea_step (idea, at, activity);
CREATE INDEX community_thread_score ON community_thread (space, score, at, id) WHERE kind = 'idea';
-- Kept: how many open votes each person has on a board; without a row as many as they like.
CREATE TABLE community_board (
  space TEXT PRIMARY KEY REFERENCES community_space (id),
  votes INTEGER NOT NULL
);
