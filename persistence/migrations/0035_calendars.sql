-- Calendar feeds behind links that nobody can guess.

-- +goose Up
CREATE TABLE calendars (
  id              uuid        NOT NULL CONSTRAINT calendars_pkey PRIMARY KEY,
  version         integer     NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  programme       text        NOT NULL CONSTRAINT calendars_programme_fkey REFERENCES programmes (slug) ON UPDATE CASCADE,
  kind            text        NOT NULL CONSTRAINT calendars_kind_check CHECK (kind IN ('caseworker', 'site', 'participant')),
  caseworker_id   text,
  site_id         uuid,
  participant_id  uuid                 CONSTRAINT calendars_participant_id_fkey REFERENCES participants (id),
  names           boolean     NOT NULL,
  -- Whoever made it, as she was then: it shows what she may see today.
  made_by         text        NOT NULL,
  made_as         text        NOT NULL CONSTRAINT calendars_made_as_check CHECK (made_as IN ('coordinator', 'caseworker')),
  organisation_id uuid,
  client_id       uuid                 CONSTRAINT calendars_client_id_fkey REFERENCES clients (id),
  seen_on         date        NOT NULL,
  expires_at      timestamptz NOT NULL,
  revoked_at      timestamptz,
  -- SHA-256 of the token in the link, which is kept nowhere.
  digest          bytea       NOT NULL CONSTRAINT calendars_digest_check CHECK (length(digest) = 32),
  CONSTRAINT calendars_digest_key UNIQUE (digest),
  CONSTRAINT calendars_site_id_fkey FOREIGN KEY (programme, site_id) REFERENCES sites (programme, id) ON UPDATE CASCADE,
  CONSTRAINT calendars_of_check CHECK (num_nonnulls(caseworker_id, site_id, participant_id) = 1
    AND CASE kind WHEN 'caseworker' THEN caseworker_id IS NOT NULL WHEN 'site' THEN site_id IS NOT NULL ELSE participant_id IS NOT NULL AND NOT names END)
);
CREATE INDEX calendars_made_by_idx ON calendars (made_by, programme);
CREATE INDEX calendars_participant_id_idx ON calendars (participant_id) WHERE participant_id IS NOT NULL;

-- How often a workshop was rewritten or called off, and when last: what calendars tell of it. Registrations leave it alone,
-- so that nobody's feed tells of the others'.
ALTER TABLE workshops
  ADD COLUMN revision integer NOT NULL DEFAULT 0,
  ADD COLUMN revised_at timestamptz;
UPDATE workshops SET revision = 1, revised_at = updated_at WHERE status = 'cancelled';

-- Staff reach those of their programmes; an administrator shuts one off; the data protection officer copies and erases.
-- Whoever has the link finds the one that it leads to, and becomes whoever made it. See 0008.
-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
    by_staff CONSTANT text := format($$%1$s IN ('coordinator', 'caseworker') AND programme = ANY (string_to_array(current_setting('o2r.programmes', true), ','))$$, role);
    by_link CONSTANT text := format($$%1$s = 'anonymous' AND digest = decode(nullif(current_setting('o2r.calendar', true), ''), 'hex')$$, role);
BEGIN
    ALTER TABLE calendars ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    EXECUTE format($$CREATE POLICY reader ON calendars FOR SELECT USING (%1$s OR %2$s OR %3$s IN ('admin', 'dpo', 'system'))$$, by_staff, by_link, role);
    EXECUTE format($$CREATE POLICY writer ON calendars FOR INSERT WITH CHECK (%1$s OR %2$s = 'system')$$, by_staff, role);
    EXECUTE format($$CREATE POLICY changer ON calendars FOR UPDATE USING (%1$s OR %2$s IN ('admin', 'system'))$$, by_staff, role);
    EXECUTE format($$CREATE POLICY eraser ON calendars FOR DELETE USING (%s IN ('dpo', 'system'))$$, role);
END $policies$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE calendars;
ALTER TABLE workshops DROP COLUMN revision, DROP COLUMN revised_at;
