-- The contours of territories, where an operator has loaded them: public reference data, about nobody.

-- +goose Up
CREATE TABLE territory_contours (
  code      text        NOT NULL CONSTRAINT territory_contours_pkey PRIMARY KEY CONSTRAINT territory_contours_code_fkey REFERENCES territories (code),
  -- A geometry as RFC 7946 has it, in WGS 84.
  geometry  jsonb       NOT NULL CONSTRAINT territory_contours_geometry_check CHECK (geometry ->> 'type' IN ('Polygon', 'MultiPolygon', 'Point') AND jsonb_typeof(geometry -> 'coordinates') = 'array'),
  source    text        NOT NULL CONSTRAINT territory_contours_source_check CHECK (length(source) BETWEEN 1 AND 500),
  loaded_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE territory_contours;
