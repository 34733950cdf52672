-- +goose Up
-- Derived: where what was brought into a community was before: path and query of its address, or host and number of a forum.
CREATE TABLE community_old (
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (channel, address)
) {{clustered}};
-- Derived: identities of elsewhere whose posts are a member's.
CREATE TABLE community_claimed (
  channel TEXT NOT NULL,
  author TEXT NOT NULL,
  taker TEXT NOT NULL,
  PRIMARY KEY (channel, author)
) {{clustered}};
-- Derived: the words that were ever said in a space, for words that are misspelt; back is the word from its end. Whether one still stands there is asked of the index.
CREATE TABLE community_spoken (
  word TEXT NOT NULL,
  space TEXT NOT NULL,
  back TEXT NOT NULL,
  PRIMARY KEY (word, space)
) {{clustered}};
CREATE INDEX community_spoken_back ON community_spoken (back, space, word);
-- Kept: who says that something that was brought is theirs, and what became of it. author is the identity it was brought under.
CREATE TABLE community_claim (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  author TEXT NOT NULL,
  member TEXT NOT NULL,
  words TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('asked', 'confirmed', 'refused', 'undone')),
  at BIGINT NOT NULL,
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at BIGINT
);
CREATE INDEX community_claim_open ON community_claim (community, at);
CREATE UNIQUE INDEX community_claim_one ON community_claim (community, author, member) WHERE state = 'asked';

-- +goose Down
DROP TABLE community_claim;
DROP TABLE community_spoken;
DROP TABLE community_claimed;
DROP TABLE community_old;
