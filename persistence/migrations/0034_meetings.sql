-- Meetings that are moved leave a trace of where they were; a workshop that is full has a list of who waits for a place.

-- +goose Up
CREATE TABLE appointment_moves (
  id                    uuid        NOT NULL CONSTRAINT appointment_moves_pkey PRIMARY KEY,
  appointment_id        uuid        NOT NULL CONSTRAINT appointment_moves_appointment_id_fkey REFERENCES appointments (id),
  moved_at              timestamptz NOT NULL,
  moved_by              text        NOT NULL,
  reason                text                 CONSTRAINT appointment_moves_reason_check CHECK (length(reason) <= 500), -- null once the person was erased
  from_starts_at        timestamptz NOT NULL,
  from_duration_minutes integer     NOT NULL,
  from_mode             text        NOT NULL,
  from_site_id          uuid                 CONSTRAINT appointment_moves_from_site_id_fkey REFERENCES sites (id),
  to_starts_at          timestamptz NOT NULL,
  to_duration_minutes   integer     NOT NULL,
  to_mode               text        NOT NULL,
  to_site_id            uuid                 CONSTRAINT appointment_moves_to_site_id_fkey REFERENCES sites (id),
  CONSTRAINT appointment_moves_moved_check CHECK ((from_starts_at, from_duration_minutes, from_mode, from_site_id) IS DISTINCT FROM (to_starts_at, to_duration_minutes, to_mode, to_site_id))
);
CREATE INDEX appointment_moves_appointment_id_idx ON appointment_moves (appointment_id, id);

CREATE TABLE workshop_moves (
  id                    uuid        NOT NULL CONSTRAINT workshop_moves_pkey PRIMARY KEY,
  workshop_id           uuid        NOT NULL CONSTRAINT workshop_moves_workshop_id_fkey REFERENCES workshops (id),
  moved_at              timestamptz NOT NULL,
  moved_by              text        NOT NULL,
  reason                text                 CONSTRAINT workshop_moves_reason_check CHECK (length(reason) <= 500),
  from_starts_at        timestamptz NOT NULL,
  from_duration_minutes integer     NOT NULL,
  from_site_id          uuid                 CONSTRAINT workshop_moves_from_site_id_fkey REFERENCES sites (id),
  to_starts_at          timestamptz NOT NULL,
  to_duration_minutes   integer     NOT NULL,
  to_site_id            uuid                 CONSTRAINT workshop_moves_to_site_id_fkey REFERENCES sites (id),
  CONSTRAINT workshop_moves_moved_check CHECK ((from_starts_at, from_duration_minutes, from_site_id) IS DISTINCT FROM (to_starts_at, to_duration_minutes, to_site_id))
);
CREATE INDEX workshop_moves_workshop_id_idx ON workshop_moves (workshop_id, id);

-- Who asked for a place in a workshop and has none: waiting, in the order of `place`, or what became of it. A place that
-- was given back is one too. None of it is a registration, so no roll and no figure knows of it.
CREATE TABLE workshop_requests (
  id           uuid        NOT NULL CONSTRAINT workshop_requests_pkey PRIMARY KEY,
  place        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  programme    text        NOT NULL,
  workshop_id  uuid        NOT NULL,
  enrolment_id uuid        NOT NULL,
  requested_at timestamptz NOT NULL,
  state        text        NOT NULL CONSTRAINT workshop_requests_state_check CHECK (state IN ('waiting', 'registered', 'withdrawn', 'lapsed')),
  settled_at   timestamptz,
  CONSTRAINT workshop_requests_settled_check CHECK ((state = 'waiting') = (settled_at IS NULL)),
  CONSTRAINT workshop_requests_workshop_id_fkey FOREIGN KEY (programme, workshop_id) REFERENCES workshops (programme, id) ON UPDATE CASCADE,
  CONSTRAINT workshop_requests_enrolment_id_fkey FOREIGN KEY (programme, enrolment_id) REFERENCES enrolments (programme, id) ON UPDATE CASCADE,
  -- Nobody waits twice. A merge may exchange the places of two paths, hence deferrable.
  CONSTRAINT workshop_requests_waiting_key EXCLUDE USING btree (workshop_id WITH =, enrolment_id WITH =) WHERE (state = 'waiting') DEFERRABLE
);
CREATE INDEX workshop_requests_place_idx ON workshop_requests (workshop_id, place) WHERE state = 'waiting';
CREATE INDEX workshop_requests_enrolment_id_idx ON workshop_requests (enrolment_id);

