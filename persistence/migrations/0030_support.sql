-- The support of a person on her path: diagnostics, the barriers and strengths that they find, the charter with its
-- objectives, what was done, what was proposed and what followed, and immersions.

-- +goose Up
CREATE TABLE diagnostics (
  id           uuid        NOT NULL CONSTRAINT diagnostics_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT diagnostics_enrolment_id_fkey REFERENCES enrolments (id),
  author       text        NOT NULL,
  assessed_on  date        NOT NULL,
  site_id      uuid                 CONSTRAINT diagnostics_site_id_fkey REFERENCES sites (id),
  -- Each {"barrier", "impact", "priority"}, as it was found that day.
  barriers     jsonb       NOT NULL CONSTRAINT diagnostics_barriers_check CHECK (jsonb_typeof(barriers) = 'array'),
  strengths    text[]      NOT NULL,
  note         text                 CONSTRAINT diagnostics_note_check CHECK (length(note) <= 2000)
);
CREATE INDEX diagnostics_assessed_on_idx ON diagnostics (enrolment_id, assessed_on);

CREATE TABLE enrolment_barriers (
  id               uuid        NOT NULL CONSTRAINT enrolment_barriers_pkey PRIMARY KEY,
  version          integer     NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  enrolment_id     uuid        NOT NULL CONSTRAINT enrolment_barriers_enrolment_id_fkey REFERENCES enrolments (id),
  author           text        NOT NULL,
  barrier          text        NOT NULL,
  assessed_on      date        NOT NULL,
  impact           text                 CONSTRAINT enrolment_barriers_impact_check CHECK (impact IN ('fort', 'moyen', 'faible')),
  priority         boolean,
  diagnostic_id    uuid                 CONSTRAINT enrolment_barriers_diagnostic_id_fkey REFERENCES diagnostics (id),
  state            text        NOT NULL CONSTRAINT enrolment_barriers_state_check CHECK (state IN ('open', 'in_progress', 'lifted', 'set_aside')),
  started_on       date,
  lifted_on        date,
  action_id        uuid,
  organisation_id  uuid                 CONSTRAINT enrolment_barriers_organisation_id_fkey REFERENCES organisations (id),
  set_aside_on     date,
  set_aside_reason text                 CONSTRAINT enrolment_barriers_set_aside_reason_check CHECK (length(set_aside_reason) <= 500),
  CONSTRAINT enrolment_barriers_enrolment_id_id_key UNIQUE (enrolment_id, id),
  CONSTRAINT enrolment_barriers_lifted_check CHECK ((state = 'lifted') = (lifted_on IS NOT NULL) AND (state = 'lifted' OR num_nonnulls(action_id, organisation_id) = 0)),
  CONSTRAINT enrolment_barriers_set_aside_check CHECK ((state = 'set_aside') = (set_aside_on IS NOT NULL) AND (state = 'set_aside' OR set_aside_reason IS NULL)),
  CONSTRAINT enrolment_barriers_started_check CHECK (CASE state WHEN 'open' THEN started_on IS NULL WHEN 'in_progress' THEN started_on IS NOT NULL ELSE true END),
  CONSTRAINT enrolment_barriers_days_check CHECK (assessed_on <= LEAST(started_on, lifted_on, set_aside_on) AND started_on <= LEAST(lifted_on, set_aside_on))
);
-- Lifted and found again later, yes; to be dealt with twice at once, never.
CREATE UNIQUE INDEX enrolment_barriers_unsettled_key ON enrolment_barriers (enrolment_id, barrier) WHERE state IN ('open', 'in_progress');

CREATE TABLE enrolment_strengths (
  id           uuid        NOT NULL CONSTRAINT enrolment_strengths_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT enrolment_strengths_enrolment_id_fkey REFERENCES enrolments (id),
  author       text        NOT NULL,
  strength     text        NOT NULL,
  noted_on     date        NOT NULL,
  detail       text                 CONSTRAINT enrolment_strengths_detail_check CHECK (length(detail) <= 500),
  CONSTRAINT enrolment_strengths_strength_key UNIQUE (enrolment_id, strength)
);

CREATE TABLE charters (
  id           uuid        NOT NULL CONSTRAINT charters_pkey PRIMARY KEY,
  version      integer     NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  enrolment_id uuid        NOT NULL CONSTRAINT charters_enrolment_id_fkey REFERENCES enrolments (id) CONSTRAINT charters_enrolment_id_key UNIQUE,
  author       text        NOT NULL,
  signed_on    date        NOT NULL,
  note         text                 CONSTRAINT charters_note_check CHECK (length(note) <= 2000)
);

