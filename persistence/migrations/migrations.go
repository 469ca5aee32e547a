// Package migrations holds the schema, in SQL, in the order it came to be. A migration that
// has landed is never edited; the next one changes it.
package migrations

import "embed"

// Files are the migrations, named NUMBER_subject.sql.
//
//go:embed *.sql
var Files embed.FS
