-- +goose Up
-- Which campaigns links of posts name, and whose organisations people are of, is asked by pages: both are few among many rows.
CREATE INDEX post_campaign ON post (at) WHERE text LIKE '%utm_campaign=%';
CREATE INDEX person_organisation ON person (organisation) WHERE organisation <> '';
