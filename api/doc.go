// Package api is how the programme is reached over HTTP: one file a resource, each a table of
// contents of its operations, whose roles are declared beside them.
//
// Handlers are one statement: they call a method of the caller's session. What belongs here:
// paths, roles, words of the OpenAPI document, tokens. What does not: rules (package domain),
// SQL (package persistence), and what holds for any HTTP API (package api/rest).
package api
