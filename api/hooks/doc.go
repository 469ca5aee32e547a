// Package hooks posts events to webhooks: what is due, and what came of it, it asks and tells
// package persistence; how a message is made, signed and sent, by Standard Webhooks, is said here.
//
// Whom a message goes to is a partner's word, so nothing of it is believed: every connection is
// held against what webhooks may reach, at the moment it is made and by the address it is made to;
// redirects are not followed, and of an answer the status is all that is kept.
package hooks
