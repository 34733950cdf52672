-- +goose Up
-- Of each kind of tie: how many are wanted, and by what those that are there are told.
UPDATE tie_plan SET ties = (SELECT COALESCE(json_agg(json_build_object('kind', j.value)), '[]'::json)::text FROM json_array_elements_text(tie_plan.ties::json) AS j(value));
