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

-- For later policies and for reading. The bodies are parsed here, so that no caller's search_path can change what they mean.
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

-- Which programmes a person is or was enrolled in. A policy on participants that asked the enrolments would do so once a
-- row, and then no policy on enrolments could ask the participants back: PostgreSQL refuses the circle. So the person's
-- own row says it, kept by the trigger below, which also asks back, and by nothing else.
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

CREATE FUNCTION refuse_reach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'whose file a participant''s is follows from her enrolments and from who recorded her, and is not rewritten';
END $$;
-- +goose StatementEnd

CREATE TRIGGER enrolments_noted AFTER INSERT OR DELETE ON enrolments
    FOR EACH ROW EXECUTE FUNCTION note_enrolment();
CREATE TRIGGER enrolments_moved AFTER UPDATE ON enrolments
    FOR EACH ROW WHEN ((OLD.participant_id, OLD.programme) IS DISTINCT FROM (NEW.participant_id, NEW.programme))
    EXECUTE FUNCTION note_enrolment();
CREATE TRIGGER participants_reach_new BEFORE INSERT ON participants
    FOR EACH ROW WHEN (NEW.enrolled_in <> '{}') EXECUTE FUNCTION refuse_reach();
CREATE TRIGGER participants_enrolled_in_kept BEFORE UPDATE ON participants
    FOR EACH ROW WHEN (NEW.enrolled_in <> OLD.enrolled_in AND pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_reach();
CREATE TRIGGER participants_recorded_for_kept BEFORE UPDATE ON participants
    FOR EACH ROW WHEN ((NEW.recorded_for, NEW.organisation_id) IS DISTINCT FROM (OLD.recorded_for, OLD.organisation_id) AND actor_role() IS DISTINCT FROM 'system')
    EXECUTE FUNCTION refuse_reach();

-- The policies. Each is written so that the plan of a query gains little and loses nothing, for most of their cost lies in
-- planning: what is known of the actor is one array, the programmes in her reach, asked of built-in functions once a
-- statement (hence the SELECT); what comes after OR is asked of few rows; what may be changed is the same expression as
-- what may be read, which PostgreSQL then asks once, and the check of the new row tells readers from writers; and
-- arrayoverlap() stands where its operator && would be taken to find one row in a hundred, and a page to need a sort.
-- Nobody but the program deletes.
-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
    programmes CONSTANT text := $$string_to_array(current_setting('o2r.programmes', true), ',')$$;
    organisation CONSTANT text := $$nullif(current_setting('o2r.organisation_id', true), '')::uuid$$;

    staff CONSTANT text := format($$WHEN 'coordinator' THEN %1$s WHEN 'caseworker' THEN %1$s$$, programmes);
    partner CONSTANT text := format($$WHEN 'partner' THEN %s$$, programmes);
    -- An analyst reads, for the purpose of figures only, dated facts. They name nobody.
    figures CONSTANT text := format($$WHEN 'analyst' THEN CASE current_setting('o2r.purpose', true) WHEN 'figures' THEN %s END$$, programmes);
    -- Of persons and referrals she gets three columns, none of which identifies, and a policy knows rows, not columns:
    -- those rows are there inside people_of_figures() alone, which lets only such columns out.
    people CONSTANT text := format($$WHEN 'analyst' THEN CASE concat(current_setting('o2r.purpose', true), ' of ', current_setting('o2r.inside', true))
        WHEN 'figures of people_of_figures' THEN %s END$$, programmes);

    of_programme CONSTANT text := format($$programme = ANY ((SELECT CASE %1$s %%s END)::text[]) OR %1$s = 'system'$$, role);
    -- Whom the actor's organisation recorded for one of her programmes.
    recorded CONSTANT text := format($$CASE WHEN %1$s IN ('coordinator', 'caseworker') THEN organisation_id = %2$s AND arrayoverlap(recorded_for, %3$s) END$$,
        role, organisation, programmes);
    person CONSTANT text := format($$arrayoverlap(enrolled_in, (SELECT CASE %1$s %%s END)) OR %2$s OR %1$s = 'system'$$, role, recorded);
    -- A partner is held to its own organisation, and one without any has no referral; nobody else is.
    own CONSTANT text := format($$coalesce(organisation_id = (SELECT CASE %s WHEN 'partner' THEN coalesce(%s, '00000000-0000-0000-0000-000000000000') END), true)$$,
        role, organisation);
    of_enrolment CONSTANT text := $$EXISTS (SELECT FROM enrolments e WHERE e.id = enrolment_id)$$; -- by its own policies
    by_staff CONSTANT text := format($$%s IN ('coordinator', 'caseworker', 'system')$$, role);
    held text;
    reads text;
    writes text;
BEGIN
    FOR held, reads, writes IN VALUES
        ('participants',            format(person, concat(staff, ' ', people)),        format(person, staff)), -- and see below
        ('enrolments',              format(of_programme, concat(staff, ' ', figures)), format(of_programme, staff)),
        ('appointments',            format(of_programme, concat(staff, ' ', figures)), format(of_programme, staff)),
        ('workshops',               format(of_programme, concat(staff, ' ', figures)), format(of_programme, staff)),
        ('workshop_registrations',  format(of_programme, concat(staff, ' ', figures)), format(of_programme, staff)),
        ('referrals',
            format('(%s) AND %s', format(of_programme, concat(staff, ' ', partner, ' ', people)), own),
            format('(%s) AND %s', format(of_programme, concat(staff, ' ', partner)), own)),
        ('jobs',                    of_enrolment,                                      of_enrolment || ' AND ' || by_staff),
        ('france_travail_statuses', of_enrolment,                                      of_enrolment || ' AND ' || by_staff),
        ('outcomes',                of_enrolment,                                      of_enrolment || ' AND ' || by_staff),
        -- The trail: written by whoever acts, in her own role or as the program on her behalf, and read by nobody yet.
        ('audit_events',
            format($$%s = 'system'$$, role),
            format($$CASE WHEN %1$s <> '' THEN role IN (%1$s, 'system') END$$, role)),
        ('events',
            format($$%s = 'system'$$, role),
            format($$CASE %1$s
                WHEN 'system' THEN true WHEN 'admin' THEN true WHEN 'dpo' THEN true
                WHEN 'partner' THEN organisation_id = %2$s AND programme = ANY (%3$s)
                ELSE %1$s <> '' AND (programme IS NULL OR programme = ANY (%3$s)) END$$, role, organisation, programmes))
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY reader ON %I FOR SELECT USING (%s)', held, reads);
        EXECUTE format('CREATE POLICY writer ON %I FOR INSERT WITH CHECK (%s)', held, writes);
        EXECUTE format('CREATE POLICY changer ON %I FOR UPDATE USING (%s) WITH CHECK (%s)', held, reads, writes);
        EXECUTE format($$CREATE POLICY eraser ON %I FOR DELETE USING (%s = 'system')$$, held, role);
    END LOOP;
    -- A new person is of the programmes of whoever records her, and of no other.
    EXECUTE format($$CREATE POLICY recorder ON participants AS RESTRICTIVE FOR INSERT WITH CHECK (recorded_for <@ %s OR %s = 'system')$$, programmes, role);
END $policies$;
-- +goose StatementEnd

-- What the figures know of the persons behind the enrolments of a programme.
-- What it sets says to the policies that only its columns leave. (A SET clause would be the shorter way; for a setting of
-- one's own it takes a superuser.) An error in between ends the transaction or its savepoint, and the setting with it.
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
-- +goose StatementBegin
DO $$
DECLARE
    held regclass;
    policy name;
BEGIN
    FOR held, policy IN SELECT polrelid, polname FROM pg_policy LOOP
        EXECUTE format('DROP POLICY %I ON %s', policy, held);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', held);
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TRIGGER enrolments_noted ON enrolments;
DROP TRIGGER enrolments_moved ON enrolments;
DROP TRIGGER participants_reach_new ON participants;
DROP TRIGGER participants_enrolled_in_kept ON participants;
DROP TRIGGER participants_recorded_for_kept ON participants;
DROP FUNCTION note_enrolment(), refuse_reach();
ALTER TABLE participants DROP COLUMN enrolled_in, DROP COLUMN search_email;
CREATE INDEX participants_email_idx ON participants (lower(email));
DROP FUNCTION actor_purpose(), actor_programmes(), actor_organisation(), actor_role();
