-- +goose Up
-- Derived: under which id a post of ours went out through another channel too.
CREATE TABLE post_alias (
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,
  post TEXT NOT NULL,
  PRIMARY KEY (channel, external_id)
);
-- Kept: the places where people write to us on a page: a form, a widget.
CREATE TABLE contact_point (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  langs TEXT NOT NULL DEFAULT '[]',
  community TEXT NOT NULL DEFAULT '',
  mail TEXT NOT NULL DEFAULT '',
  sites TEXT NOT NULL DEFAULT '[]',
  holdout INTEGER NOT NULL DEFAULT 0,
  survey INTEGER NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  closed_at BIGINT
);
-- Kept: how each answer of ours reached whoever wrote: by mail, or on the page.
CREATE TABLE contact_delivery (
  post TEXT PRIMARY KEY,
  visit TEXT NOT NULL,
  way TEXT NOT NULL CHECK (way IN ('mail', 'shown')),
  sending TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
-- Of this machine: who has the page open, and up to when they have seen what we said.
CREATE TABLE contact_presence (
  visit TEXT PRIMARY KEY,
  seen_at BIGINT NOT NULL,
  shown_at BIGINT NOT NULL DEFAULT 0
);
-- Derived: somebody with a question at a contact point. held: answers were kept back from them, to compare.
CREATE TABLE contact_visit (
  id TEXT PRIMARY KEY,
  point TEXT NOT NULL,
  at BIGINT NOT NULL,
  held INTEGER NOT NULL DEFAULT 0,
  holdout INTEGER NOT NULL DEFAULT 0,
  widget INTEGER NOT NULL DEFAULT 0,
  lang TEXT NOT NULL DEFAULT '',
  offered INTEGER NOT NULL DEFAULT 0,
  reads INTEGER NOT NULL DEFAULT 0,
  read_at BIGINT,
  found INTEGER,
  would INTEGER,
  judged_at BIGINT,
  wrote_at BIGINT,
  thread TEXT NOT NULL DEFAULT ''
);
CREATE INDEX contact_visit_at ON contact_visit (at, id);
CREATE INDEX contact_visit_point ON contact_visit (point, at);
CREATE INDEX contact_visit_thread ON contact_visit (thread) WHERE thread <> '';
CREATE TABLE contact_read (
  visit TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (visit, kind, ref)
);
CREATE INDEX contact_read_ref ON contact_read (ref, kind);

-- +goose Down
DROP TABLE contact_read;
DROP TABLE contact_visit;
DROP TABLE contact_presence;
DROP TABLE contact_delivery;
DROP TABLE contact_point;
DROP TABLE post_alias;
