// Package persistence keeps the programme's records in PostgreSQL.
//
// Data is reached only as an actor: Store.As gives a Session, and one method of a Session is
// one transaction that finds its rows within what the actor may see, applies the domain's
// rule, writes, and leaves the audit row and the outgoing event beside the change.
//
// Identifiers are kept in clear, by decision. Encrypted one by one (AES-256-GCM) with blind indexes for
// what is looked for, reading costs 1.0 to 1.6 times as much and a search no more, with three and a half times the
// space: speed does not forbid it (TestTheCostOfEncryptedIdentifiers). What does is what the indexes give
// away. Searching by parts of names takes one index entry for every three letters, and whoever holds the
// table reads names out of their frequencies without any key; an index of whole words only guards common names no better,
// and ends the search by parts, typing errors and the folding that the database does for every comparison. Against the thief of
// a disk or a backup, the volume and the backup are encrypted; against a curious role, rows are
// guarded; against the application itself, nothing of this would help.
//
// Free texts (reasons, notes, purposes) are kept in clear too. Nobody searches them, so no index would
// give them away, and the same measure says what they would cost: at most 1.6 times the reading. They
// would be hidden from one reader only, the administrator of a database that is not the deployer's own,
// since elsewhere the key lies beside the records that it locks; for that one they are worth encrypting,
// with keys from a service of the deployer's (envelope encryption, tink-go), and that is not built.
//
// What belongs here: SQL, scoping, transactions, the schema. What does not: the rules
// themselves (package domain) and anything of HTTP (package api).
package persistence
