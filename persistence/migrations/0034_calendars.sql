-- Meetings that are moved leave a trace of where they were.

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

-- Read by those who reach the meeting, by its own policies, and work with people or keep their rights; added to by those
-- who work with them, and rewritten by nobody: the data protection officer takes reasons away. See 0008.
-- +goose StatementBegin
DO $policies$
DECLARE
    of_meeting CONSTANT text := $$EXISTS (SELECT FROM appointments a WHERE a.id = appointment_id)$$;
    by_staff CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system')$$;
    by_staff_or_dpo CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system', 'dpo')$$;
    by_dpo CONSTANT text := $$current_setting('o2r.role', true) IN ('system', 'dpo')$$;
BEGIN
    ALTER TABLE appointment_moves ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY reader ON appointment_moves FOR SELECT USING (%s AND %s)', by_staff_or_dpo, of_meeting);
    EXECUTE format('CREATE POLICY writer ON appointment_moves FOR INSERT WITH CHECK (%s AND %s)', by_staff, of_meeting);
    EXECUTE format('CREATE POLICY changer ON appointment_moves FOR UPDATE USING (%s AND %s)', by_dpo, of_meeting);
    CREATE POLICY eraser ON appointment_moves FOR DELETE USING (current_setting('o2r.role', true) = 'system');
END $policies$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE appointment_moves;
