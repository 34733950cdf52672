-- +goose Up
-- Kept: what people wrote by mail to an address for posts, and what became of it. A letter is taken once, whatever way it comes (message, digest);
-- answer says what its sender is told, answer_state how far that mail came.
CREATE TABLE letter (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  message TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL UNIQUE,
  tag TEXT NOT NULL,
  sender TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL DEFAULT '',
  automatic TEXT NOT NULL DEFAULT '',
  proof TEXT NOT NULL DEFAULT '{}',
  at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'asks', 'posted', 'waits', 'refused', 'ignored', 'dropped')),
  cause TEXT NOT NULL DEFAULT '',
  member TEXT NOT NULL DEFAULT '',
  community TEXT NOT NULL DEFAULT '',
  post TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answer_args TEXT NOT NULL DEFAULT '[]',
  answer_state TEXT NOT NULL DEFAULT '' CHECK (answer_state IN ('', 'queued', 'sending', 'sent', 'failed', 'uncertain')),
  answer_tries INTEGER NOT NULL DEFAULT 0,
  answer_at BIGINT
);
CREATE INDEX letter_due ON letter (due_at) WHERE state = 'new';
CREATE INDEX letter_answer ON letter (answer_state, answer_at) WHERE answer_state <> '';
CREATE INDEX letter_sender ON letter (sender, at);
CREATE INDEX letter_member ON letter (member, at);
-- The mail itself, as long as it may still be posted.
CREATE TABLE letter_part (
  letter TEXT NOT NULL,
  part INTEGER NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (letter, part)
);

-- +goose Down
DROP TABLE letter_part;
DROP TABLE letter;
