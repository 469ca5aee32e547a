package persistence

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"o2r/domain"
)

// referralRow is a referral with what the person is looked for by.
type referralRow struct {
	domain.Referral
	MatchKeys matchKeys
}

func (referralRow) TableName() string { return "referrals" }

func referralStamp(r *domain.Referral) *domain.Stamp { return &r.Stamp }

// Refer records a referral of the actor's organisation. The same external_reference with the
// same content gives back the referral already there, and created is false; with other content
// it is a conflict. Any number of identical posts at once make one referral.
func (s *Session) Refer(ctx context.Context, in domain.ReferralInput) (view domain.ReferralView, created bool, err error) {
	view, err = fetch(ctx, s, func(t *tx) (domain.ReferralView, error) {
		if err := t.mustHaveOrganisation(); err != nil {
			return domain.ReferralView{}, err
		}
		if err := t.expireReferrals(); err != nil { // what was sent before is answered as it stands
			return domain.ReferralView{}, err
		}
		programme, err := t.programmeNamed(in.Programme)
		if err != nil {
			return domain.ReferralView{}, err
		}
		var referral domain.Referral
		if referral, created, err = t.refer(programme, in); err != nil {
			return domain.ReferralView{}, err
		}
		return t.viewReferral(referral)
	})
	return view, created, err
}

// refer records a referral, or finds the one that was sent before.
func (t *tx) refer(programme domain.Programme, in domain.ReferralInput) (referral domain.Referral, created bool, err error) {
	referral = domain.Referral{Stamp: t.stamp(), OrganisationID: t.actor.OrganisationID, ReferralInput: in, Status: domain.ReferralReceived, ReceivedAt: t.now, Sandbox: t.actor.Sandbox}
	if referral.Barriers == nil {
		referral.Barriers = domain.Barriers{}
	}
	if programme.ReferralExpiryDays != nil {
		expires := t.today.AddDays(*programme.ReferralExpiryDays)
		referral.ExpiresOn = &expires
	}
	if err := t.mayBeKept(in); err != nil {
		return referral, false, err
	}
	if err := t.withTerritory(in.Check(t.today), in.TerritoryCode); err != nil {
		return referral, false, err
	}
	var erased bool
	if !referral.Sandbox { // it speaks of nobody
		if erased, err = t.resemblesErased(in.Identity, in.Contact); err != nil {
			return referral, false, err
		}
	}
	referral.ResemblesErased = &erased
	var sought matchKeys
	if !referral.Sandbox {
		if sought, err = t.soughtBy(in.Identity, in.Contact); err != nil {
			return referral, false, err
		}
	}
	result := t.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "organisation_id"}, {Name: "sandbox"}, {Name: "external_reference"}},
		DoNothing: true,
	}).Create(&referralRow{referral, sought})
	if result.Error != nil {
		return referral, false, result.Error
	}
	if result.RowsAffected == 0 {
		referral, err = t.sentAgain(in)
		return referral, false, err
	}
	return referral, true, t.wrote(trace{action: "received", kind: "referral", ids: []string{referral.ID}, programme: in.Programme, fields: filledFields(in), partner: referral.OrganisationID, sandbox: referral.Sandbox, facts: new(referral.Facts())})
}

// sentAgain finds what a reference that the organisation has used before was used for. It waits for whoever
// is changing that, and not for others who send it again.
func (t *tx) sentAgain(in domain.ReferralInput) (domain.Referral, error) {
	var earlier domain.Referral
	err := t.referrals().Clauses(clause.Locking{Strength: "SHARE", Table: clause.Table{Name: "referrals"}}).
		Where("referrals.organisation_id = ? AND referrals.external_reference = ?", t.actor.OrganisationID, in.ExternalReference).Take(&earlier).Error
	unseen := errors.Is(err, gorm.ErrRecordNotFound) // to a programme that this token does not open, or frozen: neither is told
	if err != nil && !unseen {
		return earlier, err
	}
	if unseen || !earlier.SentAgainAs(in) {
		return earlier, domain.Refused("external_reference_used", "Your organisation already used this external_reference for a referral with other content.")
	}
	return earlier, t.saw("referral", earlier.Programme, earlier.ID)
}

// Referral reads one referral. The look is audited.
func (s *Session) Referral(ctx context.Context, id string) (domain.ReferralView, error) {
	return fetch(ctx, s, func(t *tx) (domain.ReferralView, error) {
		if err := t.expireReferrals(); err != nil {
			return domain.ReferralView{}, err
		}
		referral, err := one[domain.Referral](t.referrals(), "referral", id)
		if err != nil {
			return domain.ReferralView{}, err
		}
		if err := t.saw("referral", referral.Programme, id); err != nil {
			return domain.ReferralView{}, err
		}
		return t.viewReferral(referral)
	})
}

