-- +goose Up
-- Derived: who we are in relation with, and under which addresses.
CREATE TABLE identity (
  uri TEXT {{binary}} PRIMARY KEY,
  name TEXT NOT NULL DEFAULT '',
  person TEXT NOT NULL DEFAULT '',
  verified INTEGER NOT NULL DEFAULT 0,
  posts INTEGER NOT NULL DEFAULT 0,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX identity_person ON identity (person);
CREATE INDEX identity_loose ON identity (last_at) WHERE person = '';
CREATE TABLE person (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL DEFAULT '',
  folded TEXT {{binary}} NOT NULL DEFAULT '',
  organisation TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL DEFAULT '',
  kinds TEXT NOT NULL DEFAULT '[]',
  lang TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  firm INTEGER NOT NULL DEFAULT 0,
  since BIGINT NOT NULL,
  merged_into TEXT NOT NULL DEFAULT ''
);
CREATE INDEX person_folded ON person (folded, id);
CREATE TABLE person_merge (
  id TEXT PRIMARY KEY,
  kept TEXT NOT NULL,
  taken TEXT NOT NULL,
  identities TEXT NOT NULL,
  at BIGINT NOT NULL,
  undone_at BIGINT
);
CREATE INDEX person_merge_kept ON person_merge (kept);
-- What happened with an identity beside what it said itself, which is in post.
CREATE TABLE timeline (
  identity TEXT NOT NULL,
  at BIGINT NOT NULL,
  activity TEXT NOT NULL,
  PRIMARY KEY (identity, at, activity)
) {{clustered}};
