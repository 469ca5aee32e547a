-- What the figures beyond the convention are made of, and a fingerprint of all that figures are made of. The functions let out
-- what figures need and no more, as people_of_figures() does in 0008, and under the same name for the policies: what a
-- policy lets an analyst read there, she reads inside these functions alone.

-- +goose Up

-- Of barriers an analyst's figures need a code and three days; who set one aside may have written why.
ALTER POLICY reader ON enrolment_barriers USING (
    CASE current_setting('o2r.role', true)
        WHEN 'coordinator' THEN true WHEN 'caseworker' THEN true WHEN 'system' THEN true WHEN 'dpo' THEN true
        WHEN 'analyst' THEN current_setting('o2r.purpose', true) = 'figures' AND current_setting('o2r.inside', true) = 'people_of_figures' END
    AND EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));

-- +goose StatementBegin
CREATE FUNCTION barriers_of_figures(of_programme text)
    RETURNS TABLE (enrolment_id uuid, barrier_id uuid, barrier text, assessed_on date, lifted_on date, set_aside_on date)
    LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('o2r.inside', 'people_of_figures', true);
    RETURN QUERY
        SELECT b.enrolment_id, b.id, b.barrier, b.assessed_on, b.lifted_on, b.set_aside_on
        FROM public.enrolment_barriers b
        JOIN public.enrolments e ON e.id = b.enrolment_id
        WHERE e.programme = of_programme AND e.voided_at IS NULL
        ORDER BY b.assessed_on, b.id;
    PERFORM set_config('o2r.inside', '', true);
END $$;

-- A path came by its own referral or, of several, by that of a path that was folded into it.
CREATE FUNCTION referrals_of_figures(of_programme text)
    RETURNS TABLE (referral_id uuid, received_at timestamptz, status text, decided_at timestamptz, expires_on date,
        birth_date date, gender text, justice_status text, territory_code text, referrer_kind text, enrolment_id uuid)
    LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('o2r.inside', 'people_of_figures', true);
    RETURN QUERY
        WITH RECURSIVE paths AS (
            SELECT e.id AS path, e.id, e.referral_id FROM public.enrolments e WHERE e.programme = of_programme AND e.voided_at IS NULL
            UNION SELECT paths.path, e.id, e.referral_id FROM paths JOIN public.enrolments e ON e.folded_into = paths.id WHERE e.programme = of_programme
        )
        SELECT r.id, r.received_at, r.status, r.decided_at, r.expires_on,
            r.birth_date, r.gender, r.justice_status, r.territory_code, o.kind, paths.path
        FROM public.referrals r
        JOIN public.organisations o ON o.id = r.organisation_id
        LEFT JOIN paths ON paths.referral_id = r.id
        WHERE r.programme = of_programme AND NOT r.sandbox
        ORDER BY r.received_at, r.id;
    PERFORM set_config('o2r.inside', '', true);
END $$;

-- Moves whenever something moves that the figures of the programme are made of, whoever moved it and whether or not it has
-- a version: each row is hashed by the columns that are read of it, and the hashes of a table are summed, so that neither
-- order nor any shared row is needed. What it reads is what persistence/basis.go reads; a test changes each column.
CREATE FUNCTION fingerprint_of_figures(of_programme text) RETURNS text
    LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    mark text;
