-- +goose Up
-- Derived: who does not want a conversation, and which were handed up.
CREATE TABLE conversation_pass (
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  reason TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (conversation, member)
) {{clustered}};
CREATE INDEX conversation_pass_at ON conversation_pass (at);
CREATE TABLE conversation_escalation (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  receiver TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX conversation_escalation_conversation ON conversation_escalation (conversation, at);
CREATE INDEX conversation_escalation_at ON conversation_escalation (at);
CREATE INDEX conversation_span_by ON conversation_span (resolved_by, resolved_at);
-- Kept: to whom conversations go that match a query of the query language; the first rule that matches counts.
CREATE TABLE routing_rule (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  target_kind TEXT NOT NULL CHECK (target_kind IN ('member', 'department', 'skill')),
  target TEXT NOT NULL,
  urgent INTEGER NOT NULL DEFAULT 0,
  active INTEGER NOT NULL DEFAULT 1,
  changed_at BIGINT NOT NULL
);
-- Kept: changes of routing while something lasts. hold are members who get nothing else, a JSON array.
CREATE TABLE routing_divert (
  id TEXT PRIMARY KEY,
  query TEXT NOT NULL DEFAULT '',
  target_kind TEXT NOT NULL DEFAULT '',
  target TEXT NOT NULL DEFAULT '',
  hold TEXT NOT NULL DEFAULT '[]',
  at BIGINT NOT NULL
);
CREATE TABLE routing_diverted (
  conversation TEXT NOT NULL,
  divert TEXT NOT NULL,
  PRIMARY KEY (conversation, divert)
);
-- Of the moment: conversations that nobody who is free fits, and the social team knows.
CREATE TABLE routing_stuck (
  conversation TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX presence_member ON presence (member, at);

-- +goose Down
DROP INDEX presence_member;
DROP TABLE routing_stuck;
DROP TABLE routing_diverted;
DROP TABLE routing_divert;
DROP TABLE routing_rule;
DROP INDEX conversation_span_by;
DROP TABLE conversation_escalation;
DROP TABLE conversation_pass;
