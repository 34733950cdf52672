-- +goose Up
-- Derived: what a search of communities looks at. community_doc has a row for each post and each article everybody reads, by the place in the
-- ledger of what first said it; top is the place of the thread or article it belongs to, which is what is found.
CREATE TABLE community_doc (
  n {{place}},
  id TEXT NOT NULL UNIQUE,
  top BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE community_find (
  n {{place}},
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  space TEXT NOT NULL,
  lang TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TEXT NOT NULL,
  title TEXT NOT NULL,
  tags TEXT NOT NULL
);
-- How many titles of a space have a word, for words that are misspelt; back is the word from its end.
CREATE TABLE community_word (
  word TEXT NOT NULL,
  space TEXT NOT NULL,
  back TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (word, space)
) {{clustered}};
CREATE INDEX community_word_back ON community_word (back, space, word, n);
-- The words of the names of those who spoke.
CREATE TABLE community_name (
  channel TEXT NOT NULL,
  word TEXT NOT NULL,
  author TEXT NOT NULL,
  PRIMARY KEY (channel, word, author)
) {{clustered}};
CREATE INDEX community_name_author ON community_name (author, channel);
-- The stems of each row of community_doc, by its n; those of titles also after "t1".
CREATE TABLE community_text (
  n BIGINT PRIMARY KEY,
  stems TSVECTOR NOT NULL
);
CREATE INDEX community_text_stems ON community_text USING gin (stems);