// Referrals lists referrals, the latest received first. The looks are audited.
func (s *Session) Referrals(ctx context.Context, q domain.ReferralQuery) (domain.Page[domain.ReferralView], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ReferralView], error) {
		if err := t.expireReferrals(); err != nil {
			return domain.Page[domain.ReferralView]{}, err
		}
		query := t.referrals()
		query = where(query, "referrals.programme", q.Programme)
		query = where(query, "referrals.status", q.Status)
		query = where(query, "referrals.external_reference", q.ExternalReference)
		if !q.ExpiringBy.IsZero() {
			query = query.Where("referrals.status IN ? AND referrals.expires_on <= ?", domain.OpenReferrals, q.ExpiringBy)
		}
		if !q.UpdatedSince.IsZero() {
			query = query.Where("referrals.updated_at >= ?", q.UpdatedSince)
		}
		found, err := newestFirst[domain.Referral](query, q.Paging)
		if err == nil {
			err = t.saw("referral", q.Programme, keys(found.Items)...)
		}
		if err != nil {
			return domain.Page[domain.ReferralView]{}, err
		}
		profile, err := t.profiles()
		if err != nil {
			return domain.Page[domain.ReferralView]{}, err
		}
		onList, err := targeted(t, found.Items, func(r domain.Referral) (string, *string) { return r.Programme, r.TerritoryCode })
		if err != nil {
			return domain.Page[domain.ReferralView]{}, err
		}
		matches, err := t.probableMatches(found.Items)
		return mapped(found, func(r domain.Referral) domain.ReferralView {
			return r.View(t.actor, profile(r.Programme), onList(r.Programme, r.TerritoryCode), matches[r.ID])
		}), err
	})
}

// Review says that somebody is looking into a referral.
func (s *Session) Review(ctx context.Context, id string, match domain.Match) (domain.ReferralView, error) {
	return s.decide(ctx, id, match, "review", func(t *tx, r *domain.Referral) error { return r.Review(t.now) })
}

// Decline refuses a referral, with a reason.
func (s *Session) Decline(ctx context.Context, id string, match domain.Match, decline domain.Decline) (domain.ReferralView, error) {
	return s.decide(ctx, id, match, "decline", func(t *tx, r *domain.Referral) error { return r.Decline(decline, t.now) })
}

// Withdraw takes a referral of the actor's own organisation back.
func (s *Session) Withdraw(ctx context.Context, id string, match domain.Match) (domain.ReferralView, error) {
	return s.decide(ctx, id, match, "withdraw", func(t *tx, r *domain.Referral) error {
		if r.OrganisationID != t.actor.OrganisationID {
			return domain.Denied("Only the organisation that refers may withdraw: decline it instead.")
		}
		return r.Withdraw(t.now)
	})
}

// Accept takes the person on: it finds or records the participant and opens the enrolment, in
// the transaction that decides the referral. Of two who decide at once, one wins.
func (s *Session) Accept(ctx context.Context, id string, match domain.Match, acceptance domain.Acceptance) (domain.ReferralView, error) {
	return s.decide(ctx, id, match, "accept", func(t *tx, r *domain.Referral) error {
		if !r.Open() {
			return r.Accept("", "", t.now) // refuses, before anything is recorded
		}
		if err := t.mayBeKept(acceptance); err != nil {
			return err
		}
		if r.Sandbox {
			return t.acceptInSandbox(r, acceptance)
		}
		participantID := acceptance.ParticipantID
		if participantID == nil {
			participant, err := t.newParticipant(r.ReferralInput.Participant(), []string{r.Programme})
			if err != nil {
				return err
			}
			participantID = &participant.ID
		}
		entry := r.Enrolment(*participantID, acceptance, t.today)
		if t.withoutJustice {
			entry.JusticeStatus = nil // of a referral from before the module was switched off
		}
		enrolment, err := t.enrol(entry)
		if err != nil {
			return err
		}
		return r.Accept(enrolment.ParticipantID, enrolment.ID, t.now)
	})
}

// acceptInSandbox answers as accepting would, refusals of the entry included, and takes nobody on.
func (t *tx) acceptInSandbox(r *domain.Referral, acceptance domain.Acceptance) error {
	programme, err := t.programmeNamed(r.Programme)
	if err != nil {
		return err
	}
	entry := r.Enrolment("", acceptance, t.today)
	if err := entry.Check(programme, r.BirthDate, t.today); err != nil {
		return err
	}
	return r.AcceptInSandbox(acceptance, t.now)
}

// ledTo are the person and the enrolment that an accepted referral led to.
func ledTo(r domain.Referral) []string {
	if r.ParticipantID == nil || r.EnrolmentID == nil {
		return nil
	}
	return []string{*r.ParticipantID, *r.EnrolmentID}
}

// past is what a decision is called once it is taken.
var past = map[string]string{"review": "reviewed", "accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}

func (s *Session) decide(ctx context.Context, id string, match domain.Match, action string, rule func(*tx, *domain.Referral) error) (domain.ReferralView, error) {
	return fetch(ctx, s, func(t *tx) (domain.ReferralView, error) {
		if err := t.expireReferrals(); err != nil {
			return domain.ReferralView{}, err
		}
		var before domain.Referral
		after, err := change(t, t.referrals(), "referral", id, match, referralStamp, func(r *domain.Referral) error {
			before = *r
			return rule(t, r)
		})
		if err != nil {
			return domain.ReferralView{}, err
		}
		err = t.wrote(trace{action: past[action], kind: "referral", ids: []string{id}, whose: ledTo(after), programme: after.Programme, fields: changedFields(before, after), partner: after.OrganisationID, sandbox: after.Sandbox, facts: new(after.Facts())})
		if err != nil {
			return domain.ReferralView{}, err
		}
		return t.viewReferral(after)
	})
}

func (t *tx) viewReferral(r domain.Referral) (domain.ReferralView, error) {
	profile, err := t.profiles()
	if err != nil {
		return domain.ReferralView{}, err
	}
	onList, err := targeted(t, []domain.Referral{r}, func(r domain.Referral) (string, *string) { return r.Programme, r.TerritoryCode })
	if err != nil {
		return domain.ReferralView{}, err
	}
	matches, err := t.probableMatches([]domain.Referral{r})
	return r.View(t.actor, profile(r.Programme), onList(r.Programme, r.TerritoryCode), matches[r.ID]), err
}
