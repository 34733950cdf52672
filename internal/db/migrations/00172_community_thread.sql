-- +goose Up
-- Derived: what is asked and discussed in communities.
CREATE TABLE community_thread (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  space TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('question', 'discussion', 'idea', 'event')),
  title TEXT NOT NULL,
  excerpt TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  lang TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  last_name TEXT NOT NULL DEFAULT '',
  replies INTEGER NOT NULL DEFAULT 0,
  score INTEGER NOT NULL DEFAULT 0,
  accepted TEXT NOT NULL DEFAULT '',
  pinned INTEGER NOT NULL DEFAULT 0,
  locked INTEGER NOT NULL DEFAULT 0,
  duplicate_of TEXT NOT NULL DEFAULT '',
  merged_into TEXT NOT NULL DEFAULT '',
  deleted_at BIGINT
);
CREATE INDEX community_thread_space ON community_thread (space, last_at, id);
CREATE INDEX community_thread_at ON community_thread (space, at, id);
CREATE INDEX community_thread_waiting ON community_thread (space, at, id) WHERE kind = 'question' AND replies = 0 AND accepted = '' AND duplicate_of = '' AND deleted_at IS NULL;
CREATE INDEX community_thread_channel ON community_thread (channel);
CREATE TABLE community_post (
  id TEXT PRIMARY KEY,
  thread TEXT NOT NULL,
  parent TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('question', 'answer', 'comment', '')),
  author TEXT NOT NULL,
  author_name TEXT NOT NULL DEFAULT '',
  ours INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  markup TEXT NOT NULL,
  html TEXT NOT NULL,
  score INTEGER NOT NULL DEFAULT 0,
  accepted INTEGER NOT NULL DEFAULT 0,
  edits INTEGER NOT NULL DEFAULT 0,
  edited_at BIGINT,
  deleted_at BIGINT
);
CREATE UNIQUE INDEX community_post_external ON community_post (channel, external_id);
CREATE INDEX community_post_thread ON community_post (thread, at, id);
CREATE INDEX community_post_author ON community_post (author, at, id);
-- What a post said until it was edited.
CREATE TABLE community_edit (
  activity TEXT PRIMARY KEY,
  post TEXT NOT NULL,
  at BIGINT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  markup TEXT NOT NULL,
  html TEXT NOT NULL
);
CREATE INDEX community_edit_post ON community_edit (post, at, activity);
CREATE TABLE community_vote (
  post TEXT NOT NULL,
  voter TEXT NOT NULL,
  value INTEGER NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (post, voter)
);

-- Which kept files a post shows, now or before it was edited.
CREATE TABLE community_post_file (
  post TEXT NOT NULL,
  file TEXT NOT NULL,
  PRIMARY KEY (post, file)
);
CREATE INDEX community_post_file_file ON community_post_file (file);
-- How those who spoke in a community are mentioned: @handle.
CREATE TABLE community_voice (
  channel TEXT NOT NULL,
  author TEXT NOT NULL,
  handle TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (channel, author)
);
CREATE UNIQUE INDEX community_voice_handle ON community_voice (channel, handle);
-- Which members a post mentions.
CREATE TABLE community_mention (
  post TEXT NOT NULL,
  member TEXT NOT NULL,
  PRIMARY KEY (post, member)
);
CREATE INDEX community_mention_member ON community_mention (member, post);
CREATE TABLE community_reaction (
  post TEXT NOT NULL,
  reaction TEXT NOT NULL,
  voter TEXT NOT NULL,
  taken INTEGER NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (post, reaction, voter)
);
CREATE TABLE community_poll (
  post TEXT PRIMARY KEY,
  choices TEXT NOT NULL,
  several INTEGER NOT NULL,
  ends_at BIGINT
);
CREATE TABLE community_poll_ballot (
  post TEXT NOT NULL,
  voter TEXT NOT NULL,
  choices TEXT NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (post, voter)
);

-- Kept: what readers have read and follow, and what visitors wrote before they signed up.
CREATE TABLE community_read (
  member TEXT NOT NULL,
  thread TEXT NOT NULL,
  up_to BIGINT NOT NULL,
  PRIMARY KEY (member, thread)
);
CREATE TABLE community_follow (
  member TEXT NOT NULL,
  thread TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member, thread)
);
CREATE INDEX community_follow_thread ON community_follow (thread);
CREATE TABLE community_draft (
  token TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  content TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX community_draft_at ON community_draft (at);
