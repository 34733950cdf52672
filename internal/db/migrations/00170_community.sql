-- +goose Up
-- Kept: communities, their spaces and who is in them. name, about and welcome are JSON objects of language to text.
CREATE TABLE community (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  host TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '{}',
  welcome TEXT NOT NULL DEFAULT '{}',
  langs TEXT NOT NULL,
  audience TEXT NOT NULL CHECK (audience IN ('public', 'members', 'kinds', 'invited')),
  kinds TEXT NOT NULL DEFAULT '[]',
  sign_up TEXT NOT NULL CHECK (sign_up IN ('open', 'approval', 'closed')),
  look TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  closed_at BIGINT
);
CREATE UNIQUE INDEX community_host ON community (host) WHERE host <> '';

CREATE TABLE community_space (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL REFERENCES community (id),
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '{}',
  access TEXT NOT NULL CHECK (access IN ('open', 'request', 'invitation', 'hidden')),
  holds TEXT NOT NULL,
  position INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  archived_at BIGINT,
  UNIQUE (community, slug)
);

-- Who is in a community (space is '') or in a space of it.
CREATE TABLE community_membership (
  community TEXT NOT NULL REFERENCES community (id),
  space TEXT NOT NULL DEFAULT '',
  member TEXT NOT NULL REFERENCES member (id),
  state TEXT NOT NULL CHECK (state IN ('in', 'asked', 'invited')),
  role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'moderator')),
  words TEXT NOT NULL DEFAULT '',
  made_by TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (member, community, space)
);
CREATE INDEX community_membership_space ON community_membership (community, space, state, at);
