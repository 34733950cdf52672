-- +goose Up
-- Of each kind of tie: how many are wanted, and by what those that are there are told.
UPDATE tie_plan SET ties = (SELECT json_group_array(json_object('kind', j.value)) FROM json_each(tie_plan.ties) AS j);
