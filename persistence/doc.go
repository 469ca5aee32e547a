// Package persistence keeps the programme's records in PostgreSQL.
//
// Data is reached only as an actor: Store.As gives a Session, and one method of a Session is
// one transaction that finds its rows within what the actor may see, applies the domain's
// rule, writes, and leaves the audit row and the outgoing event beside the change.
//
// What belongs here: SQL, scoping, transactions, the schema. What does not: the rules
// themselves (package domain) and anything of HTTP (package api).
package persistence
