-- What becomes of places when a person is erased or was enrolled by mistake, and when a programme is shortened.

-- +goose Up
-- When closed days were last written, for the calendars that show what they close.
ALTER TABLE programmes ADD COLUMN closures_at timestamptz;

-- Who keeps people's rights takes the place of somebody whose file is frozen, as an erasure makes it, in a workshop that is
-- still to come; writes down that it lapsed; gives it to nobody but who was waiting for it; and takes a reason away that
-- names the person. See 0008 and 0034.
-- +goose StatementBegin
DO $policies$
DECLARE
    by_dpo CONSTANT text := $$current_setting('o2r.role', true) = 'dpo'$$;
    to_come CONSTANT text := $$EXISTS (SELECT FROM workshops w WHERE w.id = workshop_id AND w.status = 'planned' AND w.starts_at > now())$$;
    frozen CONSTANT text := $$EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id AND e.frozen)$$;
BEGIN
    EXECUTE format($$CREATE POLICY rights_changes ON workshops FOR UPDATE USING (%s AND status = 'planned' AND starts_at > now())$$, by_dpo);
    EXECUTE format($$CREATE POLICY rights_changes ON workshop_moves FOR UPDATE USING (%s)$$, by_dpo);
    EXECUTE format($$CREATE POLICY rights_erases ON workshop_registrations FOR DELETE USING (%s AND %s AND %s)$$, by_dpo, to_come, frozen);
    EXECUTE format($$CREATE POLICY rights_gives ON workshop_registrations FOR INSERT WITH CHECK (%s AND %s AND EXISTS (SELECT FROM workshop_requests q
        WHERE q.workshop_id = workshop_registrations.workshop_id AND q.enrolment_id = workshop_registrations.enrolment_id AND q.state = 'registered'))$$, by_dpo, to_come);
    EXECUTE format($$CREATE POLICY rights_lapses ON workshop_requests FOR INSERT WITH CHECK (%s AND state = 'lapsed' AND %s)$$, by_dpo, frozen);
END $policies$;
-- +goose StatementEnd

-- Whether somebody is still to come on a day outside those between which a programme would be held: to a slot, whose
-- occurrence may have been moved, or to a workshop. It tells an administrator, who reaches no meeting, that there is one and
-- nothing else.
-- +goose StatementBegin
CREATE FUNCTION expected_outside(of_programme text, first_day date, last_day date, since timestamptz) RETURNS boolean
    LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    caller CONSTANT text := coalesce(current_setting('o2r.role', true), '');
    found boolean;
BEGIN
    PERFORM set_config('o2r.role', 'system', true);
    SELECT EXISTS (
            SELECT FROM public.appointments a JOIN public.enrolments e ON e.id = a.enrolment_id AND NOT e.frozen
            WHERE a.programme = of_programme AND a.slot_place IS NOT NULL AND a.status = 'scheduled' AND a.starts_at > since
                AND ((a.starts_at AT TIME ZONE 'Europe/Paris')::date NOT BETWEEN first_day AND last_day
                    OR EXISTS (SELECT FROM public.occurrence_changes c WHERE c.permanence_id = a.permanence_id
                        AND c.moved_on = (a.starts_at AT TIME ZONE 'Europe/Paris')::date AND c.planned_on NOT BETWEEN first_day AND last_day)))
        OR EXISTS (
            SELECT FROM public.workshops w JOIN public.workshop_registrations r ON r.workshop_id = w.id JOIN public.enrolments e ON e.id = r.enrolment_id AND NOT e.frozen
            WHERE w.programme = of_programme AND w.status = 'planned' AND w.starts_at > since
                AND (w.starts_at AT TIME ZONE 'Europe/Paris')::date NOT BETWEEN first_day AND last_day)
        INTO found;
    PERFORM set_config('o2r.role', caller, true);
    RETURN found;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION expected_outside(text, date, date, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION expected_outside(text, date, date, timestamptz) IS 'Whether somebody is expected in a programme on a day outside those two.';

-- +goose Down
DROP FUNCTION expected_outside(text, date, date, timestamptz);
DROP POLICY rights_changes ON workshops;
DROP POLICY rights_changes ON workshop_moves;
DROP POLICY rights_erases ON workshop_registrations;
DROP POLICY rights_gives ON workshop_registrations;
DROP POLICY rights_lapses ON workshop_requests;
ALTER TABLE programmes DROP COLUMN closures_at;