BEGIN
    PERFORM set_config('o2r.inside', 'people_of_figures', true);
    WITH paths AS MATERIALIZED (
        SELECT e.*, p.birth_date, p.gender
        FROM public.enrolments e JOIN public.participants p ON p.id = e.participant_id
        WHERE e.programme = of_programme AND e.voided_at IS NULL
    ), marks (part, number, hashes) AS (
        SELECT 'enrolments', count(*), sum(hash_record_extended(ROW(id, participant_id, entered_on, exited_on, exit_kind, birth_date, age_kept, gender,
            education_level, justice_status, territory_code, caseworker_id, job_seeker, job_seeker_since, without_resources, disengaged, referral_id, referral_origin), 0)) FROM paths
        UNION ALL SELECT 'folded', count(*), sum(hash_record_extended(ROW(e.id, e.folded_into, e.referral_id), 0))
            FROM public.enrolments e WHERE e.programme = of_programme AND e.folded_into IS NOT NULL
        UNION ALL SELECT 'jobs', count(*), sum(hash_record_extended(ROW(f.id, f.enrolment_id, f.created_at, f.starts_on, f.ends_on), 0))
            FROM public.jobs f JOIN paths ON paths.id = f.enrolment_id
        UNION ALL SELECT 'france_travail_statuses', count(*), sum(hash_record_extended(ROW(f.id, f.enrolment_id, f.created_at, f.observed_on, f.registered), 0))
            FROM public.france_travail_statuses f JOIN paths ON paths.id = f.enrolment_id
        UNION ALL SELECT 'outcomes', count(*), sum(hash_record_extended(ROW(f.id, f.enrolment_id, f.created_at, f.observed_on, f.result), 0))
            FROM public.outcomes f JOIN paths ON paths.id = f.enrolment_id
        UNION ALL SELECT 'appointments', count(*), sum(hash_record_extended(ROW(f.id, f.enrolment_id, f.starts_at, f.status), 0))
            FROM public.appointments f JOIN paths ON paths.id = f.enrolment_id
        UNION ALL SELECT 'workshops', count(*), sum(hash_record_extended(ROW(w.id, f.enrolment_id, w.starts_at, w.status, f.status), 0))
            FROM public.workshop_registrations f JOIN public.workshops w ON w.id = f.workshop_id JOIN paths ON paths.id = f.enrolment_id
        UNION ALL SELECT 'barriers', count(*), sum(hash_record_extended(ROW(f.id, f.enrolment_id, f.barrier, f.assessed_on, f.lifted_on, f.set_aside_on), 0))
            FROM public.enrolment_barriers f JOIN paths ON paths.id = f.enrolment_id
        UNION ALL SELECT 'referrals', count(*), sum(hash_record_extended(ROW(r.id, r.received_at, r.status, r.decided_at, r.expires_on,
            r.birth_date, r.gender, r.justice_status, r.territory_code, o.kind), 0))
            FROM public.referrals r JOIN public.organisations o ON o.id = r.organisation_id WHERE r.programme = of_programme AND NOT r.sandbox
        UNION ALL SELECT 'places', count(*), sum(hash_record_extended(ROW(items.territory_code, items.sector), 0))
            FROM public.territory_list_items items WHERE items.list_id = (SELECT id FROM public.territory_lists WHERE programme = of_programme ORDER BY version DESC LIMIT 1)
        UNION ALL SELECT 'targets', count(*), sum(hash_record_extended(ROW(t.indicator, t.period, t.value, t.position), 0)) FROM public.targets t WHERE t.programme = of_programme
        UNION ALL SELECT 'programme', count(*), sum(hash_record_extended(ROW(p.slug, p.starts_on, p.small_cell_threshold), 0)) FROM public.programmes p WHERE p.slug = of_programme
    )
    SELECT string_agg(concat(part, ' ', number, ' ', hashes), ', ' ORDER BY part) INTO mark FROM marks;
    PERFORM set_config('o2r.inside', '', true);
    RETURN mark;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION barriers_of_figures(text), referrals_of_figures(text), fingerprint_of_figures(text) FROM PUBLIC;
COMMENT ON FUNCTION fingerprint_of_figures(text) IS 'Counts and sums of hashes of what the figures of a programme are made of, table by table.';
COMMENT ON FUNCTION barriers_of_figures(text) IS 'What the figures of a programme know of the barriers on its enrolments: no text about a person.';
COMMENT ON FUNCTION referrals_of_figures(text) IS 'What the figures of a programme know of the referrals to it: no column that identifies. The sandbox''s are not there.';

-- +goose Down
DROP FUNCTION barriers_of_figures(text), referrals_of_figures(text), fingerprint_of_figures(text);
ALTER POLICY reader ON enrolment_barriers USING (current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system', 'dpo')
    AND EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
