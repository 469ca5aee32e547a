package persistence_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence"
)

// call is one method of Session: what it does on the stage, in which role, and what it leaves in
// the trail. Public data, and what says nothing of anybody, leaves nothing.
type call struct {
	role   domain.Role
	do     func(*stage, *persistence.Session) (any, error)
	action string
	kind   string
	record func(*stage) string // that the row names
}

func of[T any](value T, err error) (any, error) { return value, err }

const (
	lead    = domain.Coordinator
	admin   = domain.Admin
	officer = domain.DPO
)

var any_ = domain.Match{}

// calls are all methods of Session. One that nobody has thought about here is one whose audit
// row nobody has decided about.
var calls = map[string]call{
	"Participants": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Participants(ctx(), domain.Paging{})) }, "read", "participant", (*stage).aPerson},
	"SearchParticipants": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.SearchParticipants(ctx(), domain.ParticipantSearch{Query: new("zzqx")}))
	}, "searched", "participant", nil},
	"Participant":    {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Participant(ctx(), f.participant)) }, "read", "participant", (*stage).aPerson},
	"NewParticipant": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.NewParticipant(ctx(), f.person())) }, "matched", "participant", (*stage).aPerson},
	"ReplaceParticipant": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceParticipant(ctx(), f.participant, any_, f.person()))
	}, "updated", "participant", (*stage).aPerson},
	"Merge": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Merge(ctx(), f.participant, domain.MergeInput{DuplicateID: f.free, Reason: domain.Reason{Reason: "Double."}}))
	}, "merged", "participant", func(f *stage) string { return f.free }},
	"Unmerge": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Unmerge(ctx(), f.merged(), domain.UnmergeInput{DuplicateID: f.free}))
	}, "unmerged", "participant", func(f *stage) string { return f.free }},
	"Enrolments": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Enrolments(ctx(), persistence.EnrolmentQuery{}))
	}, "read", "enrolment", (*stage).aPerson},
	"Enrolment": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Enrolment(ctx(), f.enrolment)) }, "read", "enrolment", (*stage).aPerson},
	"Enrol": {lead, func(f *stage, s *persistence.Session) (any, error) {
		in := f.entry
		in.ParticipantID = f.free
		return of(s.Enrol(ctx(), in))
	}, "created", "enrolment", func(f *stage) string { return f.free }},
	"ReplaceEnrolment": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceEnrolment(ctx(), f.enrolment, any_, f.entry))
	}, "updated", "enrolment", (*stage).aPerson},
	"Exit": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Exit(ctx(), f.enrolment, any_, f.exit()))
	}, "exited", "enrolment", (*stage).aPerson},
	"Reopen": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Reopen(ctx(), f.exited(), any_, domain.Reason{Reason: "Par erreur."}))
	}, "reopened", "enrolment", nil},
	"Void": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Void(ctx(), f.enrolment, any_, domain.Reason{Reason: "Par erreur."}))
	}, "voided", "enrolment", (*stage).aPerson},
	"NewJob": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewJob(ctx(), f.enrolment, f.spell()))
	}, "created", "job", (*stage).aPerson},
	"ReplaceJob": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceJob(ctx(), f.enrolment, f.job, any_, f.spell()))
	}, "updated", "job", (*stage).aPerson},
	"Jobs": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Jobs(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "job", (*stage).aPerson},
	"ObserveFranceTravail": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ObserveFranceTravail(ctx(), f.enrolment, domain.FranceTravailStatusInput{ObservedOn: domain.MustDate("2025-05-06"), Registered: new(true)}))
	}, "created", "france_travail_status", (*stage).aPerson},
	"FranceTravailStatuses": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.FranceTravailStatuses(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "france_travail_status", (*stage).aPerson},
	"Job": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Job(ctx(), f.enrolment, f.job)) }, "read", "job", (*stage).aPerson},
	"FranceTravailStatus": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.FranceTravailStatus(ctx(), f.enrolment, f.observed()))
	}, "read", "france_travail_status", (*stage).aPerson},
	"ReplaceFranceTravailStatus": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceFranceTravailStatus(ctx(), f.enrolment, f.observed(), any_, domain.FranceTravailStatusInput{ObservedOn: domain.MustDate("2025-05-06"), Registered: new(true)}))
	}, "updated", "france_travail_status", (*stage).aPerson},
	"Outcome": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Outcome(ctx(), f.enrolment, f.found()))
	}, "read", "outcome", (*stage).aPerson},
	"ReplaceOutcome": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceOutcome(ctx(), f.enrolment, f.found(), any_, domain.OutcomeInput{Checkpoint: "6_months", ObservedOn: domain.MustDate("2026-02-20"), Result: domain.OutcomeNeither}))
	}, "updated", "outcome", (*stage).aPerson},
	"NewOutcome": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewOutcome(ctx(), f.exited(), domain.OutcomeInput{Checkpoint: "6_months", ObservedOn: domain.MustDate("2026-02-20"), Result: domain.OutcomeNeither}))
	}, "created", "outcome", nil},
	"Outcomes": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Outcomes(ctx(), f.enrolment, domain.Paging{}))
	}, "read", "outcome", (*stage).aPerson},
	"Appointments": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Appointments(ctx(), domain.AppointmentQuery{}))
	}, "read", "appointment", (*stage).hers},
	"Appointment": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Appointment(ctx(), f.appointment)) }, "read", "appointment", (*stage).hers},
	"Schedule":    {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Schedule(ctx(), f.meeting())) }, "created", "appointment", (*stage).hers},
	"Reschedule": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Reschedule(ctx(), f.appointment, any_, domain.AppointmentChange{AppointmentInput: f.meeting()}))
	}, "updated", "appointment", (*stage).hers},
	"RecordAttendance": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RecordAttendance(ctx(), f.appointment, any_, domain.AttendanceInput{Status: domain.AttendanceAttended}))
	}, "attendance_recorded", "appointment", (*stage).hers},
	"Workshops": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Workshops(ctx(), persistence.WorkshopQuery{}))
	}, "read", "workshop", nil},
	"Workshop":     {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Workshop(ctx(), f.registered())) }, "read", "workshop", (*stage).hers},
	"PlanWorkshop": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.PlanWorkshop(ctx(), f.session())) }, "created", "workshop", nil},
	"Register": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Register(ctx(), f.workshop, any_, domain.RegistrationInput{EnrolmentID: f.enrolment}))
	}, "registered", "workshop", (*stage).hers},
	"Unregister": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Unregister(ctx(), f.registered(), any_, domain.UnregistrationInput{EnrolmentID: f.enrolment}))
	}, "unregistered", "workshop", (*stage).hers},
	"RewriteWorkshop": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RewriteWorkshop(ctx(), f.workshop, any_, domain.WorkshopChange{WorkshopInput: f.session()}))
	}, "updated", "workshop", nil},
	"CallRoll": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CallRoll(ctx(), f.registered(), any_, domain.RollCall{Items: []domain.RollCallEntry{{EnrolmentID: f.enrolment, Status: domain.Called(domain.AttendanceAttended)}}}))
	}, "closed", "workshop", (*stage).hers},
	"NewCalendar": {lead, func(f *stage, s *persistence.Session) (any, error) {
		made, token, err := s.NewCalendar(ctx(), f.calendar())
		if err != nil && token != "" {
			f.Error("a link that is not kept was given away")
		}
		return made, err
	}, "created", "calendar", (*stage).aPerson},
	"Calendar": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Calendar(ctx(), f.linked())) }, "read", "calendar", (*stage).aPerson},
	"Calendars": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Calendars(ctx(), domain.CalendarQuery{}))
	}, "read", "calendar", (*stage).linked},
	"RevokeCalendar": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RevokeCalendar(ctx(), f.linked(), any_))
	}, "revoked", "calendar", (*stage).aPerson},
	"ReopenWorkshop": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReopenWorkshop(ctx(), f.closedWorkshop(), any_, domain.Reason{Reason: "Quelqu'un manque."}))
	}, "reopened", "workshop", (*stage).hers},
	"CancelWorkshop": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CancelWorkshop(ctx(), f.workshop, any_, domain.Reason{Reason: "Salle fermée."}))
	}, "cancelled", "workshop", nil},
	"Refer": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		in := f.refer
		in.ExternalReference = new("E-2")
		view, _, err := s.Refer(ctx(), in)
		return view, err
	}, "received", "referral", nil},
	"Matches":    {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Matches(ctx(), f.referral)) }, "matched", "referral", (*stage).asked},
	"Duplicates": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Duplicates(ctx(), f.participant)) }, "matched", "participant", (*stage).aPerson},
	"Referral":   {domain.Partner, func(f *stage, s *persistence.Session) (any, error) { return of(s.Referral(ctx(), f.referral)) }, "read", "referral", (*stage).asked},
	"Referrals": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Referrals(ctx(), domain.ReferralQuery{}))
	}, "read", "referral", (*stage).asked},
	"ReferAll": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		in := f.refer
		in.ExternalReference = new("E-3")
		return of(s.ReferAll(ctx(), []domain.ReferralInput{f.refer, in}))
	}, "received", "referral", nil},
	"ReferralFigures": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReferralFigures(ctx(), domain.ReferralFiguresQuery{}))
	}, "read", "referral_figures", nil},
	"Review": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Review(ctx(), f.referral, any_)) }, "reviewed", "referral", (*stage).asked},
	"Accept": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Accept(ctx(), f.referral, any_, domain.Acceptance{}))
	}, "accepted", "referral", (*stage).asked},
	"Decline": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Decline(ctx(), f.referral, any_, domain.Decline{DeclineReason: domain.DeclineInjoignable}))
	}, "declined", "referral", (*stage).asked},
	"Withdraw": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) { return of(s.Withdraw(ctx(), f.referral, any_)) }, "withdrawn", "referral", (*stage).asked},
	"Events":   {domain.Partner, func(f *stage, s *persistence.Session) (any, error) { return of(s.Events(ctx(), domain.EventQuery{})) }, "read", "event", (*stage).asked},
	"EventsOf": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.EventsOf(ctx(), f.referral, domain.EventQuery{}))
	}, "read", "event", (*stage).asked},
	"NewWebhook": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewWebhook(ctx(), domain.WebhookInput{URL: hook}))
	}, "created", "webhook", nil},
	"ReplaceWebhook": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceWebhook(ctx(), f.webhook(), any_, domain.WebhookInput{URL: hook}))
	}, "updated", "webhook", (*stage).webhook},
	"DisableWebhook": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.DisableWebhook(ctx(), f.webhook(), any_))
	}, "disabled", "webhook", (*stage).webhook},
	"NewWebhookSecret": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewWebhookSecret(ctx(), f.webhook(), any_, domain.WebhookSecretInput{}))
	}, "secret_made", "webhook", (*stage).webhook},
	"Deliveries": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Deliveries(ctx(), f.webhook(), domain.DeliveryQuery{}))
	}, "read", "delivery", (*stage).webhook},
	"TestWebhook": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) { return of(s.TestWebhook(ctx(), f.webhook())) }, "tested", "webhook", (*stage).webhook},
	"Replay": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Replay(ctx(), f.webhook(), domain.ReplayInput{Since: &past}))
	}, "replayed", "webhook", (*stage).webhook},
	"Evidence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Evidence(ctx(), essai, domain.IndicatorBeneficiaries, persistence.FiguresQuery{}))
	}, "read", "evidence", (*stage).hers},
	"Publish": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Publish(ctx(), essai, f.publication()))
	}, "published", "snapshot", nil},
	"CompareSnapshot": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CompareSnapshot(ctx(), essai, f.published(), domain.ComparisonQuery{AsOf: day("2025-12-30")}))
	}, "read", "comparison", (*stage).hers},
	"Figures": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Figures(ctx(), essai, "", narrow)) }, "read", "figures", nil},
	"Figure": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Figure(ctx(), essai, domain.IndicatorBeneficiaries, narrow))
	}, "read", "figures", nil},
	"FiguresOfEach": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.FiguresOfEach(ctx(), []string{essai}, domain.AllFigures, narrow))
	}, "read", "figures", nil},
	"Breakdown": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Breakdown(ctx(), essai, domain.IndicatorBeneficiaries, []domain.Dimension{domain.ByAgeBand}, persistence.FiguresQuery{}))
	}, "read", "figures", nil},
	"Series": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Series(ctx(), essai, domain.IndicatorBeneficiaries, domain.SeriesQuery{}, persistence.FiguresQuery{}))
	}, "read", "figures", nil},
	"Report": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Report(ctx(), essai, domain.ReportQuery{Year: 2025}))
	}, "read", "report", nil},
	"Map": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Map(ctx(), essai, persistence.MapQuery{}))
	}, "read", "figures", nil},
	"LoadContours": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.LoadContours(ctx(), []domain.Contour{{Code: "80253", Geometry: domain.Geometry{Type: "Point", Coordinates: json.RawMessage("[2.3,50.1]")}}}, "Essai"))
	}, "updated", "contours", nil},
	"Profile": {lead, func(f *stage, s *persistence.Session) (any, error) { return of(s.Profile(ctx(), essai, narrow)) }, "read", "figures", nil},
	"VerifyFigures": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.VerifyFigures(ctx(), essai, persistence.FiguresQuery{}))
	}, "verified", "figures", nil},
	"AuditEvents": {domain.DPO, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.AuditEvents(ctx(), domain.AuditQuery{RecordID: f.participant}))
	}, "read", "audit", (*stage).aPerson},
	"AuditCheckpoint": {admin, func(f *stage, s *persistence.Session) (any, error) { return of(s.AuditCheckpoint(ctx())) }, "anchored", "audit", nil},
	"VerifyAudit":     {admin, func(f *stage, s *persistence.Session) (any, error) { return of(s.VerifyAudit(ctx(), nil, nil)) }, "verified", "audit", nil},
	"PruneAudit": {admin, func(f *stage, s *persistence.Session) (any, error) {
		f.ancient()
		return of(s.PruneAudit(ctx(), 12, false))
	}, "pruned", "audit", nil},
	"TokenIssued": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return nil, s.TokenIssued(ctx(), domain.Actor{Subject: `a,{"b"}\`, Role: admin})
	}, "issued", "token", func(*stage) string { return `a,{"b"}\` }},
	"NewOrganisation": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewOrganisation(ctx(), domain.OrganisationInput{Slug: "neuve", OrganisationNaming: domain.OrganisationNaming{Name: "Neuve", Kind: domain.OrganisationAutre}}))
	}, "created", "organisation", nil},
	"ReplaceOrganisation": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceOrganisation(ctx(), f.organisation, any_, domain.OrganisationInput{Slug: "essai", OrganisationNaming: domain.OrganisationNaming{Name: "Neuve", Kind: domain.OrganisationOperateur}}))
	}, "updated", "organisation", nil},
	"NewProgramme": {admin, func(f *stage, s *persistence.Session) (any, error) {
		in := f.programme()
		in.Slug = "neuf"
		return of(s.NewProgramme(ctx(), in))
	}, "created", "programme", nil},
	"ReplaceProgramme": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceProgramme(ctx(), essai, any_, f.programme()))
	}, "updated", "programme", nil},
	"ReplacePartnerships": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplacePartnerships(ctx(), essai, any_, domain.PartnershipList{Items: []domain.Partnership{}}))
	}, "updated", "partnerships", nil},
	"ReplaceTargets": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceTargets(ctx(), essai, any_, domain.TargetList{Items: []domain.Target{}}))
	}, "updated", "targets", nil},
	"NewSite": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewSite(ctx(), domain.SiteInput{Programme: essai, Name: "Neuf"}))
	}, "created", "site", nil},
	"ReplaceSite": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceSite(ctx(), f.site, any_, domain.SiteInput{Programme: essai, Name: "Neuf"}))
	}, "updated", "site", nil},
	"NewPermanence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewPermanence(ctx(), f.presence()))
	}, "created", "permanence", nil},
	"ReplacePermanence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplacePermanence(ctx(), f.receiving(), any_, f.presence()))
	}, "updated", "permanence", nil},
	"CancelOccurrence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.CancelOccurrence(ctx(), f.receiving(), aTuesday, any_, domain.Reason{Reason: "Neige."}))
	}, "cancelled", "occurrence", nil},
	"MoveOccurrence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.MoveOccurrence(ctx(), f.receiving(), aTuesday, any_, domain.OccurrenceMove{MovedOn: new(aTuesday.AddDays(1)), Reason: "Neige."}))
	}, "moved", "occurrence", nil},
	"HoldOccurrence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.HoldOccurrence(ctx(), f.receiving(), domain.MustDate("2025-11-11"), any_, domain.Reason{Reason: "Tenue malgré tout."}))
	}, "held", "occurrence", nil},
	"RestoreOccurrence": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RestoreOccurrence(ctx(), f.receiving(), f.snowed(), any_, domain.Reason{Reason: "Par erreur."}))
	}, "restored", "occurrence", nil},
	"ReplaceClosures": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceClosures(ctx(), essai, any_, domain.ClosureList{Items: []domain.Closure{}}))
	}, "updated", "closures", nil},
	"ReplaceTargetedTerritories": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceTargetedTerritories(ctx(), essai, any_, domain.TargetedListInput{Items: []domain.TargetedInput{{TerritoryCode: "80253"}}}))
	}, "updated", "targeted_territories", nil},
	"Export": {officer, func(f *stage, s *persistence.Session) (any, error) { return of(s.Export(ctx(), f.participant)) }, "exported", "participant", (*stage).aPerson},
	"History": {lead, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.History(ctx(), f.participant, domain.Paging{}))
	}, "read", "history", (*stage).aPerson},
	"Restrict": {officer, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Restrict(ctx(), f.participant, any_, domain.RestrictionInput{Restricted: new(true), Reason: "Contestée."}))
	}, "restricted", "participant", (*stage).aPerson},
	"Erase": {officer, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.Erase(ctx(), f.participant, domain.ErasureInput{Reason: "À sa demande."}))
	}, "erased", "participant", (*stage).aPerson},
	"Erasure": {officer, func(f *stage, s *persistence.Session) (any, error) { return of(s.Erasure(ctx(), f.erased())) }, "read", "erasure", (*stage).erased},
	"NewRightsRequest": {officer, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewRightsRequest(ctx(), f.request()))
	}, "created", "rights_request", (*stage).aPerson},
	"ReplaceRightsRequest": {officer, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceRightsRequest(ctx(), f.requested(), any_, f.request()))
	}, "updated", "rights_request", (*stage).aPerson},
	"RightsRequest": {officer, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RightsRequest(ctx(), f.requested()))
	}, "read", "rights_request", (*stage).aPerson},
	"RightsRequests": {officer, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RightsRequests(ctx(), domain.RightsRequestQuery{}))
	}, "read", "rights_request", (*stage).requested},
	"RetentionDue": {officer, func(f *stage, s *persistence.Session) (any, error) {
		f.forgotten()
		return of(s.RetentionDue(ctx(), domain.Paging{}))
	}, "read", "retention", func(f *stage) string { return f.free }},
	"Retain": {officer, func(f *stage, s *persistence.Session) (any, error) {
		f.forgotten()
		return of(s.Retain(ctx(), domain.RetentionDue{Rule: "participant", RecordID: f.free}))
	}, "erased", "participant", func(f *stage) string { return f.free }},

	"Import": {lead, func(f *stage, s *persistence.Session) (any, error) {
		row := domain.ImportRow{Line: 2, Record: domain.ImportedParticipant{SourceReference: domain.SourceReference{ExternalReference: "E-1"}, ParticipantInput: f.person()}}
		return of(s.Import(ctx(), domain.ImportOrder{Kind: domain.ImportParticipants, Mode: domain.ImportCommit}, func(yield func(domain.ImportRow, error) bool) { yield(row, nil) }))
	}, "imported", "participant", nil},

	"NewClient": {admin, func(f *stage, s *persistence.Session) (any, error) { return of(s.NewClient(ctx(), f.program())) }, "created", "client", nil},
	"ReplaceClient": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.ReplaceClient(ctx(), f.client(), any_, f.program()))
	}, "updated", "client", (*stage).client},
	"RevokeClient": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RevokeClient(ctx(), f.client(), any_))
	}, "revoked", "client", (*stage).client},
	"NewClientSecret": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.NewClientSecret(ctx(), f.client(), any_, domain.SecretInput{}))
	}, "secret_made", "client", (*stage).client},
	"RevokeClientSecret": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RevokeClientSecret(ctx(), f.client(), factID, any_))
	}, "secret_revoked", "client", (*stage).client},
	"AuthenticateClient": {domain.Anonymous, func(f *stage, s *persistence.Session) (any, error) {
		client, _, err := s.AuthenticateClient(ctx(), f.client(), "o2r_wrong", "issued", "")
		return client, err
	}, "refused", "token", (*stage).client},
	"RevokeTokens": {admin, func(f *stage, s *persistence.Session) (any, error) {
		return of(s.RevokeTokens(ctx(), domain.RevocationInput{ClientID: new(f.client())}))
	}, "revoked", "token", (*stage).client},
	"RevokeOwnToken": {domain.Partner, func(f *stage, s *persistence.Session) (any, error) {
		return nil, s.RevokeOwnToken(ctx(), "some-token")
	}, "revoked", "token", nil},
	"KeyRotated": {admin, func(f *stage, s *persistence.Session) (any, error) { return nil, s.KeyRotated(ctx()) }, "rotated", "key", nil},

	// Whoever has a link has no token: see calendar_test.go, which asks the same of it.
	"Feed": {},

	// What says nothing of a person.
	"Organisation": {}, "Organisations": {}, "Programme": {}, "Programmes": {}, "Targets": {}, "Partnerships": {}, "Site": {}, "Sites": {},
	"Permanence": {}, "Permanences": {}, "Occurrence": {}, "Occurrences": {}, "Closures": {},
	"Snapshot": {}, "Snapshots": {}, "PublishedDocument": {},
	"Territory": {}, "Territories": {}, "Contours": {}, "TargetedTerritories": {}, "CheckTargetedTerritories": {}, "CheckContours": {},
	"Webhook": {}, "Webhooks": {}, "RetentionRules": {}, "Client": {}, "Clients": {}, "Accepted": {}, "Seen": {},

	// Of export_test.go: no program has them.
	"Texts": {}, "Try": {}, "Panic": {}, "ToDo": {},
}

func TestEveryMethodOfASessionIsInTheTable(t *testing.T) {
	methods := reflect.TypeFor[*persistence.Session]()
	for i := range methods.NumMethod() {
		if _, listed := calls[methods.Method(i).Name]; !listed {
			t.Errorf("Session.%s has no row: what does it leave in the audit trail?", methods.Method(i).Name)
		}
	}
	for name := range calls {
		if _, exists := methods.MethodByName(name); !exists {
			t.Errorf("the table names Session.%s, which there is not", name)
		}
	}
}

// Every call leaves its row; and where the row cannot be written, nothing is shown and nothing kept.
func TestEveryLookAndEveryWriteIsAuditedOrRefused(t *testing.T) {
	t.Parallel()
	for name, call := range calls {
		if call.do == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newStage(t)
			if slices.Contains(supporting, call.table()) && !strings.HasPrefix(name, "New") && name != "SignCharter" && name != "Extend" {
				f.supported()
			}
			if strings.HasSuffix(name, "Immersion") {
				f.convention()
			}
			switch name { // let nothing but the call itself write below
			case "Reopen", "NewOutcome":
				f.exited()
			case "SayOfFollowUp", "NewFollowUp", "ReplaceFollowUp", "Checkpoints":
				f.left()
			case "Workshop", "CallRoll", "Unregister":
				f.registered()
			case "FranceTravailStatus", "ReplaceFranceTravailStatus":
				f.observed()
			case "Outcome", "ReplaceOutcome":
				f.found()
			case "ReopenBarrier", "ReopenObjective":
				f.settled()
			case "ReplacePermanence", "CancelOccurrence", "MoveOccurrence", "HoldOccurrence":
				f.receiving()
			case "RestoreOccurrence":
				f.snowed()
			case "Unmerge":
				f.merged()
			case "Erasure":
				f.erased()
			case "ReplaceRightsRequest", "RightsRequest", "RightsRequests":
				f.requested()
			case "RetentionDue", "Retain":
				f.forgotten()
			case "PruneAudit":
				f.ancient()
			case "Calendar", "Calendars", "RevokeCalendar":
				f.linked()
			case "CompareSnapshot":
				f.published()
			case "ReopenWorkshop":
				f.closedWorkshop()
			case "ReplaceClient", "RevokeClient", "NewClientSecret", "RevokeClientSecret", "AuthenticateClient", "RevokeTokens":
				f.client()
			case "Events", "EventsOf", "Replay", "ReplaceWebhook", "DisableWebhook", "NewWebhookSecret", "Deliveries", "TestWebhook":
				f.webhook()
			}
			_, err := f.super.Exec(ctx(), `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trail is full'; END $$;
				CREATE TRIGGER zz_broken BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION broken()`)
			f.ok(err)
			before := f.contents()
			shown, err := call.do(f, f.as(call.role))
			if err == nil || !strings.Contains(err.Error(), "the trail is full") {
				t.Errorf("without its audit row it ends with %v", err)
			}
			if shown != nil && !reflect.ValueOf(shown).IsZero() {
				t.Errorf("without its audit row it shows %+v", shown)
			}
			if after := f.contents(); name != "PruneAudit" && !slices.Equal(before, after) {
				t.Errorf("without its audit row it changes\n%v\nto\n%v", before, after)
			}
			_, err = f.super.Exec(ctx(), `DROP TRIGGER zz_broken ON audit_events`)
			f.ok(err)
			var last int64
			f.ok(f.super.QueryRow(ctx(), `SELECT coalesce(max(id), 0) FROM audit_events`).Scan(&last))
			if _, err := call.do(f, f.as(call.role)); err != nil {
				t.Fatal(err)
			}
			record := ""
			if call.record != nil {
				record = call.record(f)
			}
			actor := f.actor(call.role)
			var rows int
			f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM audit_events WHERE id > $1 AND action = $2 AND kind = $3 AND ($4 = '' OR $4 = ANY (record_ids))
				AND subject = $5 AND role = $6 AND organisation_id::text = $7 AND token_id = 'jeton' AND request_id = 'demande'`,
				last, call.action, call.kind, record, actor.Subject, actor.Role, actor.OrganisationID).Scan(&rows))
			if rows != 1 {
				t.Errorf("%d rows say %s %s of %q", rows, call.action, call.kind, record)
			}
			var values int
			f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM audit_events WHERE audit_events::text ~* 'fictif|dominique|zzqx|06 39'`).Scan(&values))
			if values > 0 {
				t.Errorf("%d rows hold a value, or what was looked for", values)
			}
		})
	}
}
