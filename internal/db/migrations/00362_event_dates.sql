-- +goose Up
-- Derived: an event has a row for each of its dates, counted from 0; one that does not repeat has one. Seats are of a date.
DROP TABLE community_event_change;
DROP TABLE community_event_seat;
DROP TABLE community_event;
CREATE TABLE community_event (
  id TEXT NOT NULL,
  n INTEGER NOT NULL,
  often TEXT NOT NULL DEFAULT '' CHECK (often IN ('', 'week', 'fortnight', 'month')),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  zone TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  link TEXT NOT NULL DEFAULT '',
  seats INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  changed_at BIGINT NOT NULL,
  changes INTEGER NOT NULL DEFAULT 0,
  last TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (id, n)
);
CREATE INDEX community_event_starts ON community_event (starts_at, id, n);
CREATE TABLE community_event_seat (
  event TEXT NOT NULL,
  n INTEGER NOT NULL DEFAULT 0,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in', 'waiting', 'out')),
  turn INTEGER NOT NULL,
  at BIGINT NOT NULL,
  raised TEXT NOT NULL DEFAULT '',
  raised_at BIGINT,
  last TEXT NOT NULL,
  PRIMARY KEY (event, n, person)
);
CREATE INDEX community_event_seat_person ON community_event_seat (person, event, n);
CREATE INDEX community_event_seat_raised ON community_event_seat (raised_at) WHERE raised <> '';
-- n is the first date that was changed; alone says that those after it were not.
CREATE TABLE community_event_change (
  activity TEXT PRIMARY KEY,
  event TEXT NOT NULL,
  n INTEGER NOT NULL DEFAULT 0,
  alone INTEGER NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  cancelled INTEGER NOT NULL,
  reason TEXT NOT NULL,
  decider TEXT NOT NULL
);
CREATE INDEX community_event_change_at ON community_event_change (at);
CREATE INDEX community_event_change_event ON community_event_change (event, at);
-- +goose Down
DROP TABLE community_event_change;
DROP TABLE community_event_seat;
DROP TABLE community_event;
CREATE TABLE community_event (
  id TEXT PRIMARY KEY,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  zone TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  link TEXT NOT NULL DEFAULT '',
  seats INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  changed_at BIGINT NOT NULL,
  changes INTEGER NOT NULL DEFAULT 0,
  last TEXT NOT NULL DEFAULT ''
);
CREATE INDEX community_event_starts ON community_event (starts_at, id);
CREATE TABLE community_event_seat (
  event TEXT NOT NULL,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in', 'waiting', 'out')),
  turn INTEGER NOT NULL,
  at BIGINT NOT NULL,
  raised TEXT NOT NULL DEFAULT '',
  raised_at BIGINT,
  last TEXT NOT NULL,
  PRIMARY KEY (event, person)
);
CREATE INDEX community_event_seat_person ON community_event_seat (person, event);
CREATE INDEX community_event_seat_raised ON community_event_seat (raised_at) WHERE raised <> '';
CREATE TABLE community_event_change (
  activity TEXT PRIMARY KEY,
  event TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  cancelled INTEGER NOT NULL,
  reason TEXT NOT NULL,
  decider TEXT NOT NULL
);
CREATE INDEX community_event_change_at ON community_event_change (at);
CREATE INDEX community_event_change_event ON community_event_change (event, at);
