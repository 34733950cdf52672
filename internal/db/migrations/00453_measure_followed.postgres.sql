-- +goose Up
-- Whether a complaint in public was followed up in private depends on what is said in other conversations of whoever complained, later: the hours in which
-- such complaints opened are noted when we answer their author in private, and when somebody turns out to take part where we did.
CREATE INDEX conversation_public ON conversation (author, opened_at) WHERE private = 0;
CREATE INDEX post_private_root ON post (root) WHERE ours = 1 AND private = 1;
CREATE VIEW measure_complaint AS SELECT c.author, c.opened_at FROM conversation c WHERE c.private = 0
  AND EXISTS (SELECT 1 FROM enrichment e WHERE e.post = c.post AND (e.sentiment = 'negative' OR ',' || e.kinds || ',' LIKE '%,complaint,%'));
-- +goose StatementBegin
CREATE FUNCTION measure_touch_followed(roots TEXT[], ats BIGINT[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO measure_touch (place, tx) SELECT DISTINCT v.opened_at / 3600000000 * 4 + 1, pg_current_xact_id()::text::bigint FROM (SELECT t.root, MAX(t.at) AS at FROM unnest(roots, ats) t (root, at) GROUP BY t.root) r
    CROSS JOIN LATERAL (SELECT x.author FROM conversation k CROSS JOIN LATERAL (SELECT y.author FROM conversation_author y WHERE y.conversation = k.id OFFSET 0) x WHERE k.root = r.root OFFSET 0) a
    CROSS JOIN LATERAL (SELECT c.opened_at FROM measure_complaint c WHERE c.author = a.author AND c.opened_at <= r.at OFFSET 0) v ON CONFLICT DO NOTHING
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION measure_touch_taking_part(authors TEXT[], roots TEXT[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO measure_touch (place, tx) SELECT DISTINCT v.opened_at / 3600000000 * 4 + 1, pg_current_xact_id()::text::bigint FROM unnest(authors, roots) a (author, root)
    CROSS JOIN LATERAL (SELECT MAX(t.at) AS at FROM post t WHERE t.root = a.root AND t.ours = 1 AND t.private = 1 OFFSET 0) r
    CROSS JOIN LATERAL (SELECT c.opened_at FROM measure_complaint c WHERE c.author = a.author AND c.opened_at <= r.at OFFSET 0) v ON CONFLICT DO NOTHING
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION measure_touch_private_answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    IF EXISTS (SELECT 1 FROM news n WHERE n.ours = 1 AND n.private = 1 AND n.automatic = '') THEN
      PERFORM measure_touch_followed(ARRAY_AGG(n.root), ARRAY_AGG(n.at)) FROM news n WHERE n.ours = 1 AND n.private = 1 AND n.automatic = '';
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF EXISTS (SELECT 1 FROM olds n WHERE n.ours = 1 AND n.private = 1) OR EXISTS (SELECT 1 FROM news n WHERE n.ours = 1 AND n.private = 1) THEN
      PERFORM measure_touch_followed(ARRAY_AGG(c.root), ARRAY_AGG(c.at)) FROM (SELECT r.root, GREATEST(o.at, n.at) AS at FROM olds o JOIN news n ON n.id = o.id CROSS JOIN LATERAL (VALUES (o.root), (n.root)) r (root)
        WHERE (o.ours = 1 AND o.private = 1 OR n.ours = 1 AND n.private = 1) AND (o.root <> n.root OR o.ours <> n.ours OR o.private <> n.private OR o.automatic <> n.automatic OR o.at <> n.at)) c HAVING COUNT(*) > 0;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT 1 FROM olds n WHERE n.ours = 1 AND n.private = 1 AND n.automatic = '') THEN
      PERFORM measure_touch_followed(ARRAY_AGG(n.root), ARRAY_AGG(n.at)) FROM olds n WHERE n.ours = 1 AND n.private = 1 AND n.automatic = '';
    END IF;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION measure_touch_conversation_author() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM measure_touch_taking_part(ARRAY_AGG(n.author), ARRAY_AGG(k.root)) FROM news n CROSS JOIN LATERAL (SELECT c.root FROM conversation c WHERE c.id = n.conversation OFFSET 0) k
      CROSS JOIN LATERAL (SELECT t.id FROM post t WHERE t.root = k.root AND t.ours = 1 AND t.private = 1 LIMIT 1) t HAVING COUNT(*) > 0;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM measure_touch_taking_part(ARRAY_AGG(n.author), ARRAY_AGG(k.root)) FROM olds n CROSS JOIN LATERAL (SELECT c.root FROM conversation c WHERE c.id = n.conversation OFFSET 0) k
      CROSS JOIN LATERAL (SELECT t.id FROM post t WHERE t.root = k.root AND t.ours = 1 AND t.private = 1 LIMIT 1) t HAVING COUNT(*) > 0;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION measure_touch_conversation_root() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF EXISTS (SELECT 1 FROM olds o JOIN news n ON n.id = o.id WHERE o.root <> n.root) THEN
      PERFORM measure_touch_taking_part(ARRAY_AGG(x.author), ARRAY_AGG(r.root)) FROM olds o JOIN news n ON n.id = o.id CROSS JOIN LATERAL (SELECT a.author FROM conversation_author a WHERE a.conversation = n.id OFFSET 0) x
        CROSS JOIN LATERAL (VALUES (o.root), (n.root)) r (root) WHERE o.root <> n.root HAVING COUNT(*) > 0;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM measure_touch_taking_part(ARRAY_AGG(x.author), ARRAY_AGG(o.root)) FROM olds o CROSS JOIN LATERAL (SELECT a.author FROM conversation_author a WHERE a.conversation = o.id OFFSET 0) x HAVING COUNT(*) > 0;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_followed_insert AFTER INSERT ON post REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_private_answer();
CREATE TRIGGER measure_followed_update AFTER UPDATE ON post REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_private_answer();
CREATE TRIGGER measure_followed_delete AFTER DELETE ON post REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_private_answer();
CREATE TRIGGER measure_author_insert AFTER INSERT ON conversation_author REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_author();
CREATE TRIGGER measure_author_delete AFTER DELETE ON conversation_author REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_author();
CREATE TRIGGER measure_conversation_root AFTER UPDATE ON conversation REFERENCING OLD TABLE AS olds NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_root();
CREATE TRIGGER measure_conversation_gone AFTER DELETE ON conversation REFERENCING OLD TABLE AS olds FOR EACH STATEMENT EXECUTE FUNCTION measure_touch_conversation_root();
-- Whoever speaks for us holds a certificate or not: the hours of what they said are noted from where it begins, or ends otherwise than it did.
CREATE INDEX post_member ON post (member, at) WHERE ours = 1 AND member <> '';
-- +goose StatementBegin
CREATE FUNCTION measure_touch_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  who TEXT[];
  since BIGINT;
BEGIN
  IF TG_OP = 'INSERT' THEN
    who := ARRAY[NEW.member]; since := NEW.given_at;
  ELSIF TG_OP = 'DELETE' THEN
    who := ARRAY[OLD.member]; since := OLD.given_at;
  ELSE
    who := ARRAY[OLD.member, NEW.member];
    since := LEAST(CASE WHEN OLD.member <> NEW.member OR OLD.given_at <> NEW.given_at THEN LEAST(OLD.given_at, NEW.given_at) END,
      CASE WHEN OLD.until IS DISTINCT FROM NEW.until THEN LEAST(OLD.until, NEW.until) END,
      CASE WHEN OLD.revoked_at IS DISTINCT FROM NEW.revoked_at THEN LEAST(OLD.revoked_at, NEW.revoked_at) END);
  END IF;
  INSERT INTO measure_touch (place, tx) SELECT DISTINCT p.at / 3600000000 * 4, pg_current_xact_id()::text::bigint FROM post p
    WHERE p.ours = 1 AND p.member <> '' AND p.member = ANY (who) AND p.at >= since ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER measure_certificate AFTER INSERT OR UPDATE OR DELETE ON certificate FOR EACH ROW EXECUTE FUNCTION measure_touch_certificate();
