-- +goose Up
-- Kept: questions of people outside that were asked inside, of a space or of a colleague, and what came back. thread is where it was asked (the question outside);
-- inside is the thread that was begun for it, '' where a colleague was asked alone; answer is what the colleague wrote; sent is the post outside that it became.
CREATE TABLE community_bridge (
  id TEXT PRIMARY KEY,
  community TEXT NOT NULL,
  thread TEXT NOT NULL,
  member TEXT NOT NULL,
  inside_community TEXT NOT NULL DEFAULT '',
  inside TEXT NOT NULL DEFAULT '',
  colleague TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL,
  words TEXT NOT NULL,
  at BIGINT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answered_at BIGINT,
  helper TEXT NOT NULL DEFAULT '',
  sent TEXT NOT NULL DEFAULT '',
  sent_by TEXT NOT NULL DEFAULT '',
  sent_at BIGINT
);
CREATE INDEX community_bridge_thread ON community_bridge (thread);
CREATE INDEX community_bridge_inside ON community_bridge (inside) WHERE inside <> '';

-- +goose Down
DROP TABLE community_bridge;
