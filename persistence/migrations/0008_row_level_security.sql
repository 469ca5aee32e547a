-- Who may reach which row, said a second time, in the database: whatever the program asks, or forgets to ask, a
-- transaction reaches the rows of the actor it was begun for and no other. persistence/scope.go says the same to the
-- queries; the tests take that away and still nothing leaks.
--
-- The actor stands in four settings that end with the transaction (set_config(…, true)): o2r.role,
-- o2r.organisation_id, o2r.programmes (slugs joined by commas) and o2r.purpose. Without a role there is no row. The
-- role `system` is the program itself, across actors: migrations, and what persistence/rowsecurity.go does under that
-- name; no session ever has it.
--
-- The policies are FORCEd, since the application's role owns the tables. They hold against a query that is wrong, not
-- against whoever can run SQL of her own as that role: she could set another role, or drop the policy.

-- +goose Up

-- The bodies are parsed here, so that no caller's search_path can change what they mean; and being STABLE, without
-- settings of their own, they are inlined. Policies call them as (SELECT f()): once a statement, not once a row.
CREATE FUNCTION actor_role() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(pg_catalog.current_setting('o2r.role', true), '');

CREATE FUNCTION actor_organisation() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(pg_catalog.current_setting('o2r.organisation_id', true), '')::uuid;

CREATE FUNCTION actor_programmes() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(pg_catalog.string_to_array(nullif(pg_catalog.current_setting('o2r.programmes', true), ''), ','), '{}');

CREATE FUNCTION actor_purpose() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(pg_catalog.current_setting('o2r.purpose', true), '');

COMMENT ON FUNCTION actor_role() IS 'The role of whoever the transaction was begun for; null for nobody.';
COMMENT ON FUNCTION actor_organisation() IS 'The actor''s organisation; null, which equals none, where her token names none.';
COMMENT ON FUNCTION actor_programmes() IS 'Slugs of the programmes that the actor''s token opens.';
COMMENT ON FUNCTION actor_purpose() IS 'What for, where that widens what is seen: figures.';

-- Staff, and the figures of an analyst, as what they may reach: empty or null for everybody else.
CREATE FUNCTION staff_programmes() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN actor_role() IN ('coordinator', 'caseworker') THEN actor_programmes() ELSE '{}' END;

CREATE FUNCTION staff_organisation() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN actor_role() IN ('coordinator', 'caseworker') THEN actor_organisation() END;

CREATE FUNCTION figures_programmes() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN actor_role() = 'analyst' AND actor_purpose() = 'figures' THEN actor_programmes() ELSE '{}' END;

-- Which programmes a person is or was enrolled in. A policy on participants cannot ask the enrolments: it would see
-- those that the actor sees, and take somebody enrolled elsewhere for somebody enrolled nowhere; and a function that
-- looked as `system` would be called once a row and keep parallel plans away. So the person's own row says it,
-- kept by the trigger below and by nothing else.
ALTER TABLE participants ADD COLUMN enrolled_in text[] NOT NULL DEFAULT '{}';
UPDATE participants SET enrolled_in = found.programmes
    FROM (SELECT participant_id, array_agg(DISTINCT programme) AS programmes FROM enrolments GROUP BY participant_id) found
    WHERE found.participant_id = participants.id;

-- An equality of an e-mail's lower case is not asked of the index under a policy, since lower() might tell what it is
-- given (it is not LEAKPROOF). An equality of texts is.
DROP INDEX participants_email_idx;
ALTER TABLE participants ADD COLUMN search_email text GENERATED ALWAYS AS (lower(email)) STORED;
CREATE INDEX participants_search_email_idx ON participants (search_email);

-- It runs as the actor, under her policies: enrolling somebody she cannot reach finds no row here, and is refused.
-- +goose StatementBegin
CREATE FUNCTION note_enrolment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        UPDATE public.participants
            SET enrolled_in = CASE WHEN NEW.programme = ANY (enrolled_in) THEN enrolled_in ELSE enrolled_in || NEW.programme END
            WHERE id = NEW.participant_id;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'the participant of an enrolment is out of the actor''s reach';
        END IF;
    END IF;
    -- Whoever reaches the enrolment reaches all of its programme, so what is left of it there is seen whole.
    IF TG_OP <> 'INSERT' AND NOT EXISTS (
        SELECT FROM public.enrolments WHERE participant_id = OLD.participant_id AND programme = OLD.programme
    ) THEN
        UPDATE public.participants SET enrolled_in = array_remove(enrolled_in, OLD.programme) WHERE id = OLD.participant_id;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'the participant of an enrolment is out of the actor''s reach';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_enrolled_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'participants.enrolled_in follows the enrolments and is not written by itself';
