-- What analysts are told of each closing: the records as they lay when it was kept. See domain/closing.go.

-- +goose Up
CREATE TABLE figure_closings (
  programme            text        NOT NULL CONSTRAINT figure_closings_programme_fkey REFERENCES programmes (slug),
  closes_on            date        NOT NULL,
  kept_at              timestamptz NOT NULL,
  starts_on            date        NOT NULL,
  small_cell_threshold integer     NOT NULL CONSTRAINT figure_closings_small_cell_threshold_check CHECK (small_cell_threshold > 1),
  paths                integer     NOT NULL CONSTRAINT figure_closings_paths_check CHECK (paths > 0),
  format               smallint    NOT NULL CONSTRAINT figure_closings_format_check CHECK (format > 0),
  basis                bytea       NOT NULL, -- what figures are made of, without a birth date, compressed
  entries              jsonb       NOT NULL CONSTRAINT figure_closings_entries_check CHECK (jsonb_typeof(entries) = 'array'), -- what is told of who entered, by year
  CONSTRAINT figure_closings_pkey PRIMARY KEY (programme, closes_on),
  CONSTRAINT figure_closings_closes_on_check CHECK (closes_on >= starts_on)
);

-- Analysts read them for figures; the program keeps them.
-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
BEGIN
    ALTER TABLE figure_closings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format($$CREATE POLICY reader ON figure_closings FOR SELECT USING (%1$s = 'analyst' AND current_setting('o2r.purpose', true) = 'figures'
        AND programme = ANY (string_to_array(current_setting('o2r.programmes', true), ',')) OR %1$s = 'system')$$, role);
    EXECUTE format($$CREATE POLICY writer ON figure_closings FOR INSERT WITH CHECK (%1$s = 'system')$$, role);
END $policies$;

-- What was told stays: there is no right to change it, and a trigger refuses should somebody grant one.
CREATE FUNCTION figure_closings_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% holds what was told: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER figure_closings_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON figure_closings FOR EACH STATEMENT EXECUTE FUNCTION figure_closings_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON figure_closings FROM CURRENT_USER;

