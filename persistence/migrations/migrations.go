// Package migrations holds the schema, in SQL, in the order it came to be. A migration that
// has landed is never edited; the next one changes it.
//
// They run as the role `system` of the row-level security (0008), so that one that moves data
// reaches the rows of everybody. A table that holds personal data is made with its policies,
// ENABLEd and FORCEd; a test reads the catalogue and fails on one that is not.
package migrations

import "embed"

// Files are the migrations, named NUMBER_subject.sql.
//
//go:embed *.sql
var Files embed.FS
