-- +goose Up
-- Derived: what an event is beyond its thread.
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
-- Who enrolled. turn orders those who wait; raised is the activity that gave somebody who waited a seat.
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
-- What was changed of an event that those who enrolled are told of: another time or place, or that it does not take place.
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
-- Kept: the secret part of the address of somebody's own calendar; another one ends the old address.
CREATE TABLE community_calendar (
  member TEXT NOT NULL,
  community TEXT NOT NULL,
  secret TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member, community)
);
-- +goose Down
DROP TABLE community_calendar;
DROP TABLE community_event_change;
DROP TABLE community_event_seat;
DROP TABLE community_event;
