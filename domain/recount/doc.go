// Package recount counts every figure a second time, slowly, so that somebody may trust the first count.
//
// It is written from the specification of the indicators and the formulas that the catalogue publishes, in plain loops
// over plain records, and shares nothing with package domain: not its dates, not the hours of Paris, not its
// nomenclatures, not its rounding. It imports the standard library only, and a test says so. Where both counts agree, a
// mistake would have to have been made twice.
//
// What belongs here: records as they lie in the tables, and what is counted from them as it stands before anything is
// withheld from anybody. What does not: speed, small cells, anything that the first count could share. Whoever changes a
// definition changes it here too, from its words and not from the other's code.
package recount
