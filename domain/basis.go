package domain

// Basis is all that the figures of one programme are made of. They name nobody.
type Basis struct {
	Records   []Record         // of every enrolment that was not voided
	Referrals []ReferralRecord // to the programme, but for the sandbox's
	Places    []TargetedPlace  // the programme's targeted list in force, whatever as_of
}

// ReferralRecord is what the figures know of a referral, as it was sent. Of one that was erased the days and what
// became of it are left.
type ReferralRecord struct {
	ReferralID string
	ReceivedOn Date // days in Paris
	Status     ReferralStatus
	DecidedOn  *Date

	BirthDate     *Date
	AgeKept       *int // age when it was received, of whom no birth date is kept
	Gender        *Gender
	JusticeStatus *JusticeStatus
	TerritoryCode *string
	Sector        *string
	ReferrerKind  *string
}

// TargetedPlace is a territory of the programme's targeted list.
type TargetedPlace struct {
	TerritoryCode string
	Sector        *string
}

// known are the facts that any figure may read: of enrolments entered and referrals received by that day that pass
// the filter, without what came later, and the targeted places that it names.
func (b Basis) known(asOf Date, filter Filter) Basis {
	known := Basis{Records: make([]Record, 0, len(b.Records))}
	for i := range b.Records {
		if !b.Records[i].EnteredOn.After(asOf) && filter.Match(&b.Records[i]) {
			known.Records = append(known.Records, b.Records[i].asOf(asOf))
		}
	}
	for i := range b.Referrals {
		if !b.Referrals[i].ReceivedOn.After(asOf) && filter.matches(&b.Referrals[i]) {
			known.Referrals = append(known.Referrals, b.Referrals[i].asOf(asOf))
		}
	}
	for i := range b.Places {
		if filter.matches(&b.Places[i]) {
			known.Places = append(known.Places, b.Places[i])
		}
	}
	return known
}

// asOf is the referral as it stood when that day ended: one that was decided later was open still.
func (r ReferralRecord) asOf(day Date) ReferralRecord {
	if isAfter(r.DecidedOn, day) {
		r.Status, r.DecidedOn = ReferralReceived, nil
	}
	return r
}

// WithoutJustice is the referral without what the justice module tells.
func (r ReferralRecord) WithoutJustice() ReferralRecord {
	r.JusticeStatus = nil
	if r.ReferrerKind != nil && tellsByReferrer(*r.ReferrerKind) {
		r.ReferrerKind = nil
	}
	return r
}

// described is what figures are filtered and broken down by. What a dimension does not apply to
// is neither known nor unknown in it, and passes every filter on it.
type described interface {
	in(Dimension) (code string, known, applies bool)
}

func (r *Record) in(d Dimension) (code string, known, applies bool) {
	code, known = d.Of(r)
	return code, known, true
}

// A referral says what it was sent with, the age that of the day it was received. It has no education level and no
// caseworker: those are facts of a path, and of the declined nobody would ever know them.
func (r *ReferralRecord) in(d Dimension) (code string, known, applies bool) {
	switch d {
	case ByTerritory:
		code, known = deref(r.TerritoryCode)
	case BySector:
		code, known = deref(r.Sector)
	case ByGender:
		code, known = deref(r.Gender)
	case ByAgeBand:
		switch {
		case r.BirthDate != nil:
			code, known = ageBand(r.BirthDate.AgeOn(r.ReceivedOn))
		case r.AgeKept != nil:
			code, known = ageBand(*r.AgeKept)
		}
	case ByJusticeStatus:
		code, known = deref(r.JusticeStatus)
	case ByReferrerKind:
		code, known = deref(r.ReferrerKind)
	}
	return code, known, true
}

// A territory is where it is; who lives there is what is counted in it.
func (p *TargetedPlace) in(d Dimension) (code string, known, applies bool) {
	switch d {
	case ByTerritory:
		return p.TerritoryCode, true, true
	case BySector:
		code, known = deref(p.Sector)
		return code, known, true
	}
	return "", false, false
}
