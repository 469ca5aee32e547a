-- A function with its definer's rights finds its names where they are ours: left out of its search_path, pg_temp would be
-- searched first, and whoever may make a temporary table audit_chains would have the trail chained to that.

-- +goose Up
ALTER FUNCTION public.audit_chain_row() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION public.audit_move_head() SET search_path = pg_catalog, public, pg_temp;

-- +goose Down
ALTER FUNCTION public.audit_chain_row() SET search_path = "$user", public;
ALTER FUNCTION public.audit_move_head() SET search_path = "$user", public;
