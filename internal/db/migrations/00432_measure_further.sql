-- +goose Up
-- What measures count may depend on rows of other hours: a question on what is said in its thread, the first contribution of somebody on the next,
-- an answer on being accepted, a reply on whose post it answers, an enquiry on what became of it. Those hours are noted too. Two more things have places of
-- their own, from 2^40 on: 4 times the hour, and 0 for the questions of a thread, 1 for the first contributions of somebody.
CREATE INDEX post_question ON post (root, at) WHERE kind = 'question';
CREATE INDEX business_fact_external ON business_fact (external) WHERE kind = 'lead' AND external <> '';
DROP TRIGGER measure_post_insert;
DROP TRIGGER measure_post_update;
DROP TRIGGER measure_post_delete;
DROP TRIGGER measure_fact_insert;
DROP TRIGGER measure_fact_update;
DROP TRIGGER measure_fact_delete;
-- +goose StatementBegin
CREATE TRIGGER measure_post_insert AFTER INSERT ON post BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT q.at / 3600000000 * 4 + 1099511627776 FROM post q WHERE q.root = NEW.root AND q.kind = 'question' ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_first AFTER INSERT ON post WHEN NEW.ours = 0 AND NEW.automatic = '' AND (NEW.kind IN ('question', 'answer', 'comment') OR EXISTS (SELECT 1 FROM community k WHERE k.channel = NEW.channel)) BEGIN
  INSERT INTO measure_touch (place) SELECT r.at / 3600000000 * 4 + 1099511627777 FROM (SELECT r.at FROM post r WHERE r.author = NEW.author AND r.ours = 0 AND r.automatic = ''
    AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) ORDER BY r.at, r.id LIMIT 2) r WHERE true ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_update AFTER UPDATE ON post BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM conversation c WHERE c.root = OLD.root ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM conversation c WHERE c.root = NEW.root ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT q.at / 3600000000 * 4 + 1099511627776 FROM post q WHERE q.root = OLD.root AND q.kind = 'question' ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT q.at / 3600000000 * 4 + 1099511627776 FROM post q WHERE q.root = NEW.root AND q.kind = 'question' ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_changed AFTER UPDATE OF author, ours, automatic, kind, private, at, channel ON post
WHEN OLD.author <> NEW.author OR OLD.ours <> NEW.ours OR OLD.automatic <> NEW.automatic OR OLD.kind <> NEW.kind OR OLD.private <> NEW.private OR OLD.at <> NEW.at OR OLD.channel <> NEW.channel BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 1099511627776) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 1099511627777) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.root = NEW.root AND p.parent = NEW.id ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT r.at / 3600000000 * 4 + 1099511627777 FROM (SELECT r.at FROM post r WHERE r.author = OLD.author AND r.ours = 0 AND r.automatic = ''
    AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) ORDER BY r.at, r.id LIMIT 2) r WHERE true ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT r.at / 3600000000 * 4 + 1099511627777 FROM (SELECT r.at FROM post r WHERE r.author = NEW.author AND r.ours = 0 AND r.automatic = ''
    AND (r.kind IN ('question', 'answer', 'comment') AND r.private = 0 OR EXISTS (SELECT 1 FROM community k WHERE k.channel = r.channel)) ORDER BY r.at, r.id LIMIT 2) r WHERE true ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_accepted AFTER UPDATE OF accepted ON post WHEN OLD.accepted <> NEW.accepted BEGIN
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.channel = NEW.channel AND p.external_id IN (OLD.accepted, NEW.accepted) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_delete AFTER DELETE ON post BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 1099511627776) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 1099511627777) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM conversation c WHERE c.root = OLD.root ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT q.at / 3600000000 * 4 + 1099511627776 FROM post q WHERE q.root = OLD.root AND q.kind = 'question' ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_fact_insert AFTER INSERT ON business_fact BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT f.at / 3600000000 * 4 + 3 FROM business_fact f WHERE f.kind = 'lead' AND f.external <> '' AND f.external = NEW.ref ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_fact_update AFTER UPDATE ON business_fact BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT f.at / 3600000000 * 4 + 3 FROM business_fact f WHERE f.kind = 'lead' AND f.external <> '' AND f.external IN (OLD.ref, NEW.ref) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_fact_delete AFTER DELETE ON business_fact BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT f.at / 3600000000 * 4 + 3 FROM business_fact f WHERE f.kind = 'lead' AND f.external <> '' AND f.external = OLD.ref ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
