-- +goose Up
-- Kept: whom we asked after a conversation was resolved how it went, and what they said; once for each time it was open. span is that of
-- conversation_span. Those who were not asked are here too, with why.
CREATE TABLE survey_ask (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL,
  span INTEGER NOT NULL,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL,
  scale TEXT NOT NULL CHECK (scale IN ('csat', 'nps')),
  state TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'left_out')),
  why TEXT NOT NULL DEFAULT '',
  answers TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  answered_at BIGINT,
  score INTEGER,
  comment TEXT NOT NULL DEFAULT '',
  post TEXT NOT NULL DEFAULT '',
  UNIQUE (conversation, span)
);
CREATE INDEX survey_ask_author ON survey_ask (author, at);
CREATE INDEX survey_ask_at ON survey_ask (at, id);
-- Who wishes not to be asked any more.
CREATE TABLE survey_refusal (
  author TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