CREATE TABLE objectives (
  id             uuid        NOT NULL CONSTRAINT objectives_pkey PRIMARY KEY,
  version        integer     NOT NULL,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  enrolment_id   uuid        NOT NULL CONSTRAINT objectives_enrolment_id_fkey REFERENCES enrolments (id),
  author         text        NOT NULL,
  label          text                 CONSTRAINT objectives_label_check CHECK (length(label) BETWEEN 1 AND 300), -- null once the person was erased
  agreed_on      date        NOT NULL,
  due_on         date                 CONSTRAINT objectives_due_on_check CHECK (due_on >= agreed_on),
  in_charter     boolean     NOT NULL,
  barrier_id     uuid,
  state          text        NOT NULL CONSTRAINT objectives_state_check CHECK (state IN ('open', 'reached', 'abandoned')),
  reached_on     date,
  abandoned_on   date,
  abandon_reason text                 CONSTRAINT objectives_abandon_reason_check CHECK (length(abandon_reason) BETWEEN 3 AND 500),
  CONSTRAINT objectives_barrier_id_fkey FOREIGN KEY (enrolment_id, barrier_id) REFERENCES enrolment_barriers (enrolment_id, id) DEFERRABLE,
  CONSTRAINT objectives_reached_check CHECK ((state = 'reached') = (reached_on IS NOT NULL)),
  CONSTRAINT objectives_abandoned_check CHECK ((state = 'abandoned') = (abandoned_on IS NOT NULL) AND (state = 'abandoned' OR abandon_reason IS NULL)),
  CONSTRAINT objectives_days_check CHECK (agreed_on <= LEAST(reached_on, abandoned_on))
);
CREATE INDEX objectives_enrolment_id_idx ON objectives (enrolment_id);
CREATE INDEX objectives_open_due_on_idx ON objectives (due_on) WHERE state = 'open';

CREATE TABLE actions (
  id               uuid        NOT NULL CONSTRAINT actions_pkey PRIMARY KEY,
  version          integer     NOT NULL,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  enrolment_id     uuid        NOT NULL CONSTRAINT actions_enrolment_id_fkey REFERENCES enrolments (id),
  author           text        NOT NULL,
  kind             text        NOT NULL,
  done_on          date        NOT NULL,
  duration_minutes integer              CONSTRAINT actions_duration_minutes_check CHECK (duration_minutes BETWEEN 1 AND 1440),
  organisation_id  uuid                 CONSTRAINT actions_organisation_id_fkey REFERENCES organisations (id),
  barrier_id       uuid,
  note             text                 CONSTRAINT actions_note_check CHECK (length(note) <= 2000),
  CONSTRAINT actions_enrolment_id_id_key UNIQUE (enrolment_id, id),
  CONSTRAINT actions_barrier_id_fkey FOREIGN KEY (enrolment_id, barrier_id) REFERENCES enrolment_barriers (enrolment_id, id) DEFERRABLE
);
CREATE INDEX actions_done_on_idx ON actions (enrolment_id, done_on);

ALTER TABLE enrolment_barriers
  ADD CONSTRAINT enrolment_barriers_action_id_fkey FOREIGN KEY (enrolment_id, action_id) REFERENCES actions (enrolment_id, id) DEFERRABLE;

CREATE TABLE enrolment_proposals (
  id              uuid        NOT NULL CONSTRAINT enrolment_proposals_pkey PRIMARY KEY,
  version         integer     NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  enrolment_id    uuid        NOT NULL CONSTRAINT enrolment_proposals_enrolment_id_fkey REFERENCES enrolments (id),
  author          text        NOT NULL,
  kind            text        NOT NULL,
  proposed_on     date        NOT NULL,
  organisation_id uuid                 CONSTRAINT enrolment_proposals_organisation_id_fkey REFERENCES organisations (id),
  followed_by     text,
  followed_on     date,
  note            text                 CONSTRAINT enrolment_proposals_note_check CHECK (length(note) <= 2000),
  CONSTRAINT enrolment_proposals_followed_check CHECK (followed_on IS NULL OR (followed_by IS NOT NULL AND followed_on >= proposed_on))
);
CREATE INDEX enrolment_proposals_proposed_on_idx ON enrolment_proposals (enrolment_id, proposed_on);