ALTER TABLE merge_moves
  DROP CONSTRAINT merge_moves_kind_check,
  ADD CONSTRAINT merge_moves_kind_check CHECK (kind IN ('enrolment', 'fold', 'referral', 'job', 'france_travail_status', 'outcome',
    'appointment', 'workshop_place', 'workshop_attendance', 'workshop_request',
    'diagnostic', 'barrier', 'strength', 'charter', 'objective', 'action', 'proposal', 'immersion', 'objective_barrier', 'action_barrier'));

-- Read by those who reach the meeting, by its own policies, and work with people or keep their rights; added to by those
-- who work with them, and rewritten by nobody: the data protection officer takes reasons away. See 0008.
-- +goose StatementBegin
DO $policies$
DECLARE
    of_meeting CONSTANT text := $$EXISTS (SELECT FROM appointments a WHERE a.id = appointment_id)$$;
    of_workshop CONSTANT text := $$EXISTS (SELECT FROM workshops w WHERE w.id = workshop_id)$$;
    of_programme CONSTANT text := $$current_setting('o2r.role', true) = 'system' OR current_setting('o2r.role', true) IN ('coordinator', 'caseworker')
        AND programme = ANY (string_to_array(current_setting('o2r.programmes', true), ','))$$;
    of_programme_or_dpo CONSTANT text := of_programme || $$ OR current_setting('o2r.role', true) = 'dpo'$$;
    by_staff CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system')$$;
    by_staff_or_dpo CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system', 'dpo')$$;
    by_dpo CONSTANT text := $$current_setting('o2r.role', true) IN ('system', 'dpo')$$;
BEGIN
    ALTER TABLE appointment_moves ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY reader ON appointment_moves FOR SELECT USING (%s AND %s)', by_staff_or_dpo, of_meeting);
    EXECUTE format('CREATE POLICY writer ON appointment_moves FOR INSERT WITH CHECK (%s AND %s)', by_staff, of_meeting);
    EXECUTE format('CREATE POLICY changer ON appointment_moves FOR UPDATE USING (%s AND %s)', by_dpo, of_meeting);
    CREATE POLICY eraser ON appointment_moves FOR DELETE USING (current_setting('o2r.role', true) = 'system');

    ALTER TABLE workshop_moves ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY reader ON workshop_moves FOR SELECT USING (%s AND %s)', by_staff_or_dpo, of_workshop);
    EXECUTE format('CREATE POLICY writer ON workshop_moves FOR INSERT WITH CHECK (%s AND %s)', by_staff, of_workshop);
    CREATE POLICY eraser ON workshop_moves FOR DELETE USING (current_setting('o2r.role', true) = 'system');

    ALTER TABLE workshop_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY reader ON workshop_requests FOR SELECT USING (%s)', of_programme_or_dpo);
    EXECUTE format('CREATE POLICY writer ON workshop_requests FOR INSERT WITH CHECK (%s)', of_programme);
    EXECUTE format('CREATE POLICY changer ON workshop_requests FOR UPDATE USING (%s)', of_programme_or_dpo);
    CREATE POLICY eraser ON workshop_requests FOR DELETE USING (current_setting('o2r.role', true) = 'system');

    -- A place in a workshop that is still to come may be given back. Once the roll was called, or the session called off,
    -- what stands there stays.
    DROP POLICY eraser ON workshop_registrations;
    EXECUTE format($$CREATE POLICY eraser ON workshop_registrations FOR DELETE USING (current_setting('o2r.role', true) = 'system'
        OR (%s) AND EXISTS (SELECT FROM workshops w WHERE w.id = workshop_id AND w.status = 'planned'))$$, of_programme);
END $policies$;
-- +goose StatementEnd

-- +goose Down
-- Refused while a merge that moved such a request is on record: it could not go back.
ALTER TABLE merge_moves
  DROP CONSTRAINT merge_moves_kind_check,
  ADD CONSTRAINT merge_moves_kind_check CHECK (kind IN ('enrolment', 'fold', 'referral', 'job', 'france_travail_status', 'outcome',
    'appointment', 'workshop_place', 'workshop_attendance',
    'diagnostic', 'barrier', 'strength', 'charter', 'objective', 'action', 'proposal', 'immersion', 'objective_barrier', 'action_barrier'));
DROP POLICY eraser ON workshop_registrations;
CREATE POLICY eraser ON workshop_registrations FOR DELETE USING (current_setting('o2r.role', true) = 'system');
DROP TABLE workshop_requests, workshop_moves, appointment_moves;