END $$;
-- +goose StatementEnd

CREATE TRIGGER enrolments_noted AFTER INSERT OR DELETE ON enrolments
    FOR EACH ROW EXECUTE FUNCTION note_enrolment();
CREATE TRIGGER enrolments_moved AFTER UPDATE ON enrolments
    FOR EACH ROW WHEN ((OLD.participant_id, OLD.programme) IS DISTINCT FROM (NEW.participant_id, NEW.programme))
    EXECUTE FUNCTION note_enrolment();
CREATE TRIGGER participants_enrolled_in_new BEFORE INSERT ON participants
    FOR EACH ROW WHEN (NEW.enrolled_in <> '{}') EXECUTE FUNCTION refuse_enrolled_in();
CREATE TRIGGER participants_enrolled_in_kept BEFORE UPDATE ON participants
    FOR EACH ROW WHEN (NEW.enrolled_in <> OLD.enrolled_in AND pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_enrolled_in();

ALTER TABLE participants            ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE enrolments              ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE jobs                    ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE france_travail_statuses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE outcomes                ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE referrals               ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE appointments            ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE workshops               ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE workshop_registrations  ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events            ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE events                  ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- People: those enrolled in the staff's programmes, and those her organisation recorded who are enrolled nowhere.
CREATE POLICY staff ON participants USING (
    enrolled_in && (SELECT staff_programmes())
    OR (enrolled_in = '{}' AND organisation_id = (SELECT staff_organisation())));

-- What carries its programme: the staff's programmes.
CREATE POLICY staff ON enrolments             USING (programme = ANY ((SELECT staff_programmes())::text[]));
CREATE POLICY staff ON referrals              USING (programme = ANY ((SELECT staff_programmes())::text[]));
CREATE POLICY staff ON appointments           USING (programme = ANY ((SELECT staff_programmes())::text[]));
CREATE POLICY staff ON workshops              USING (programme = ANY ((SELECT staff_programmes())::text[]));
CREATE POLICY staff ON workshop_registrations USING (programme = ANY ((SELECT staff_programmes())::text[]));

-- A partner: its own referrals, to the programmes of its token.
CREATE POLICY partner ON referrals USING (
    (SELECT actor_role()) = 'partner'
    AND organisation_id = (SELECT actor_organisation())
    AND programme = ANY ((SELECT actor_programmes())::text[]));

-- The dated facts of an enrolment: read by whoever may read the enrolment (its own policies decide, figures included),
-- written by staff.
CREATE POLICY reader ON jobs                    FOR SELECT USING (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY reader ON france_travail_statuses FOR SELECT USING (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY reader ON outcomes                FOR SELECT USING (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY adder ON jobs                    FOR INSERT WITH CHECK (
    (SELECT actor_role()) IN ('coordinator', 'caseworker') AND EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY adder ON france_travail_statuses FOR INSERT WITH CHECK (
    (SELECT actor_role()) IN ('coordinator', 'caseworker') AND EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY adder ON outcomes                FOR INSERT WITH CHECK (
    (SELECT actor_role()) IN ('coordinator', 'caseworker') AND EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY changer ON jobs                    FOR UPDATE USING ((SELECT actor_role()) IN ('coordinator', 'caseworker'))
    WITH CHECK (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id)); -- whoever updates has to reach the row as its reader too
CREATE POLICY changer ON france_travail_statuses FOR UPDATE USING ((SELECT actor_role()) IN ('coordinator', 'caseworker'))
    WITH CHECK (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));
CREATE POLICY changer ON outcomes                FOR UPDATE USING ((SELECT actor_role()) IN ('coordinator', 'caseworker'))
    WITH CHECK (EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id));

-- Figures: an analyst reads, for that purpose only and never to write, the dated facts. They name nobody.
CREATE POLICY figures ON enrolments             FOR SELECT USING (programme = ANY ((SELECT figures_programmes())::text[]));
CREATE POLICY figures ON appointments           FOR SELECT USING (programme = ANY ((SELECT figures_programmes())::text[]));
CREATE POLICY figures ON workshops              FOR SELECT USING (programme = ANY ((SELECT figures_programmes())::text[]));
CREATE POLICY figures ON workshop_registrations FOR SELECT USING (programme = ANY ((SELECT figures_programmes())::text[]));

-- Of persons and referrals the figures need three columns and none that identifies. A policy knows rows, not columns; so an analyst
-- reaches these rows inside people_of_figures() alone, which lets only those columns out: the setting is made by the
-- function, for its own duration.
CREATE POLICY figures ON participants FOR SELECT USING (
    (SELECT current_setting('o2r.inside', true)) = 'people_of_figures' AND enrolled_in && (SELECT figures_programmes()));
CREATE POLICY figures ON referrals FOR SELECT USING (
    (SELECT current_setting('o2r.inside', true)) = 'people_of_figures' AND programme = ANY ((SELECT figures_programmes())::text[]));

-- (A SET clause would be the shorter way; for a setting of one's own that takes a superuser.) An error in between ends
-- the transaction or its savepoint, and the setting with it.
-- +goose StatementBegin
CREATE FUNCTION people_of_figures(of_programme text)
    RETURNS TABLE (enrolment_id uuid, birth_date date, gender text, referrer_kind text)
    LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('o2r.inside', 'people_of_figures', true);
    RETURN QUERY
        SELECT e.id, p.birth_date, p.gender, coalesce(o.kind, e.referral_origin)
        FROM public.enrolments e
        JOIN public.participants p ON p.id = e.participant_id
        LEFT JOIN public.referrals r ON r.id = e.referral_id
        LEFT JOIN public.organisations o ON o.id = r.organisation_id
        WHERE e.programme = of_programme AND e.voided_at IS NULL;
    PERFORM set_config('o2r.inside', '', true);
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION people_of_figures(text) FROM PUBLIC;
COMMENT ON FUNCTION people_of_figures(text) IS 'What the figures of a programme know of the persons behind its enrolments: no column that identifies.';

-- The trail: written by whoever acts, in her own role or as the program on her behalf, and read by nobody yet.
CREATE POLICY writer ON audit_events FOR INSERT WITH CHECK (
    (SELECT actor_role()) IS NOT NULL AND role IN ((SELECT actor_role()), 'system'));
CREATE POLICY writer ON events FOR INSERT WITH CHECK (
    CASE (SELECT actor_role())
        WHEN 'admin'   THEN true
        WHEN 'dpo'     THEN true
        WHEN 'partner' THEN organisation_id = (SELECT actor_organisation()) AND programme = ANY ((SELECT actor_programmes())::text[])
        ELSE (SELECT actor_role()) IS NOT NULL AND (programme IS NULL OR programme = ANY ((SELECT actor_programmes())::text[]))
    END);

CREATE POLICY system ON participants            USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON enrolments              USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON jobs                    USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON france_travail_statuses USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON outcomes                USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON referrals               USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON appointments            USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON workshops               USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON workshop_registrations  USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON audit_events            USING ((SELECT actor_role()) = 'system');
CREATE POLICY system ON events                  USING ((SELECT actor_role()) = 'system');

-- Nothing is deleted by an actor. (The other tables have no policy that would let one.)
CREATE POLICY nobody_deletes ON participants           AS RESTRICTIVE FOR DELETE USING ((SELECT actor_role()) = 'system');
CREATE POLICY nobody_deletes ON enrolments             AS RESTRICTIVE FOR DELETE USING ((SELECT actor_role()) = 'system');
CREATE POLICY nobody_deletes ON referrals              AS RESTRICTIVE FOR DELETE USING ((SELECT actor_role()) = 'system');
CREATE POLICY nobody_deletes ON appointments           AS RESTRICTIVE FOR DELETE USING ((SELECT actor_role()) = 'system');
CREATE POLICY nobody_deletes ON workshops              AS RESTRICTIVE FOR DELETE USING ((SELECT actor_role()) = 'system');
CREATE POLICY nobody_deletes ON workshop_registrations AS RESTRICTIVE FOR DELETE USING ((SELECT actor_role()) = 'system');

-- What a database role for analysts' own queries may read, and all it may read: a schema without a person, nor a count
-- of fewer people than the programme's threshold. Migrate grants it to the role o2r_analyst where an administrator has
-- made one; the role has no right in public.
CREATE SCHEMA figures;

-- Counts across actors, and lets nothing else out: hence the definer's rights, and the role while it counts.
-- +goose StatementBegin
CREATE FUNCTION figures.people_entered()
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

CREATE VIEW figures.programmes AS SELECT slug, name, starts_on, ends_on FROM programmes;
CREATE VIEW figures.targets AS SELECT programme, indicator, period, value FROM targets;
CREATE VIEW figures.targeted_territories AS
    SELECT lists.programme, lists.version, lists.provisional, items.territory_code, items.sector
    FROM territory_lists lists JOIN territory_list_items items ON items.list_id = lists.id;
CREATE VIEW figures.territories AS SELECT code, kind, name, department_code, region_code, epci_code, canton_code, population FROM territories;
CREATE VIEW figures.entries AS SELECT programme, year, people FROM figures.people_entered();
COMMENT ON VIEW figures.entries IS 'How many people entered a programme in a year; no row where they are fewer than its small-cell threshold.';

-- +goose Down
DROP SCHEMA figures CASCADE;
DROP FUNCTION people_of_figures(text);
DROP POLICY staff ON participants;
DROP POLICY staff ON enrolments;
DROP POLICY staff ON referrals;
DROP POLICY staff ON appointments;
DROP POLICY staff ON workshops;
DROP POLICY staff ON workshop_registrations;
DROP POLICY partner ON referrals;
DROP POLICY reader ON jobs;
DROP POLICY reader ON france_travail_statuses;
DROP POLICY reader ON outcomes;
DROP POLICY adder ON jobs;
DROP POLICY adder ON france_travail_statuses;
DROP POLICY adder ON outcomes;
DROP POLICY changer ON jobs;
DROP POLICY changer ON france_travail_statuses;
DROP POLICY changer ON outcomes;
DROP POLICY figures ON enrolments;
DROP POLICY figures ON appointments;
DROP POLICY figures ON workshops;
DROP POLICY figures ON workshop_registrations;
DROP POLICY figures ON participants;
DROP POLICY figures ON referrals;
DROP POLICY writer ON audit_events;
DROP POLICY writer ON events;
DROP POLICY system ON participants;
DROP POLICY system ON enrolments;
DROP POLICY system ON jobs;
DROP POLICY system ON france_travail_statuses;
DROP POLICY system ON outcomes;
DROP POLICY system ON referrals;
DROP POLICY system ON appointments;
DROP POLICY system ON workshops;
DROP POLICY system ON workshop_registrations;
DROP POLICY system ON audit_events;
DROP POLICY system ON events;
DROP POLICY nobody_deletes ON participants;
DROP POLICY nobody_deletes ON enrolments;
DROP POLICY nobody_deletes ON referrals;
DROP POLICY nobody_deletes ON appointments;
DROP POLICY nobody_deletes ON workshops;
DROP POLICY nobody_deletes ON workshop_registrations;
ALTER TABLE participants            NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE enrolments              NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE jobs                    NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE france_travail_statuses NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE outcomes                NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE referrals               NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE appointments            NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE workshops               NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE workshop_registrations  NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events            NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE events                  NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
DROP TRIGGER enrolments_noted ON enrolments;
DROP TRIGGER enrolments_moved ON enrolments;
DROP TRIGGER participants_enrolled_in_new ON participants;
DROP TRIGGER participants_enrolled_in_kept ON participants;
DROP FUNCTION note_enrolment(), refuse_enrolled_in();
ALTER TABLE participants DROP COLUMN enrolled_in, DROP COLUMN search_email;
CREATE INDEX participants_email_idx ON participants (lower(email));
DROP FUNCTION figures_programmes(), staff_organisation(), staff_programmes(), actor_purpose(), actor_programmes(), actor_organisation(), actor_role();
