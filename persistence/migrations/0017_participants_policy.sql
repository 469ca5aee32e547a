-- Who may read and change participants and enrolments, in one policy a command. What may be seen stays as 0008 and 0011
-- said it. They said it in two policies each, and of two policies PostgreSQL asks the later one first: whether the actor
-- is the data protection officer was asked of every row before whether its programme is hers. A caseworker's page of
-- participants also asks every enrolment of her programmes whose it is, so it paid that thousands of times.
--
-- Now what is known of the actor is one array again, and whoever reaches every file has every programme in it: an enrolment
-- is of one. Without an OR beside it, the condition is one that an index answers, and no row is asked at all. A participant may
-- be in no programme, so there the OR stays, and what is true of nearly every row that is looked at comes first.
-- What may be changed is the same expression as what may be read, which PostgreSQL then asks once; the check of the new
-- row tells readers from writers.

-- +goose Up

-- In PL/pgSQL so that the planner does not look inside: it is called for those few who reach every file.
-- +goose StatementBegin
CREATE FUNCTION all_programmes() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT slug FROM public.programmes);
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION all_programmes() IS 'The slugs of all programmes: the reach of the program itself and of whoever keeps people''s rights.';

-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
    programmes CONSTANT text := $$string_to_array(current_setting('o2r.programmes', true), ',')$$;
    organisation CONSTANT text := $$nullif(current_setting('o2r.organisation_id', true), '')::uuid$$;

    staff CONSTANT text := format($$WHEN 'coordinator' THEN %1$s WHEN 'caseworker' THEN %1$s$$, programmes);
    -- An analyst reads dated facts, for the purpose of figures only; persons inside people_of_figures() alone. See 0008.
    figures CONSTANT text := format($$WHEN 'analyst' THEN CASE current_setting('o2r.purpose', true) WHEN 'figures' THEN %s END$$, programmes);
    people CONSTANT text := format($$WHEN 'analyst' THEN CASE concat(current_setting('o2r.purpose', true), ' of ', current_setting('o2r.inside', true))
        WHEN 'figures of people_of_figures' THEN %s END$$, programmes);
    -- Every file: the program itself, and whoever keeps people's rights.
    everybody CONSTANT text := format($$%s IN ('system', 'dpo')$$, role);

    of_programme CONSTANT text := format($$programme = ANY ((SELECT CASE %1$s %%s WHEN 'dpo' THEN %2$s WHEN 'system' THEN %2$s END)::text[])$$, role, 'public.all_programmes()');
    -- Whom the actor's organisation recorded for one of her programmes, enrolled yet or not.
    recorded CONSTANT text := format($$CASE WHEN %1$s IN ('coordinator', 'caseworker') THEN organisation_id = %2$s AND arrayoverlap(recorded_for, %3$s) ELSE %4$s END$$,
        role, organisation, programmes, everybody);
    person CONSTANT text := format($$arrayoverlap(enrolled_in, (SELECT CASE %s %%s END)) OR %s$$, role, recorded);
    held text;
    reads text;
    writes text;
BEGIN
    FOR held, reads, writes IN VALUES
        ('participants', format(person, concat(staff, ' ', people)),        format(person, staff)),
        ('enrolments',   format(of_programme, concat(staff, ' ', figures)), format(of_programme, staff))
    LOOP
        EXECUTE format('DROP POLICY rights_reads ON %I', held);
        EXECUTE format('DROP POLICY rights_changes ON %I', held);
        EXECUTE format('ALTER POLICY reader ON %I USING (%s)', held, reads);
        EXECUTE format('ALTER POLICY changer ON %I USING (%s) WITH CHECK (%s)', held, reads, writes);
    END LOOP;
END $policies$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $policies$
DECLARE
    role CONSTANT text := $$current_setting('o2r.role', true)$$;
    programmes CONSTANT text := $$string_to_array(current_setting('o2r.programmes', true), ',')$$;
    organisation CONSTANT text := $$nullif(current_setting('o2r.organisation_id', true), '')::uuid$$;
    staff CONSTANT text := format($$WHEN 'coordinator' THEN %1$s WHEN 'caseworker' THEN %1$s$$, programmes);
    figures CONSTANT text := format($$WHEN 'analyst' THEN CASE current_setting('o2r.purpose', true) WHEN 'figures' THEN %s END$$, programmes);
    people CONSTANT text := format($$WHEN 'analyst' THEN CASE concat(current_setting('o2r.purpose', true), ' of ', current_setting('o2r.inside', true))
        WHEN 'figures of people_of_figures' THEN %s END$$, programmes);
    of_programme CONSTANT text := format($$programme = ANY ((SELECT CASE %1$s %%s END)::text[]) OR %1$s = 'system'$$, role);
    recorded CONSTANT text := format($$CASE WHEN %1$s IN ('coordinator', 'caseworker') THEN organisation_id = %2$s AND arrayoverlap(recorded_for, %3$s) END$$,
        role, organisation, programmes);
    person CONSTANT text := format($$arrayoverlap(enrolled_in, (SELECT CASE %1$s %%s END)) OR %2$s OR %1$s = 'system'$$, role, recorded);
    rights CONSTANT text := $$nullif(current_setting('o2r.role', true), '') = 'dpo'$$;
    held text;
    reads text;
    writes text;
BEGIN
    FOR held, reads, writes IN VALUES
        ('participants', format(person, concat(staff, ' ', people)),        format(person, staff)),
        ('enrolments',   format(of_programme, concat(staff, ' ', figures)), format(of_programme, staff))
    LOOP
        EXECUTE format('ALTER POLICY reader ON %I USING (%s)', held, reads);
        EXECUTE format('ALTER POLICY changer ON %I USING (%s) WITH CHECK (%s)', held, reads, writes);
        EXECUTE format('CREATE POLICY rights_reads ON %I FOR SELECT USING (%s)', held, rights);
        EXECUTE format('CREATE POLICY rights_changes ON %I FOR UPDATE USING (%s)', held, rights);
    END LOOP;
END $policies$;
-- +goose StatementEnd
DROP FUNCTION all_programmes();
