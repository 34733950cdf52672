-- +goose Up
-- Derived, by no follower: what measures count, kept by the day and put right by the hour (docs/adr/0015). Whatever writes a row that measures
-- count notes the hour of it here, in its own transaction: 4 times the hour since 1970, and 0 for a post, 1 for the opening of a conversation,
-- 2 for a time of being open, 3 for a business fact. So nothing that changes is forgotten, whoever changes it, on whatever node.
-- What follows from a new post is noted by the rows that follow: its conversation is written too.
CREATE TABLE measure_touch (
  place BIGINT NOT NULL,
  tx BIGINT NOT NULL,
  PRIMARY KEY (place, tx)
);
-- The same hours once somebody is at work on them: what changes meanwhile is noted anew above.
CREATE TABLE measure_stale (
  place BIGINT PRIMARY KEY
);
-- A measure with a filter that somebody asks for, known from the day since on; a day without a row holds nothing.
CREATE TABLE measure_key (
  id TEXT PRIMARY KEY,
  measure TEXT NOT NULL,
  filter TEXT NOT NULL,
  since BIGINT NOT NULL,
  asked_at BIGINT NOT NULL
);
-- What a key counts in a day of UTC; data NULL: not known now. gen grows with each change, so that other nodes find what is new.
CREATE TABLE measure_day (
  key TEXT NOT NULL,
  day BIGINT NOT NULL,
  gen BIGINT NOT NULL,
  data BYTEA,
  PRIMARY KEY (key, day)
);
CREATE INDEX measure_day_gen ON measure_day (key, gen);
CREATE TABLE measure_gen (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  gen BIGINT NOT NULL
);
INSERT INTO measure_gen (one, gen) VALUES (1, 0);

-- +goose StatementBegin
CREATE FUNCTION measure_touch_post() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM news r) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 AS place FROM news r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN conversation c ON c.root = r.root
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN conversation c ON c.root = r.root) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN conversation c ON c.root = r.root) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON post REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_post();
CREATE TRIGGER measure_update AFTER UPDATE ON post REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_post();
CREATE TRIGGER measure_delete AFTER DELETE ON post REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_post();
-- +goose StatementBegin
CREATE FUNCTION measure_touch_enrichment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.hour * 4 AS place FROM news r WHERE r.hour >= 0
      UNION ALL SELECT p.at / 3600000000 * 4 FROM news r JOIN post p ON p.id = r.post WHERE r.hour < 0) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.hour * 4 AS place FROM olds r WHERE r.hour >= 0
      UNION ALL SELECT p.at / 3600000000 * 4 FROM olds r JOIN post p ON p.id = r.post WHERE r.hour < 0
      UNION ALL SELECT r.hour * 4 AS place FROM news r WHERE r.hour >= 0
      UNION ALL SELECT p.at / 3600000000 * 4 FROM news r JOIN post p ON p.id = r.post WHERE r.hour < 0
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.hour * 4 AS place FROM olds r WHERE r.hour >= 0
      UNION ALL SELECT p.at / 3600000000 * 4 FROM olds r JOIN post p ON p.id = r.post WHERE r.hour < 0
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON enrichment REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_enrichment();
CREATE TRIGGER measure_update AFTER UPDATE ON enrichment REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_enrichment();
CREATE TRIGGER measure_delete AFTER DELETE ON enrichment REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_enrichment();
-- +goose StatementBegin
CREATE FUNCTION measure_touch_post_label() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.post_at / 3600000000 * 4 AS place FROM news r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.post_at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT r.post_at / 3600000000 * 4 AS place FROM news r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.post_at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON post_label REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_post_label();
CREATE TRIGGER measure_update AFTER UPDATE ON post_label REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_post_label();
CREATE TRIGGER measure_delete AFTER DELETE ON post_label REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_post_label();
-- +goose StatementBegin
CREATE FUNCTION measure_touch_mention() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM news r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 AS place FROM news r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN post p ON p.id = r.post JOIN conversation c ON c.root = p.root) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON mention REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_mention();
CREATE TRIGGER measure_update AFTER UPDATE ON mention REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_mention();
CREATE TRIGGER measure_delete AFTER DELETE ON mention REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_mention();
-- +goose StatementBegin
CREATE FUNCTION measure_touch_conversation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.opened_at / 3600000000 * 4 + 1 AS place FROM news r) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.opened_at / 3600000000 * 4 + 1 AS place FROM olds r
      UNION ALL SELECT r.opened_at / 3600000000 * 4 + 1 AS place FROM news r
      UNION ALL SELECT s.opened_at / 3600000000 * 4 + 2 FROM news n JOIN olds o ON o.id = n.id JOIN conversation_span s ON s.conversation = n.id WHERE (o.channel <> n.channel OR o.assignee <> n.assignee)
      UNION ALL SELECT s.resolved_at / 3600000000 * 4 + 2 FROM news n JOIN olds o ON o.id = n.id JOIN conversation_span s ON s.conversation = n.id WHERE (o.channel <> n.channel OR o.assignee <> n.assignee) AND s.resolved_at IS NOT NULL) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.opened_at / 3600000000 * 4 + 1 AS place FROM olds r) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON conversation REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation();
CREATE TRIGGER measure_update AFTER UPDATE ON conversation REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation();
CREATE TRIGGER measure_delete AFTER DELETE ON conversation REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation();
-- +goose StatementBegin
CREATE FUNCTION measure_touch_conversation_span() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.opened_at / 3600000000 * 4 + 2 AS place FROM news r
      UNION ALL SELECT r.resolved_at / 3600000000 * 4 + 2 AS place FROM news r WHERE r.resolved_at IS NOT NULL) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.opened_at / 3600000000 * 4 + 2 AS place FROM olds r
      UNION ALL SELECT r.resolved_at / 3600000000 * 4 + 2 AS place FROM olds r WHERE r.resolved_at IS NOT NULL
      UNION ALL SELECT r.opened_at / 3600000000 * 4 + 2 AS place FROM news r
      UNION ALL SELECT r.resolved_at / 3600000000 * 4 + 2 AS place FROM news r WHERE r.resolved_at IS NOT NULL) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.opened_at / 3600000000 * 4 + 2 AS place FROM olds r
      UNION ALL SELECT r.resolved_at / 3600000000 * 4 + 2 AS place FROM olds r WHERE r.resolved_at IS NOT NULL) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON conversation_span REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_span();
CREATE TRIGGER measure_update AFTER UPDATE ON conversation_span REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_span();
CREATE TRIGGER measure_delete AFTER DELETE ON conversation_span REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_span();
-- +goose StatementBegin
CREATE FUNCTION measure_touch_business_fact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 + 3 AS place FROM news r) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 + 3 AS place FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 + 3 AS place FROM news r) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 + 3 AS place FROM olds r) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_insert AFTER INSERT ON business_fact REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_business_fact();
CREATE TRIGGER measure_update AFTER UPDATE ON business_fact REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_business_fact();
CREATE TRIGGER measure_delete AFTER DELETE ON business_fact REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_business_fact();
