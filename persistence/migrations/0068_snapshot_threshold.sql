-- By which threshold the small cells of a snapshot were counted: the programme's may be another since.

-- +goose Up
ALTER TABLE snapshots ADD COLUMN small_cell_threshold integer CONSTRAINT snapshots_small_cell_threshold_check CHECK (small_cell_threshold > 0);

-- +goose Down
ALTER TABLE snapshots DROP COLUMN small_cell_threshold;
