-- +goose Up
-- What measures count may depend on rows of other hours: a question on what is said in its thread, the first contribution of somebody on the next,
-- an answer on being accepted, a reply on whose post it answers, an enquiry on what became of it. Those hours are noted too. Two more things have places of
-- their own, from 2^40 on: 4 times the hour, and 0 for the questions of a thread, 1 for the first contributions of somebody.
-- Many rows may change in one statement: who said something first is looked for with them and without them. A table of what changed has no
-- statistics, so that what is looked up by it is looked up one by one (OFFSET 0), and only where a column changed that it depends on.
CREATE INDEX post_question ON post (root, at) WHERE kind = 'question';
CREATE INDEX business_fact_external ON business_fact (external) WHERE kind = 'lead' AND external <> '';
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION measure_touch_post() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM news r
      UNION ALL SELECT q.at / 3600000000 * 4 + 1099511627776 FROM (SELECT DISTINCT r.root FROM news r) t
        CROSS JOIN LATERAL (SELECT p.at FROM post p WHERE p.root = t.root AND p.kind = 'question' OFFSET 0) q
      UNION ALL SELECT f.at / 3600000000 * 4 + 1099511627777 FROM (SELECT DISTINCT y.author FROM news y WHERE y.ours = 0 AND y.automatic = ''
        AND (y.kind IN ('question', 'answer', 'comment') OR EXISTS (SELECT 1 FROM community k WHERE k.channel = y.channel))) x
        CROSS JOIN LATERAL ((SELECT r.at FROM post r WHERE r.author = x.author AND r.ours = 0 AND r.automatic = '' AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) ORDER BY r.at, r.id LIMIT 1)
          UNION ALL (SELECT r.at FROM post r WHERE r.author = x.author AND r.ours = 0 AND r.automatic = '' AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) AND r.id NOT IN (SELECT z.id FROM news z) ORDER BY r.at, r.id LIMIT 1)) f) h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 FROM news r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN conversation c ON c.root = r.root
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM news r JOIN conversation c ON c.root = r.root) h ON CONFLICT DO NOTHING;
    IF EXISTS (SELECT 1 FROM olds o JOIN news n ON n.id = o.id WHERE o.root <> n.root OR o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel) THEN
      INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT q.at / 3600000000 * 4 + 1099511627776 AS place FROM (SELECT DISTINCT r.root FROM olds r) t
        CROSS JOIN LATERAL (SELECT p.at FROM post p WHERE p.root = t.root AND p.kind = 'question' OFFSET 0) q
        UNION ALL SELECT q.at / 3600000000 * 4 + 1099511627776 FROM (SELECT DISTINCT r.root FROM news r) t
        CROSS JOIN LATERAL (SELECT p.at FROM post p WHERE p.root = t.root AND p.kind = 'question' OFFSET 0) q) h ON CONFLICT DO NOTHING;
    END IF;
    IF EXISTS (SELECT 1 FROM olds o JOIN news n ON n.id = o.id WHERE o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel) THEN
      INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT o.at / 3600000000 * 4 + 1099511627776 AS place FROM olds o JOIN news n ON n.id = o.id WHERE o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel
        UNION ALL SELECT o.at / 3600000000 * 4 + 1099511627777 FROM olds o JOIN news n ON n.id = o.id WHERE o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel
        UNION ALL SELECT q.at / 3600000000 * 4 FROM olds o JOIN news n ON n.id = o.id
          CROSS JOIN LATERAL (SELECT p.at FROM post p WHERE p.root = n.root AND p.parent = n.id OFFSET 0) q WHERE o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel
        UNION ALL SELECT f.at / 3600000000 * 4 + 1099511627777 FROM (SELECT o.author FROM olds o JOIN news n ON n.id = o.id WHERE o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel UNION SELECT n.author FROM olds o JOIN news n ON n.id = o.id WHERE o.author <> n.author OR o.ours <> n.ours OR o.automatic <> n.automatic OR o.kind <> n.kind OR o.private <> n.private OR o.at <> n.at OR o.channel <> n.channel) x
        CROSS JOIN LATERAL ((SELECT r.at FROM post r WHERE r.author = x.author AND r.ours = 0 AND r.automatic = '' AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) ORDER BY r.at, r.id LIMIT 1)
          UNION ALL (SELECT r.at FROM post r WHERE r.author = x.author AND r.ours = 0 AND r.automatic = '' AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) AND r.id NOT IN (SELECT z.id FROM news z) ORDER BY r.at, r.id LIMIT 1)) f) h ON CONFLICT DO NOTHING;
    END IF;
    IF EXISTS (SELECT 1 FROM olds o JOIN news n ON n.id = o.id WHERE o.accepted <> n.accepted) THEN
      INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT q.at / 3600000000 * 4 AS place FROM olds o JOIN news n ON n.id = o.id
          CROSS JOIN LATERAL (SELECT p.at FROM post p WHERE p.channel = n.channel AND p.external_id IN (o.accepted, n.accepted) OFFSET 0) q WHERE o.accepted <> n.accepted) h ON CONFLICT DO NOTHING;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 AS place FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 + 1099511627776 FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 + 1099511627777 FROM olds r
      UNION ALL SELECT c.opened_at / 3600000000 * 4 + 1 FROM olds r JOIN conversation c ON c.root = r.root
      UNION ALL SELECT q.at / 3600000000 * 4 + 1099511627776 FROM (SELECT DISTINCT r.root FROM olds r) t
        CROSS JOIN LATERAL (SELECT p.at FROM post p WHERE p.root = t.root AND p.kind = 'question' OFFSET 0) q) h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION measure_touch_business_fact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 + 3 AS place FROM news r
      UNION ALL SELECT f.at / 3600000000 * 4 + 3 FROM news r JOIN business_fact f ON f.external = r.ref WHERE r.ref <> '' AND f.kind = 'lead' AND f.external <> '') h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 + 3 AS place FROM olds r
      UNION ALL SELECT r.at / 3600000000 * 4 + 3 FROM news r
      UNION ALL SELECT f.at / 3600000000 * 4 + 3 FROM olds r JOIN business_fact f ON f.external = r.ref WHERE r.ref <> '' AND f.kind = 'lead' AND f.external <> ''
      UNION ALL SELECT f.at / 3600000000 * 4 + 3 FROM news r JOIN business_fact f ON f.external = r.ref WHERE r.ref <> '' AND f.kind = 'lead' AND f.external <> '') h ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN
    INSERT INTO measure_touch (place, tx) SELECT DISTINCT h.place, pg_current_xact_id()::text::bigint FROM (SELECT r.at / 3600000000 * 4 + 3 AS place FROM olds r
      UNION ALL SELECT f.at / 3600000000 * 4 + 3 FROM olds r JOIN business_fact f ON f.external = r.ref WHERE r.ref <> '' AND f.kind = 'lead' AND f.external <> '') h ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
