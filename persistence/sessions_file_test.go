package persistence_test

import (
	"maps"

	"o2r/domain"
	"o2r/persistence"
)

func init() { maps.Copy(calls, fileCalls) }

// fileCalls are those of calls that put together what the records say.
var fileCalls = map[string]call{
	"Timeline": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Timeline(ctx(), f.participant, domain.TimelineQuery{}))
	}, "read", "timeline", (*stage).aPerson},
	"CaseFile": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CaseFile(ctx(), f.participant, domain.CaseFileQuery{}))
	}, "read", "file", (*stage).aPerson},
	"Worklist": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Worklist(ctx(), domain.WorklistQuery{}))
	}, "read", "worklist", (*stage).aPerson},
	"Caseloads": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Caseloads(ctx(), f.entry.Programme))
	}, "read", "caseload", nil},
	"Reassign": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Reassign(ctx(), f.entry.Programme, domain.Reassignment{From: f.entry.CaseworkerID, To: "c.durand", NewCaseworker: new(true)}))
	}, "reassigned", "enrolment", (*stage).aPerson},
}
