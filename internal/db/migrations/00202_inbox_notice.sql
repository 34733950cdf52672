-- +goose Up
-- Kept: what members were told of the inbox. words is a key of sentences with its args, a JSON array. mail says how far a mail about it came.
CREATE TABLE inbox_notice (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  words TEXT NOT NULL,
  args TEXT NOT NULL DEFAULT '[]',
  conversation TEXT NOT NULL DEFAULT '',
  href TEXT NOT NULL DEFAULT '',
  once TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  read_at BIGINT,
  mail TEXT NOT NULL DEFAULT '' CHECK (mail IN ('', 'due', 'sending', 'sent', 'failed', 'uncertain')),
  lease_until BIGINT
);
CREATE INDEX inbox_notice_member ON inbox_notice (member, at, id);
CREATE INDEX inbox_notice_new ON inbox_notice (member, words, conversation) WHERE read_at IS NULL;
CREATE UNIQUE INDEX inbox_notice_once ON inbox_notice (member, once) WHERE once <> '';
CREATE INDEX inbox_notice_mail ON inbox_notice (mail, at) WHERE mail IN ('due', 'sending');
CREATE INDEX inbox_notice_at ON inbox_notice (at);

-- +goose Down
DROP TABLE inbox_notice;
