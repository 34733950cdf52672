-- +goose Up
-- Derived, by no follower: what measures count, kept by the day and put right by the hour (docs/adr/0015). Whatever writes a row that measures
-- count notes the hour of it here, in its own transaction: 4 times the hour since 1970, and 0 for a post, 1 for the opening of a conversation,
-- 2 for a time of being open, 3 for a business fact. So nothing that changes is forgotten, whoever changes it, on whatever node.
-- What follows from a new post is noted by the rows that follow: its conversation is written too.
CREATE TABLE measure_touch (
  place INTEGER PRIMARY KEY
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
  data BLOB,
  PRIMARY KEY (key, day)
);
CREATE INDEX measure_day_gen ON measure_day (key, gen);
CREATE TABLE measure_gen (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  gen BIGINT NOT NULL
);
INSERT INTO measure_gen (one, gen) VALUES (1, 0);

-- +goose StatementBegin
CREATE TRIGGER measure_post_insert AFTER INSERT ON post BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_update AFTER UPDATE ON post BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM conversation c WHERE c.root = OLD.root ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM conversation c WHERE c.root = NEW.root ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_delete AFTER DELETE ON post BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM conversation c WHERE c.root = OLD.root ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_enrichment_insert AFTER INSERT ON enrichment BEGIN
  INSERT INTO measure_touch (place) SELECT NEW.hour * 4 WHERE NEW.hour >= 0 ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.id = NEW.post AND NEW.hour < 0 ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_enrichment_update AFTER UPDATE ON enrichment BEGIN
  INSERT INTO measure_touch (place) SELECT OLD.hour * 4 WHERE OLD.hour >= 0 ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT NEW.hour * 4 WHERE NEW.hour >= 0 ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.id = NEW.post AND NEW.hour < 0 ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = NEW.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_enrichment_delete AFTER DELETE ON enrichment BEGIN
  INSERT INTO measure_touch (place) SELECT OLD.hour * 4 WHERE OLD.hour >= 0 ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.id = OLD.post AND OLD.hour < 0 ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = OLD.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_label_insert AFTER INSERT ON post_label BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.post_at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = NEW.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_label_update AFTER UPDATE ON post_label BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.post_at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.post_at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = OLD.post ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = NEW.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_post_label_delete AFTER DELETE ON post_label BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.post_at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = OLD.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_mention_insert AFTER INSERT ON mention BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = NEW.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_mention_update AFTER UPDATE ON mention BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = OLD.post ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = NEW.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_mention_delete AFTER DELETE ON mention BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT c.opened_at / 3600000000 * 4 + 1 FROM post p JOIN conversation c ON c.root = p.root WHERE p.id = OLD.post ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_insert AFTER INSERT ON conversation BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.opened_at / 3600000000 * 4 + 1) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_update AFTER UPDATE OF root, post, channel, kind, state, assignee, author, opened_at, first_reply_at, first_reply_by, resolved_at, posts, reopened, private ON conversation BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.opened_at / 3600000000 * 4 + 1) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_opened AFTER UPDATE OF opened_at ON conversation BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.opened_at / 3600000000 * 4 + 1) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_delete AFTER DELETE ON conversation BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.opened_at / 3600000000 * 4 + 1) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_moved AFTER UPDATE OF channel, assignee ON conversation WHEN OLD.channel <> NEW.channel OR OLD.assignee <> NEW.assignee BEGIN
  INSERT INTO measure_touch (place) SELECT s.opened_at / 3600000000 * 4 + 2 FROM conversation_span s WHERE s.conversation = NEW.id ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT s.resolved_at / 3600000000 * 4 + 2 FROM conversation_span s WHERE s.conversation = NEW.id AND s.resolved_at IS NOT NULL ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_span_insert AFTER INSERT ON conversation_span BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.opened_at / 3600000000 * 4 + 2) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT NEW.resolved_at / 3600000000 * 4 + 2 WHERE NEW.resolved_at IS NOT NULL ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_span_update AFTER UPDATE ON conversation_span BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.opened_at / 3600000000 * 4 + 2) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT OLD.resolved_at / 3600000000 * 4 + 2 WHERE OLD.resolved_at IS NOT NULL ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.opened_at / 3600000000 * 4 + 2) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT NEW.resolved_at / 3600000000 * 4 + 2 WHERE NEW.resolved_at IS NOT NULL ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_span_delete AFTER DELETE ON conversation_span BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.opened_at / 3600000000 * 4 + 2) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) SELECT OLD.resolved_at / 3600000000 * 4 + 2 WHERE OLD.resolved_at IS NOT NULL ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_fact_insert AFTER INSERT ON business_fact BEGIN
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_fact_update AFTER UPDATE ON business_fact BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
  INSERT INTO measure_touch (place) VALUES (NEW.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_fact_delete AFTER DELETE ON business_fact BEGIN
  INSERT INTO measure_touch (place) VALUES (OLD.at / 3600000000 * 4 + 3) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
