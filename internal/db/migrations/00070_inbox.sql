-- +goose Up
-- Derived: threads that somebody should handle or did handle. post is the one it began with.
CREATE TABLE conversation (
  id TEXT PRIMARY KEY,
  root TEXT NOT NULL UNIQUE,
  post TEXT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
  assignee TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '',
  excerpt TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  private INTEGER NOT NULL DEFAULT 0,
  opened_at BIGINT NOT NULL,
  first_reply_at BIGINT,
  first_reply_by TEXT NOT NULL DEFAULT '',
  resolved_at BIGINT,
  waiting_since BIGINT,
  last_theirs_at BIGINT,
  last_ours_at BIGINT,
  last_at BIGINT NOT NULL,
  posts INTEGER NOT NULL DEFAULT 0,
  notes INTEGER NOT NULL DEFAULT 0,
  reopened INTEGER NOT NULL DEFAULT 0
);
-- One for each way the queue is narrowed, so that a page of it is a walk along an index.
CREATE INDEX conversation_state ON conversation (state, last_at, id);
CREATE INDEX conversation_assignee ON conversation (assignee, state, last_at, id);
CREATE INDEX conversation_channel ON conversation (channel, state, last_at, id);
CREATE INDEX conversation_waiting ON conversation (waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_waiting_assignee ON conversation (assignee, waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_waiting_channel ON conversation (channel, waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_opened ON conversation (opened_at);
-- Each time it was open.
CREATE TABLE conversation_span (
  conversation TEXT NOT NULL,
  n INTEGER NOT NULL,
  opened_at BIGINT NOT NULL,
  resolved_at BIGINT,
  resolved_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (conversation, n)
) {{clustered}};
CREATE INDEX conversation_span_resolved ON conversation_span (resolved_at);
CREATE TABLE conversation_author (
  author TEXT NOT NULL,
  conversation TEXT NOT NULL,
  PRIMARY KEY (author, conversation)
) {{clustered}};
CREATE INDEX conversation_author_conversation ON conversation_author (conversation);
-- Ids of conversations that were joined to another.
CREATE TABLE conversation_alias (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL
);
CREATE INDEX conversation_alias_conversation ON conversation_alias (conversation);
CREATE TABLE conversation_count (
  state TEXT NOT NULL,
  assignee TEXT NOT NULL,
  waiting INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (state, assignee, waiting)
) {{clustered}};
-- Kept: which form or call queued which sending, so that sending it twice queues it once.
CREATE TABLE conversation_reply (
  token TEXT PRIMARY KEY,
  sending TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX conversation_reply_at ON conversation_reply (at);
-- Who looks at a conversation right now; not derived, and of no worth tomorrow.
CREATE TABLE presence (
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  writing_at BIGINT,
  PRIMARY KEY (conversation, member)
);
CREATE INDEX presence_at ON presence (at);