-- What a database role for analysts reads of entries is what was kept as told of the last closing. Of a programme where no
-- figure is about too few, nothing is kept: the records are read, up to the last end of a half-year.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION figures.people_entered()
    RETURNS TABLE (programme text, year integer, people bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    caller CONSTANT text := coalesce(current_setting('o2r.role', true), '');
    today CONSTANT date := (now() AT TIME ZONE 'Europe/Paris')::date;
    latest CONSTANT date := (date_trunc('year', today) + CASE WHEN extract(month FROM today) > 6 THEN interval '6 months' ELSE interval '0' END - interval '1 day')::date;
BEGIN
    PERFORM set_config('o2r.role', 'system', true);
    RETURN QUERY
        WITH told AS (
            SELECT DISTINCT ON (c.programme) c.programme, c.entries FROM public.figure_closings c
            JOIN public.programmes p ON p.slug = c.programme
            WHERE coalesce(p.small_cell_threshold, 5) > 1 AND jsonb_array_length(c.entries) > 0
            ORDER BY c.programme, c.closes_on DESC)
        SELECT told.programme, (entry ->> 'year')::integer, (entry ->> 'people')::bigint
        FROM told CROSS JOIN LATERAL jsonb_array_elements(told.entries) entry
        UNION ALL
        SELECT p.slug, extract(year FROM e.entered_on)::integer, count(DISTINCT e.participant_id)
        FROM public.programmes p JOIN public.enrolments e ON e.programme = p.slug
        WHERE p.small_cell_threshold = 1 AND e.voided_at IS NULL AND e.entered_on BETWEEN p.starts_on AND latest
        GROUP BY p.slug, extract(year FROM e.entered_on)
        ORDER BY 1, 2;
    PERFORM set_config('o2r.role', caller, true);
END $$;
-- +goose StatementEnd
COMMENT ON TABLE figure_closings IS 'The state of a programme''s records that its analysts are told of, of the last day of a half-year, as they lay when it was kept.';
COMMENT ON VIEW figures.entries IS 'How many people entered a programme in a year, as told of its last closing; no row where that would tell of fewer than its small-cell threshold.';

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION figures.people_entered()
    RETURNS TABLE (programme text, year integer, people bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    caller CONSTANT text := coalesce(current_setting('o2r.role', true), '');
    today CONSTANT date := (now() AT TIME ZONE 'Europe/Paris')::date;
    one record;
    k integer;
    closing date;
    closings date[];
    paths bigint;
    told bigint;
    few bigint;
BEGIN
    PERFORM set_config('o2r.role', 'system', true);
    FOR one IN SELECT p.slug, p.starts_on, p.small_cell_threshold FROM public.programmes p ORDER BY p.slug LOOP
        k := coalesce(one.small_cell_threshold, 5);
        closings := '{}';
        told := 0;
        -- Ends of half-years between which nobody entered, or k paths or more.
        FOR closing IN
            SELECT (half + interval '6 months' - interval '1 day')::date
            FROM generate_series(date_trunc('year', one.starts_on), date_trunc('month', today), interval '6 months') half
            WHERE half + interval '6 months' - interval '1 day' >= one.starts_on AND half + interval '6 months' <= today
        LOOP
            SELECT count(*) INTO paths FROM public.enrolments e
            WHERE e.programme = one.slug AND e.voided_at IS NULL AND e.entered_on BETWEEN one.starts_on AND closing;
            IF paths > 0 AND (paths = told OR paths - told >= k) THEN
                closings := closings || closing;
                told := paths;
            END IF;
        END LOOP;
        -- Of each year up to each closing: paths, people, and people whose first path is of that year; by themselves, less
        -- each other, and less what they were at the closings before. Where one is few, no year is told.
        WITH entered AS (
            SELECT e.participant_id, e.entered_on, extract(year FROM e.entered_on)::integer AS in_year,
                row_number() OVER (PARTITION BY e.participant_id ORDER BY e.entered_on, e.id) = 1 AS is_first
            FROM public.enrolments e
            WHERE e.programme = one.slug AND e.voided_at IS NULL AND e.entered_on >= one.starts_on
        ), counted AS (
            SELECT c.day, y.in_year, count(e.in_year) AS n, count(DISTINCT e.participant_id) AS persons, count(*) FILTER (WHERE e.is_first) AS firsts
            FROM unnest(closings) c (day) CROSS JOIN (SELECT DISTINCT in_year FROM entered) y
            LEFT JOIN entered e ON e.in_year = y.in_year AND e.entered_on <= c.day
            GROUP BY c.day, y.in_year
        ), parts AS (
            SELECT day, in_year, unnest(ARRAY[n, persons, firsts, n - firsts, persons - firsts]) AS part, generate_series(1, 5) AS what FROM counted
        ), differences AS (
            SELECT part AS by_how_many FROM parts WHERE day = closings[cardinality(closings)]
            UNION ALL SELECT now.part - before.part FROM parts now JOIN parts before USING (in_year, what)
            WHERE now.day = closings[cardinality(closings)] AND before.day < now.day
            UNION ALL SELECT sum(now.part) - sum(before.part) FROM parts now JOIN parts before USING (in_year, what)
            WHERE what IN (1, 3) AND now.day = closings[cardinality(closings)] AND before.day < now.day GROUP BY before.day, what
        )
        SELECT count(*) INTO few FROM differences WHERE abs(by_how_many) BETWEEN 1 AND k - 1;
        IF few = 0 THEN
            RETURN QUERY
                SELECT one.slug, extract(year FROM e.entered_on)::integer, count(DISTINCT e.participant_id)
                FROM public.enrolments e
                WHERE e.programme = one.slug AND e.voided_at IS NULL AND e.entered_on BETWEEN one.starts_on AND closings[cardinality(closings)]
                GROUP BY extract(year FROM e.entered_on) ORDER BY 2;
        END IF;
    END LOOP;
    PERFORM set_config('o2r.role', caller, true);
END $$;
-- +goose StatementEnd
COMMENT ON VIEW figures.entries IS 'How many people entered a programme in a year, as of its last closing; no row of a programme where that tells of fewer than its small-cell threshold.';
DROP TABLE figure_closings;
DROP FUNCTION figure_closings_refuse;
