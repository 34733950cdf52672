-- +goose Up
-- Kept: what is known of a place where we speak. introduced_by is a member; read_since and introduced_at may be unknown.
CREATE TABLE inbox_place (
  channel TEXT PRIMARY KEY REFERENCES channel (id),
  own INTEGER NOT NULL DEFAULT 0,
  names INTEGER NOT NULL DEFAULT 1,
  read_since BIGINT,
  read_days INTEGER NOT NULL DEFAULT 14,
  introduced_at BIGINT,
  introduced_by TEXT NOT NULL DEFAULT '',
  remark TEXT NOT NULL DEFAULT '',
  changed_at BIGINT NOT NULL
);
-- Kept: replies of beginners, and what their mentors made of them. answer is a JSON object; said is what went out, '' when it did not.
CREATE TABLE reply_approval (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  mentor TEXT NOT NULL DEFAULT '',
  answer TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'changed', 'returned', 'withdrawn')),
  reason TEXT NOT NULL DEFAULT '',
  said TEXT NOT NULL DEFAULT '',
  sending TEXT NOT NULL DEFAULT '',
  decided_by TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  decided_at BIGINT
);
CREATE INDEX reply_approval_waiting ON reply_approval (created_at, id) WHERE state = 'waiting';
CREATE INDEX reply_approval_conversation ON reply_approval (conversation, state);
CREATE INDEX reply_approval_member ON reply_approval (member, created_at);
-- Kept: public complaints that are to get a public answer and a private follow-up. How far both are is read from what was said.
CREATE TABLE reply_pair (
  post TEXT PRIMARY KEY,
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  closed_at BIGINT,
  closed_by TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX reply_pair_conversation ON reply_pair (conversation);
CREATE INDEX reply_pair_open ON reply_pair (due_at, post) WHERE closed_at IS NULL;
-- Kept: what members were about to say, each in each conversation.
CREATE TABLE reply_draft (
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  words TEXT NOT NULL,
  shared INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  PRIMARY KEY (conversation, member)
);
CREATE INDEX reply_draft_at ON reply_draft (at);
-- Kept: replies that are said again and again. member is whose, '' for everybody's; words is a JSON object by language.
CREATE TABLE saved_reply (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL,
  words TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE INDEX saved_reply_member ON saved_reply (member, title);
-- Kept: what replies were helped by: kind is saved, article or conversation.
CREATE TABLE reply_help (
  sending TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('saved', 'article', 'conversation')),
  ref TEXT NOT NULL,
  conversation TEXT NOT NULL,
  member TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (sending, kind, ref)
);
CREATE INDEX reply_help_ref ON reply_help (kind, ref, at);
CREATE INDEX reply_help_at ON reply_help (at);
CREATE INDEX outgoing_channel ON outgoing (channel, member);

-- +goose Down
DROP INDEX outgoing_channel;
DROP TABLE reply_help;
DROP TABLE saved_reply;
DROP TABLE reply_draft;
DROP TABLE reply_pair;
DROP TABLE reply_approval;
DROP TABLE inbox_place;
