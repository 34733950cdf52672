-- +goose Up
-- Kept: views of the inbox that members saved. address is the query of the page. And which conversations are one matter, derived: a is the smaller id.
CREATE TABLE inbox_view (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  shared INTEGER NOT NULL DEFAULT 0,
  view TEXT NOT NULL,
  filter TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX inbox_view_owner ON inbox_view (owner);
CREATE TABLE conversation_link (
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  activity TEXT NOT NULL,
  PRIMARY KEY (a, b)
) {{clustered}};
CREATE INDEX conversation_link_b ON conversation_link (b);

-- +goose Down
DROP TABLE conversation_link;
DROP TABLE inbox_view;
