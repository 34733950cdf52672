-- +goose Up
-- Kept: what members were told of, and how. A post has a row in community_heard once those whom it concerns have their notices.
CREATE TABLE community_notice (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  community TEXT NOT NULL,
  kind TEXT NOT NULL,
  thread TEXT NOT NULL DEFAULT '',
  post TEXT NOT NULL DEFAULT '',
  subject TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  mail TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  read_at BIGINT,
  UNIQUE (member, post, kind, subject)
);
CREATE INDEX community_notice_member ON community_notice (member, community, at, id);
CREATE INDEX community_notice_new ON community_notice (member, community) WHERE read_at IS NULL;
CREATE INDEX community_notice_thread ON community_notice (member, thread) WHERE read_at IS NULL;
CREATE INDEX community_notice_mail ON community_notice (mail) WHERE mail <> '';
CREATE TABLE community_heard (
  fact TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX community_heard_at ON community_heard (at);
CREATE INDEX community_post_at ON community_post (at, id);
CREATE INDEX activity_picked ON activity (learned_at) WHERE kind = 'answer.picked';
-- What somebody wants to hear of a community ("community:ID"), a space ("space:ID") or a thread ("thread:ID").
CREATE TABLE community_level (
  member TEXT NOT NULL,
  place TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('all', 'mine', 'none')),
  at BIGINT NOT NULL,
  PRIMARY KEY (member, place)
);
CREATE INDEX community_level_place ON community_level (place, level);
-- What somebody wants by mail of a community.
CREATE TABLE community_wish (
  member TEXT NOT NULL,
  community TEXT NOT NULL,
  mail INTEGER NOT NULL DEFAULT 1,
  digest TEXT NOT NULL DEFAULT 'none' CHECK (digest IN ('none', 'daily', 'weekly')),
  digest_at BIGINT,
  PRIMARY KEY (member, community)
);
CREATE INDEX community_wish_due ON community_wish (digest_at) WHERE digest <> 'none';
-- Mails; a row is there before anything goes out, and says how far it came.
CREATE TABLE community_mail (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  community TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('notice', 'bundle', 'digest')),
  for_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  lease_until BIGINT,
  problem TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  sent_at BIGINT
);
CREATE INDEX community_mail_due ON community_mail (state, due_at);
CREATE INDEX community_mail_member ON community_mail (member, community, created_at);
CREATE UNIQUE INDEX community_mail_digest ON community_mail (member, community, for_at) WHERE kind = 'digest';

-- +goose Down
DROP INDEX activity_picked;
DROP INDEX community_post_at;
DROP TABLE community_mail;
DROP TABLE community_wish;
DROP TABLE community_level;
DROP TABLE community_heard;
DROP TABLE community_notice;
