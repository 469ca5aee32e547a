package api

import (
	"o2r/domain"
	"o2r/persistence"
)

func (a *API) diagnostics() {
	facts[domain.DiagnosticInput, domain.DiagnosticView]{
		path: "diagnostics", tag: "Support", name: "Diagnostic", plural: "Diagnostics", article: "a", subject: "diagnostic",
		text: "The dated assessment of a person's situation: every barrier found that day and every strength, by the caseworker who recorded it. A later one does not overwrite it: each says what it found otherwise than the one before, by assessed_on. " +
			"It opens the barriers that it finds and that are not on record that day (still to be dealt with, or settled on that day or later), and notes the strengths that are not there yet; what it does not find any more is not lifted, and what is open keeps its impact, until somebody says so.",
		list: (*persistence.Session).Diagnostics, record: (*persistence.Session).NewDiagnostic, read: (*persistence.Session).Diagnostic, correct: (*persistence.Session).ReplaceDiagnostic,
	}.register(a)
	facts[domain.StrengthInput, domain.EnrolmentStrength]{
		path: "strengths", tag: "Support", name: "Strength", plural: "Strengths", article: "a", subject: "strength",
		text: "What the person can build on, declared or not, here, abroad or elsewhere; each once for an enrolment (409).",
		list: (*persistence.Session).Strengths, record: (*persistence.Session).NewStrength, read: (*persistence.Session).Strength, correct: (*persistence.Session).ReplaceStrength,
	}.register(a)
}
