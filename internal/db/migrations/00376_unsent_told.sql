-- +goose Up
-- Kept: of which answers that did not leave or arrive somebody was told.
CREATE TABLE unsent_told (
  sending TEXT NOT NULL,
  state TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (sending, state)
);

-- +goose Down
DROP TABLE unsent_told;
