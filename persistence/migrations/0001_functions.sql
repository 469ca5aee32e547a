-- What every later migration may rely on, and that belongs to no single table.

-- +goose Up

-- fold(text) is the form in which names are compared: 'SAINT-OUEN', 'St Ouen' and 'saint ouën' are one place. Both
-- sides of a comparison go through it, so there is no second implementation to keep in step.
--
--   * accents go (é, Ç, ñ, ő, ș …), œ→oe, æ→ae, ß→ss, and the letters that have no accent to take off (ø, ł, đ, ð, þ, ı)
--     become the plain ones;
--   * lower case;
--   * hyphens, dashes, apostrophes (straight and typographic) and dots become spaces;
--   * the whole words st, ste, sts, stes become saint, sainte, saints, saintes;
--   * white space, non-breaking included, collapses to single spaces, none at the ends.
--
-- The body is parsed when the function is created, so no caller's search_path can change what it means, and works
-- under COLLATE "C", so the same text folds the same way whatever locale the database has: it may stand in an index or
-- a generated column. Scripts without a Latin alphabet keep their case. It needs a database in UTF8.
-- +goose StatementBegin
CREATE FUNCTION fold(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN pg_catalog.btrim(
        pg_catalog.regexp_replace(
            pg_catalog.regexp_replace(
                pg_catalog.translate(
                    pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
                        pg_catalog.lower(
                            pg_catalog.translate(
                                -- NFKD sets each accent apart from its letter; the class is the accents.
                                pg_catalog.regexp_replace(
                                    pg_catalog.normalize(value, 'NFKD') COLLATE "C", '[\u0300-\u036f]', '', 'g'),
                                'ŒÆẞØøŁłĐđÐðÞı', 'œæßoollddddþi')
                        ),
                        'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), 'þ', 'th'),
                    '-‐‑‒–—―−''’‘‛ʼʹ′`.', '                 '),
                '\mst(es?|s)?\M', 'saint\1', 'g'),
            '\s+', ' ', 'g'));
-- +goose StatementEnd

COMMENT ON FUNCTION fold(text) IS 'The form in which names are compared: no accents, lower case, st → saint, single spaces.';

-- +goose Down
DROP FUNCTION fold(text);