CREATE TABLE immersions (
  id                uuid        NOT NULL CONSTRAINT immersions_pkey PRIMARY KEY,
  version           integer     NOT NULL,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  enrolment_id      uuid        NOT NULL CONSTRAINT immersions_enrolment_id_fkey REFERENCES enrolments (id),
  author            text        NOT NULL,
  purpose           text        NOT NULL,
  objectives        text                 CONSTRAINT immersions_objectives_check CHECK (length(objectives) <= 500),
  host_id           uuid                 CONSTRAINT immersions_host_id_fkey REFERENCES organisations (id), -- null once the person was erased
  starts_on         date        NOT NULL,
  ends_on           date        NOT NULL CONSTRAINT immersions_ends_on_check CHECK (ends_on >= starts_on AND ends_on <= starts_on + interval '1 month'),
  renewal_of        uuid,
  prescriber_id     uuid        NOT NULL CONSTRAINT immersions_prescriber_id_fkey REFERENCES organisations (id),
  agreement_with_id uuid                 CONSTRAINT immersions_agreement_with_id_fkey REFERENCES organisations (id),
  note              text                 CONSTRAINT immersions_note_check CHECK (length(note) <= 2000),
  cancelled_on      date,
  cancel_reason     text                 CONSTRAINT immersions_cancel_reason_check CHECK (length(cancel_reason) BETWEEN 3 AND 500),
  CONSTRAINT immersions_enrolment_id_id_key UNIQUE (enrolment_id, id),
  CONSTRAINT immersions_renewal_of_fkey FOREIGN KEY (enrolment_id, renewal_of) REFERENCES immersions (enrolment_id, id) DEFERRABLE,
  CONSTRAINT immersions_renewal_check CHECK (renewal_of <> id),
  CONSTRAINT immersions_cancelled_check CHECK (cancelled_on IS NOT NULL OR cancel_reason IS NULL)
);
CREATE UNIQUE INDEX immersions_renewed_once_key ON immersions (renewal_of) WHERE cancelled_on IS NULL;
CREATE INDEX immersions_starts_on_idx ON immersions (enrolment_id, starts_on);

-- What these held before they were corrected goes into the history of the person's file, under the enrolment.
ALTER TABLE field_changes
  ADD COLUMN enrolment_id uuid CONSTRAINT field_changes_enrolment_id_fkey REFERENCES enrolments (id),
  DROP CONSTRAINT field_changes_kind_check,
  ADD CONSTRAINT field_changes_kind_check CHECK (kind IN ('participant', 'enrolment',
    'diagnostic', 'barrier', 'strength', 'charter', 'objective', 'action', 'proposal', 'immersion')),
  ADD CONSTRAINT field_changes_enrolment_id_check CHECK ((kind IN ('participant', 'enrolment')) = (enrolment_id IS NULL));
CREATE INDEX field_changes_enrolment_id_idx ON field_changes (enrolment_id) WHERE enrolment_id IS NOT NULL;

-- Read and written by those who reach the enrolment, by its own policies, and work with people or keep their rights: an
-- analyst reads dated facts for figures, and none of these texts. The data protection officer takes texts away. See 0008.
-- +goose StatementBegin
DO $policies$
DECLARE
    of_enrolment CONSTANT text := $$EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id)$$;
    by_staff CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system')$$;
    by_staff_or_dpo CONSTANT text := $$current_setting('o2r.role', true) IN ('coordinator', 'caseworker', 'system', 'dpo')$$;
    held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['diagnostics', 'enrolment_barriers', 'enrolment_strengths', 'charters', 'objectives', 'actions', 'enrolment_proposals', 'immersions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY reader ON %I FOR SELECT USING (%s AND %s)', held, by_staff_or_dpo, of_enrolment);
        EXECUTE format('CREATE POLICY writer ON %I FOR INSERT WITH CHECK (%s AND %s)', held, by_staff, of_enrolment);
        EXECUTE format('CREATE POLICY changer ON %I FOR UPDATE USING (%s AND %s) WITH CHECK (%2$s AND %3$s)', held, by_staff_or_dpo, of_enrolment);
        EXECUTE format($$CREATE POLICY eraser ON %I FOR DELETE USING (current_setting('o2r.role', true) = 'system')$$, held);
    END LOOP;
END $policies$;
-- +goose StatementEnd

-- +goose Down
DELETE FROM field_changes WHERE kind NOT IN ('participant', 'enrolment');
ALTER TABLE field_changes
  DROP COLUMN enrolment_id,
  DROP CONSTRAINT field_changes_kind_check,
  ADD CONSTRAINT field_changes_kind_check CHECK (kind IN ('participant', 'enrolment'));
ALTER TABLE enrolment_barriers DROP CONSTRAINT enrolment_barriers_action_id_fkey;
DROP TABLE immersions, enrolment_proposals, actions, objectives, charters, enrolment_strengths, enrolment_barriers, diagnostics;
