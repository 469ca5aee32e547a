// Package domain says what O2R is: the words of the programme, its rules, the
// states things pass through and the definition of every figure.
//
// It knows no clock, no HTTP and no SQL. The day, the instant and the actor
// come in as arguments, so that a rule can be read and tested by itself. It
// imports the standard library only.
package domain
