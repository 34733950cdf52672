-- +goose Up
-- Whether a complaint in public was followed up in private depends on what is said in other conversations of whoever complained, later: the hours in which
-- such complaints opened are noted when we answer their author in private, and when somebody turns out to take part where we did.
CREATE INDEX conversation_public ON conversation (author, opened_at) WHERE private = 0;
CREATE INDEX post_private_root ON post (root) WHERE ours = 1 AND private = 1;
CREATE VIEW measure_complaint AS SELECT c.author, c.opened_at FROM conversation c WHERE c.private = 0
  AND EXISTS (SELECT 1 FROM enrichment e WHERE e.post = c.post AND (e.sentiment = 'negative' OR ',' || e.kinds || ',' LIKE '%,complaint,%'));
-- +goose StatementBegin
CREATE TRIGGER measure_followed_insert AFTER INSERT ON post WHEN NEW.ours = 1 AND NEW.private = 1 AND NEW.automatic = '' BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation k CROSS JOIN conversation_author x CROSS JOIN measure_complaint v
    WHERE k.root = NEW.root AND x.conversation = k.id AND v.author = x.author AND v.opened_at <= NEW.at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_followed_update AFTER UPDATE OF root, ours, private, automatic, at ON post WHEN (OLD.ours = 1 AND OLD.private = 1 OR NEW.ours = 1 AND NEW.private = 1)
  AND (OLD.root <> NEW.root OR OLD.ours <> NEW.ours OR OLD.private <> NEW.private OR OLD.automatic <> NEW.automatic OR OLD.at <> NEW.at) BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation k CROSS JOIN conversation_author x CROSS JOIN measure_complaint v
    WHERE k.root IN (OLD.root, NEW.root) AND x.conversation = k.id AND v.author = x.author AND v.opened_at <= MAX(OLD.at, NEW.at) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_followed_delete AFTER DELETE ON post WHEN OLD.ours = 1 AND OLD.private = 1 AND OLD.automatic = '' BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation k CROSS JOIN conversation_author x CROSS JOIN measure_complaint v
    WHERE k.root = OLD.root AND x.conversation = k.id AND v.author = x.author AND v.opened_at <= OLD.at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_author_insert AFTER INSERT ON conversation_author BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation k CROSS JOIN post t CROSS JOIN measure_complaint v
    WHERE k.id = NEW.conversation AND t.root = k.root AND t.ours = 1 AND t.private = 1 AND v.author = NEW.author AND v.opened_at <= t.at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_author_delete AFTER DELETE ON conversation_author BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation k CROSS JOIN post t CROSS JOIN measure_complaint v
    WHERE k.id = OLD.conversation AND t.root = k.root AND t.ours = 1 AND t.private = 1 AND v.author = OLD.author AND v.opened_at <= t.at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_root AFTER UPDATE OF root ON conversation WHEN OLD.root <> NEW.root BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation_author x CROSS JOIN post t CROSS JOIN measure_complaint v
    WHERE x.conversation = NEW.id AND t.root IN (OLD.root, NEW.root) AND t.ours = 1 AND t.private = 1 AND v.author = x.author AND v.opened_at <= t.at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_conversation_gone AFTER DELETE ON conversation BEGIN
  INSERT INTO measure_touch (place) SELECT v.opened_at / 3600000000 * 4 + 1 FROM conversation_author x CROSS JOIN post t CROSS JOIN measure_complaint v
    WHERE x.conversation = OLD.id AND t.root = OLD.root AND t.ours = 1 AND t.private = 1 AND v.author = x.author AND v.opened_at <= t.at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- Whoever speaks for us holds a certificate or not: the hours of what they said are noted from where it begins, or ends otherwise than it did.
CREATE INDEX post_member ON post (member, at) WHERE ours = 1 AND member <> '';
-- +goose StatementBegin
CREATE TRIGGER measure_certificate_insert AFTER INSERT ON certificate BEGIN
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.ours = 1 AND p.member <> '' AND p.member = NEW.member AND p.at >= NEW.given_at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_certificate_update AFTER UPDATE ON certificate BEGIN
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.ours = 1 AND p.member <> '' AND p.member IN (OLD.member, NEW.member) AND p.at >= MIN(
    CASE WHEN OLD.member <> NEW.member OR OLD.given_at <> NEW.given_at THEN MIN(OLD.given_at, NEW.given_at) ELSE 9223372036854775807 END,
    CASE WHEN OLD.until IS NOT NEW.until THEN MIN(COALESCE(OLD.until, 9223372036854775807), COALESCE(NEW.until, 9223372036854775807)) ELSE 9223372036854775807 END,
    CASE WHEN OLD.revoked_at IS NOT NEW.revoked_at THEN MIN(COALESCE(OLD.revoked_at, 9223372036854775807), COALESCE(NEW.revoked_at, 9223372036854775807)) ELSE 9223372036854775807 END) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER measure_certificate_delete AFTER DELETE ON certificate BEGIN
  INSERT INTO measure_touch (place) SELECT p.at / 3600000000 * 4 FROM post p WHERE p.ours = 1 AND p.member <> '' AND p.member = OLD.member AND p.at >= OLD.given_at ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
