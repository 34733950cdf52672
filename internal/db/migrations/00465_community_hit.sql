-- +goose Up
-- Derived: what a search reads of each row of community_doc, all it filters and counts by, so that a post that has the words is looked up once and in a small row: top, at, space
-- and lang are those of the thread or article it belongs to, facet is the state of a question, else the kind, and the tags after it.
CREATE TABLE community_hit (
  n {{place}},
  top BIGINT NOT NULL,
  at BIGINT NOT NULL,
  space TEXT NOT NULL,
  lang TEXT NOT NULL,
  facet TEXT NOT NULL
);
-- What is there already is as the follower would derive it, so nothing need be derived anew.
INSERT INTO community_hit (n, top, at, space, lang, facet)
SELECT d.n, d.top, f.at, f.space, f.lang, CASE WHEN f.state <> '' THEN f.state ELSE f.kind END || f.tags FROM community_doc d CROSS JOIN community_find f WHERE f.n = d.top ORDER BY d.n;
-- +goose Down
DROP TABLE community_hit;
