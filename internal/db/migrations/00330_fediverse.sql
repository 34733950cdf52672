-- +goose Up
-- Kept: communities that are followed and answered from the fediverse. key is sealed; it signs what the community and its members say there. on_at is NULL
-- while it is switched off; space is where threads of others begin, '' for nowhere.
CREATE TABLE fediverse_place (
  community TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  public_key TEXT NOT NULL,
  on_at BIGINT,
  space TEXT NOT NULL DEFAULT '',
  hold INTEGER NOT NULL DEFAULT 1,
  changed_at BIGINT NOT NULL
);
-- Kept: those of elsewhere who have proved themselves here, as they said they are.
CREATE TABLE fediverse_actor (
  uri TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  handle TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  inbox TEXT NOT NULL,
  shared_inbox TEXT NOT NULL DEFAULT '',
  key_id TEXT NOT NULL,
  key TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  fetched_at BIGINT NOT NULL
);
CREATE INDEX fediverse_actor_key ON fediverse_actor (key_id);
CREATE INDEX fediverse_actor_handle ON fediverse_actor (handle);
-- Kept: who follows a community; inbox is where they are told, one for many of an instance.
CREATE TABLE fediverse_follower (
  community TEXT NOT NULL,
  actor TEXT NOT NULL,
  host TEXT NOT NULL,
  inbox TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (community, actor)
);
CREATE INDEX fediverse_follower_host ON fediverse_follower (community, host);
-- Kept: which instances and persons are not let in, and why. actor is '' for all of an instance.
CREATE TABLE fediverse_block (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  host TEXT NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL CHECK (kind IN ('silence', 'suspend')),
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  until_at BIGINT,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX fediverse_block_host ON fediverse_block (host) WHERE ended_at IS NULL;
-- Kept: members whose posts do not go out.
CREATE TABLE fediverse_refusal (
  member TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
-- Kept: what was taken in already, so that what is sent again does nothing; forgotten after a while.
CREATE TABLE fediverse_seen (
  activity TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX fediverse_seen_at ON fediverse_seen (at);
-- Kept: what we say there, and to whom it still goes. signer is whose key signs: '' for the community, else a handle. post is what body carries the words
-- of, '' for none; body is '' when they were taken back.
CREATE TABLE fediverse_event (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  kind TEXT NOT NULL,
  signer TEXT NOT NULL DEFAULT '',
  post TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX fediverse_event_at ON fediverse_event (at);
CREATE INDEX fediverse_event_post ON fediverse_event (post) WHERE post <> '';
-- created_at is the order in which a host is told; queued_at says since when it is tried, anew when it is queued again.
CREATE TABLE fediverse_delivery (
  event TEXT NOT NULL,
  inbox TEXT NOT NULL,
  host TEXT NOT NULL,
  community TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  lease_until BIGINT,
  lease_by TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  queued_at BIGINT NOT NULL,
  sent_at BIGINT,
  PRIMARY KEY (event, inbox)
);
CREATE INDEX fediverse_delivery_due ON fediverse_delivery (host, created_at, event, inbox) WHERE state = 'queued';
CREATE INDEX fediverse_delivery_community ON fediverse_delivery (community, host, state);
-- Of this installation: how far the ledger was looked at.
CREATE TABLE fediverse_cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  activity TEXT NOT NULL
);

-- +goose Down
DROP TABLE fediverse_cursor;
DROP TABLE fediverse_delivery;
DROP TABLE fediverse_event;
DROP TABLE fediverse_seen;
DROP TABLE fediverse_refusal;
DROP TABLE fediverse_block;
DROP TABLE fediverse_follower;
DROP TABLE fediverse_actor;
DROP TABLE fediverse_place;
