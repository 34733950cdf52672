-- +goose Up
-- Kept: the spaces (of this or another community) whose members a community is for, where its audience is a group. The column of the audience is made anew, since what
-- it may hold cannot be changed on both engines.
ALTER TABLE community ADD COLUMN of_groups TEXT NOT NULL DEFAULT '[]';
ALTER TABLE community ADD COLUMN for_whom TEXT NOT NULL DEFAULT 'public' CHECK (for_whom IN ('public', 'members', 'kinds', 'group', 'invited'));
UPDATE community SET for_whom = audience;
ALTER TABLE community DROP COLUMN audience;
ALTER TABLE community RENAME COLUMN for_whom TO audience;
-- +goose Down
ALTER TABLE community ADD COLUMN for_whom TEXT NOT NULL DEFAULT 'public' CHECK (for_whom IN ('public', 'members', 'kinds', 'invited'));
UPDATE community SET for_whom = CASE audience WHEN 'group' THEN 'invited' ELSE audience END;
ALTER TABLE community DROP COLUMN audience;
ALTER TABLE community RENAME COLUMN for_whom TO audience;
ALTER TABLE community DROP COLUMN of_groups;
