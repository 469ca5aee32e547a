-- +goose Up
-- What a database role for analysts reads of entries is what the API tells an analyst: the state of the programme's last
-- closing (see domain/smallcells.go), and of each year people enough. As it was, each entry showed on its day, and a year
-- of few followed from the others and the API's total.
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

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION figures.people_entered()
    RETURNS TABLE (programme text, year integer, people bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    caller CONSTANT text := coalesce(current_setting('o2r.role', true), '');
BEGIN
    PERFORM set_config('o2r.role', 'system', true);
    RETURN QUERY
        SELECT p.slug, extract(year FROM e.entered_on)::integer, count(DISTINCT e.participant_id)
        FROM public.enrolments e JOIN public.programmes p ON p.slug = e.programme
        WHERE e.voided_at IS NULL
        GROUP BY p.slug, p.small_cell_threshold, extract(year FROM e.entered_on)
        HAVING count(DISTINCT e.participant_id) >= coalesce(p.small_cell_threshold, 5);
    PERFORM set_config('o2r.role', caller, true);
END $$;
-- +goose StatementEnd
COMMENT ON VIEW figures.entries IS 'How many people entered a programme in a year; no row where they are fewer than its small-cell threshold.';
