-- +goose Up
-- Those who only sign up to communities may be many: the team is found without them, and they are listed piece by piece, the newest first.
CREATE INDEX member_listed ON member (role, created_at, id);
CREATE INDEX member_newest ON member (created_at, id);
-- +goose Down
DROP INDEX member_newest;
DROP INDEX member_listed;
