-- Whoever verifies the trail compares what was published with the hash that stands in it.

-- +goose Up
ALTER POLICY reader ON snapshots USING (
    current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'analyst') AND programme = ANY (string_to_array(current_setting('o2r.programmes', true), ','))
    OR current_setting('o2r.role', true) IN ('dpo', 'system')
    OR current_setting('o2r.role', true) = 'admin' AND current_setting('o2r.purpose', true) = 'audit');

-- +goose Down
ALTER POLICY reader ON snapshots USING (
    current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'analyst') AND programme = ANY (string_to_array(current_setting('o2r.programmes', true), ','))
    OR current_setting('o2r.role', true) IN ('dpo', 'system'));
