-- +goose Up
-- One row: the organisation. It is there once set-up is done.
CREATE TABLE organisation (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  name TEXT NOT NULL,
  lang TEXT NOT NULL,
  zone TEXT NOT NULL,
  url TEXT NOT NULL DEFAULT '',
  addresses TEXT NOT NULL DEFAULT '[]',
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE TABLE member (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'strategist', 'social', 'volunteer', 'member')),
  lang TEXT NOT NULL,
  zone TEXT NOT NULL,
  theme TEXT NOT NULL DEFAULT '' CHECK (theme IN ('', 'light', 'dark')),
  state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'invited', 'removed')),
  password TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  seen_at BIGINT
);

-- Secrets are kept as SHA-256 in hexadecimal: they are long and random, so nothing slower is needed.
CREATE TABLE member_session (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL REFERENCES member (id),
  hash TEXT NOT NULL UNIQUE,
  ip TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX member_session_member ON member_session (member, seen_at);
CREATE TABLE member_token (
  id TEXT PRIMARY KEY,
  member TEXT NOT NULL REFERENCES member (id),
  hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  used_ip TEXT NOT NULL DEFAULT '',
  revoked_at BIGINT
);
CREATE INDEX member_token_member ON member_token (member, id);
CREATE TABLE member_link (
  hash TEXT PRIMARY KEY,
  member TEXT NOT NULL REFERENCES member (id),
  purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'reset')),
  made_by TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX member_link_member ON member_link (member, purpose);
-- Who would like to be a member and has not confirmed the address, or waits for an owner.
CREATE TABLE member_sign_up (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  browser TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  lang TEXT NOT NULL,
  zone TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  back TEXT NOT NULL DEFAULT '',
  approval INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX member_sign_up_email ON member_sign_up (email);

-- Attempts that failed lately, by what is being tried: an address, an IP address.
CREATE TABLE attempt (
  subject TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  last_at BIGINT NOT NULL,
  wait_until BIGINT NOT NULL
);
CREATE INDEX attempt_last ON attempt (last_at);

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  member TEXT NOT NULL DEFAULT '',
  way TEXT NOT NULL DEFAULT '' CHECK (way IN ('', 'session', 'token', 'operator')),
  ip TEXT NOT NULL DEFAULT '',
  action TEXT NOT NULL,
  object TEXT NOT NULL DEFAULT '',
  details TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_member ON audit (member, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_object ON audit (object, id);

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
