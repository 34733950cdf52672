-- +goose Up
-- Kept: what moderators are asked about and what they decided. A case is about a post that was flagged, one that waits to be said (content is then
-- the activity that says it), or a member; an appeal is about another case or a sanction.
CREATE TABLE community_case (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('flag', 'held', 'appeal')),
  community TEXT NOT NULL,
  space TEXT NOT NULL DEFAULT '',
  post TEXT NOT NULL DEFAULT '',
  about TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  member TEXT NOT NULL DEFAULT '',
  author_name TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL DEFAULT '',
  content TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'hidden', 'deleted', 'published', 'declined', 'upheld', 'overturned', 'gone')),
  reason TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  decided_by TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  decided_at BIGINT
);
CREATE INDEX community_case_open ON community_case (community, at, id) WHERE state = 'open';
CREATE INDEX community_case_at ON community_case (community, at, id);
CREATE INDEX community_case_member ON community_case (member, community, at);
CREATE UNIQUE INDEX community_case_flag ON community_case (post) WHERE state = 'open' AND kind = 'flag';
CREATE UNIQUE INDEX community_case_appeal ON community_case (about) WHERE kind = 'appeal';
CREATE INDEX community_case_post ON community_case (post) WHERE post <> '';
CREATE TABLE community_flag (
  case_id TEXT NOT NULL,
  member TEXT NOT NULL,
  reason TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (case_id, member)
);
CREATE INDEX community_flag_member ON community_flag (member, at);
-- Who may not write (silence) or take part (suspend) in a community, and until when; NULL is until somebody ends it.
CREATE TABLE community_sanction (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  member TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('silence', 'suspend')),
  reason TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  made_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  until_at BIGINT,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX community_sanction_member ON community_sanction (member, community) WHERE ended_at IS NULL;
CREATE INDEX community_sanction_at ON community_sanction (community, at);
-- How a community is moderated: how many first posts wait, and what makes a post wait.
CREATE TABLE community_rule (
  community TEXT PRIMARY KEY,
  first_posts INTEGER NOT NULL DEFAULT 0,
  blocked TEXT NOT NULL DEFAULT '[]',
  changed_at BIGINT NOT NULL
);
-- Derived: what a hidden post says. In community_post it is as if it had been taken away, so that no list, count, search or feed shows it.
CREATE TABLE community_hidden (
  post TEXT PRIMARY KEY,
  author_name TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '',
  markup TEXT NOT NULL,
  html TEXT NOT NULL,
  excerpt TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE community_hidden;
DROP TABLE community_rule;
DROP TABLE community_sanction;
DROP TABLE community_flag;
DROP TABLE community_case;
