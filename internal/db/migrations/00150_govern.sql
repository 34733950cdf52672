-- +goose Up
-- Kept: what steering needs. Objectives, risks, reviews, topics, posts and conversations are named by id without a reference: they may go.

-- Where the organisation is going: the answers of a guided questionnaire, and what of its proposals is on a map.
CREATE TABLE orientation_answer (
  question TEXT PRIMARY KEY,
  answers TEXT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE TABLE orientation_put (
  proposal TEXT PRIMARY KEY,
  objective TEXT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);

-- How ready it is: every answer ever given; the last one of a question holds.
CREATE TABLE readiness_answer (
  id TEXT PRIMARY KEY,
  question TEXT NOT NULL,
  level INTEGER NOT NULL,
  evidence TEXT NOT NULL DEFAULT '',
  link TEXT NOT NULL DEFAULT '',
  evidence_on BIGINT,
  member TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX readiness_answer_question ON readiness_answer (question, at);
-- An owner who opens public service channels although the organisation is not ready, and says why.
CREATE TABLE gate_opening (
  id TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  withdrawn_at BIGINT
);

CREATE TABLE risk_entry (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  cause TEXT NOT NULL DEFAULT '',
  probability INTEGER NOT NULL,
  impact INTEGER NOT NULL,
  response TEXT NOT NULL DEFAULT '',
  contingency TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '',
  objective TEXT NOT NULL DEFAULT '',
  review_at BIGINT,
  state TEXT NOT NULL CHECK (state IN ('open', 'occurred', 'closed')),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE pestle_entry (
  id TEXT PRIMARY KEY,
  factor TEXT NOT NULL,
  name TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  source_on BIGINT,
  probability INTEGER NOT NULL,
  impact INTEGER NOT NULL,
  horizon TEXT NOT NULL,
  objective TEXT NOT NULL DEFAULT '',
  risk TEXT NOT NULL DEFAULT '',
  topic TEXT NOT NULL DEFAULT '',
  review_at BIGINT,
  reviewed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE decision (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT '',
  instead TEXT NOT NULL DEFAULT '',
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at BIGINT NOT NULL,
  owner TEXT NOT NULL DEFAULT '',
  objective TEXT NOT NULL DEFAULT '',
  review TEXT NOT NULL DEFAULT '',
  review_at BIGINT,
  state TEXT NOT NULL CHECK (state IN ('holds', 'revised', 'withdrawn')),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX decision_review ON decision (review);
CREATE TABLE review (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  rhythm TEXT NOT NULL CHECK (rhythm IN ('once', 'monthly', 'quarterly')),
  at BIGINT NOT NULL,
  minutes INTEGER NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  participants TEXT NOT NULL DEFAULT '[]',
  notes TEXT NOT NULL DEFAULT '',
  agenda TEXT NOT NULL DEFAULT '[]',
  held_at BIGINT,
  following TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX review_at ON review (at);
CREATE TABLE review_action (
  id TEXT PRIMARY KEY,
  review TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  owner TEXT NOT NULL DEFAULT '',
  due_at BIGINT,
  objective TEXT NOT NULL DEFAULT '',
  done_at BIGINT,
  outcome TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX review_action_review ON review_action (review);
CREATE TABLE spending (
  id TEXT PRIMARY KEY,
  tool TEXT NOT NULL,
  capability TEXT NOT NULL,
  department TEXT NOT NULL,
  payer TEXT NOT NULL DEFAULT '',
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  period TEXT NOT NULL CHECK (period IN ('once', 'month', 'quarter', 'year')),
  begins_at BIGINT NOT NULL,
  ends_at BIGINT,
  approval TEXT NOT NULL CHECK (approval IN ('yes', 'asked', 'no')),
  owner TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE insight (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  department TEXT NOT NULL,
  owner TEXT NOT NULL DEFAULT '',
  about TEXT NOT NULL DEFAULT '',
  due_at BIGINT NOT NULL,
  objective TEXT NOT NULL DEFAULT '',
  verdict TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'done', 'planned', 'refused')),
  reason TEXT NOT NULL DEFAULT '',
  decided_at BIGINT,
  decided_by TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '',
  handed_by TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX insight_about ON insight (about);
CREATE INDEX insight_handed ON insight (created_at);
CREATE TABLE tie_plan (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  ties TEXT NOT NULL DEFAULT '[]',
  wanted INTEGER NOT NULL,
  due_at BIGINT,
  worth TEXT NOT NULL DEFAULT '',
  amount BIGINT,
  currency TEXT NOT NULL DEFAULT '',
  how TEXT NOT NULL DEFAULT '',
  often TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '',
  objective TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
