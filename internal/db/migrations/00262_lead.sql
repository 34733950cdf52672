-- +goose Up
-- Kept: conversations handed to whoever sells, with a day, and what came of them. amount is in minor units: what it may be worth, and was when won.
CREATE TABLE lead (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL,
  name TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  amount BIGINT NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'won', 'lost')),
  won BIGINT NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '',
  handed_by TEXT NOT NULL,
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX lead_state ON lead (state, due_at);
CREATE INDEX lead_conversation ON lead (conversation);

-- +goose Down
DROP TABLE lead;
