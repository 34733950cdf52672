-- +goose Up
-- Kept: files that came with what people wrote at a contact point; in parts, so that no row is large.
CREATE TABLE contact_file (
  id TEXT PRIMARY KEY,
  point TEXT NOT NULL,
  visit TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  width INTEGER NOT NULL DEFAULT 0,
  height INTEGER NOT NULL DEFAULT 0,
  size BIGINT NOT NULL,
  sum TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX contact_file_visit ON contact_file (visit);
CREATE INDEX contact_file_at ON contact_file (at);
CREATE TABLE contact_file_part (
  file TEXT NOT NULL REFERENCES contact_file (id),
  part INTEGER NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (file, part)
);
-- Whose visit it is, where whoever asks is signed in; a mail from that address is contact too.
ALTER TABLE contact_visit ADD COLUMN author TEXT NOT NULL DEFAULT '';
CREATE INDEX contact_visit_author ON contact_visit (author, at) WHERE author <> '';

-- +goose Down
DROP INDEX contact_visit_author;
ALTER TABLE contact_visit DROP COLUMN author;
DROP TABLE contact_file_part;
DROP TABLE contact_file;
