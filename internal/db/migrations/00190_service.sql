-- +goose Up
-- Derived, of conversations: what lists are narrowed and sorted by. lang is that of their first words, feeling that of their last, nature what
-- matters most of what they want (complaint, question …), priority what members say ('' the usual); due_at is until when the next thing
-- promised is due, due_aim what that is, warn_at from when it presses; promised counts what was ever promised.
ALTER TABLE conversation ADD COLUMN lang TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN feeling TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN nature TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN priority TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN due_at BIGINT;
ALTER TABLE conversation ADD COLUMN due_aim TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN warn_at BIGINT;
ALTER TABLE conversation ADD COLUMN promised INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversation_lang ON conversation (lang);
CREATE INDEX conversation_feeling ON conversation (feeling);
CREATE INDEX conversation_nature ON conversation (nature);
CREATE INDEX conversation_due ON conversation (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX conversation_due_assignee ON conversation (assignee, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX conversation_due_channel ON conversation (channel, due_at, id) WHERE due_at IS NOT NULL;
-- Derived: each thing promised in a conversation, the n-th. used is in microseconds.
CREATE TABLE conversation_promise (
  conversation TEXT NOT NULL,
  n INTEGER NOT NULL,
  aim TEXT NOT NULL CHECK (aim IN ('first_reply', 'next_reply', 'resolution')),
  policy TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'dropped')),
  begun_at BIGINT NOT NULL,
  since_at BIGINT,
  used BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT,
  warn_at BIGINT,
  ended_at BIGINT,
  PRIMARY KEY (conversation, n)
) {{clustered}};
CREATE INDEX conversation_promise_due ON conversation_promise (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversation_promise_running ON conversation_promise (due_at) WHERE state = 'running';
CREATE INDEX conversation_promise_warn ON conversation_promise (warn_at) WHERE state = 'running';
-- Derived: what is promised now, and the activity that said so. One row.
CREATE TABLE service_promise (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  activity TEXT NOT NULL,
  promises TEXT NOT NULL,
  at BIGINT NOT NULL
);
-- Derived: words that members put on conversations.
CREATE TABLE conversation_tag (
  tag TEXT NOT NULL,
  conversation TEXT NOT NULL,
  PRIMARY KEY (tag, conversation)
) {{clustered}};
CREATE INDEX conversation_tag_conversation ON conversation_tag (conversation);
-- Kept: of which promises members were warned and told that they were broken.
CREATE TABLE service_told (
  conversation TEXT NOT NULL,
  n INTEGER NOT NULL,
  step TEXT NOT NULL CHECK (step IN ('warned', 'escalated')),
  at BIGINT NOT NULL,
  PRIMARY KEY (conversation, n, step)
);

-- +goose Down
DROP TABLE service_told;
DROP TABLE conversation_tag;
DROP TABLE service_promise;
DROP TABLE conversation_promise;
DROP INDEX conversation_due_channel;
DROP INDEX conversation_due_assignee;
DROP INDEX conversation_due;
DROP INDEX conversation_nature;
DROP INDEX conversation_feeling;
DROP INDEX conversation_lang;
ALTER TABLE conversation DROP COLUMN promised;
ALTER TABLE conversation DROP COLUMN warn_at;
ALTER TABLE conversation DROP COLUMN due_aim;
ALTER TABLE conversation DROP COLUMN due_at;
ALTER TABLE conversation DROP COLUMN priority;
ALTER TABLE conversation DROP COLUMN nature;
ALTER TABLE conversation DROP COLUMN feeling;
ALTER TABLE conversation DROP COLUMN lang;
