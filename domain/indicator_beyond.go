package domain

import (
	"iter"
	"slices"
)

// The keys of the indicators kept beside the ten of the convention.
const (
	IndicatorEmploymentMatured  = "employment_at_6_months_matured_rate"
	IndicatorPositiveExit       = "positive_exit_rate"
	IndicatorMeetingsHeld       = "meetings_held"
	IndicatorActiveEnrolments   = "active_enrolments"
	IndicatorReferralAcceptance = "referral_acceptance_rate"
	IndicatorDaysToFirstMeeting = "days_from_referral_to_first_meeting"
	IndicatorBarriersLifted     = "barriers_lifted_share"
	IndicatorTerritoryCoverage  = "territory_coverage"
)

const sourceProgramme = "Programme O2R, indicateurs de suivi interne"

// indicatorsBeyond are what the programme keeps beside the convention, each version of one after the version before.
var indicatorsBeyond = []Definition{
	{
		Key: IndicatorEmploymentMatured, Set: SetBeyond, Counts: ItemEnrolments, LabelFR: "En emploi à 6 mois, parmi les sorties en emploi de plus de 6 mois", LabelEN: "In employment at six months, among exits to work of six months ago or more",
		PublishedLabel: "En emploi à 6 mois, parmi les sorties en emploi de plus de 6 mois",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Entrées de la période, sorties en emploi depuis 6 mois ou plus : celles qu'un constat depuis la sortie a trouvées en emploi, rapportées à celles dont un constat dit la situation (en emploi, en formation, ni l'un ni l'autre). Sans constat, injoignable ou refus : inconnu. Un constat « en emploi » l'emporte. Les autres entrées ne comptent pas.",
		FormulaEN: "Of the entries of the period that left for work six months ago or more: those that a result since the exit found in employment, over those whose result says how they stand (in employment, in training, neither). No result, unreachable or refused: unknown. One result in employment prevails. Other entries count nowhere.",
		Groups:    []string{GroupEmploi}, Source: sourceProgramme, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(employedOnceMatured), facts: employmentFacts,
	},
	{
		Key: IndicatorPositiveExit, Set: SetBeyond, Counts: ItemEnrolments, LabelFR: "Taux de sorties positives", LabelEN: "Positive exits",
		PublishedLabel: "Taux de sorties positives",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Sorties en emploi, en formation, en SIAE ou vers le réseau pour l'emploi, rapportées à toutes les sorties intervenues à la date de référence parmi les entrées de la période. Les parcours en cours ne comptent pas.",
		FormulaEN: "Exits to work, training, a SIAE or the réseau pour l'emploi, over all exits by as_of among the entries of the period. Paths that go on count nowhere.",
		Groups:    []string{GroupEmploi, GroupFormationCertifianteOuQualifiante, GroupFormationAutre, GroupSIAE, GroupDroitCommun}, Source: sourceProgramme + " ; Code du travail, art. D. 5316-10, 6°", Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(leftForBetter), facts: exitFacts,
	},
	{
		Key: IndicatorMeetingsHeld, Set: SetBeyond, Counts: ItemMeetings, LabelFR: "Nombre de rendez-vous individuels honorés", LabelEN: "Individual appointments held",
		PublishedLabel: "Nombre de rendez-vous individuels honorés",
		Unit:           UnitCount, Direction: AtLeast,
		FormulaFR: "Rendez-vous individuels de la période où la personne est venue, quelle que soit la date de son entrée. Un rendez-vous passé sans présence saisie est inconnu.",
		FormulaEN: "Individual appointments of the period to which the person came, whenever she entered. A past one without recorded attendance is unknown.",
		Groups:    []string{}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: appointments(heldAppointment), facts: appointmentFacts, unknowns: true,
	},
	{
		Key: IndicatorActiveEnrolments, Set: SetBeyond, Counts: ItemEnrolments, LabelFR: "Parcours en cours", LabelEN: "Enrolments under way",
		PublishedLabel: "Parcours en cours",
		Unit:           UnitCount, Direction: Informative,
		FormulaFR: "Entrées au plus tard à la fin de la période, sans sortie à la date de référence, quel que soit le début de la période.",
		FormulaEN: "Entries up to the end of the period without an exit by as_of, whenever the period begins.",
		Groups:    []string{}, Source: sourceProgramme, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: underWay, facts: durationFacts,
	},
	{
		Key: IndicatorReferralAcceptance, Set: SetBeyond, Counts: ItemReferrals, LabelFR: "Taux d'acceptation des orientations", LabelEN: "Referrals accepted",
		PublishedLabel: "Taux d'acceptation des orientations",
		Unit:           UnitPercent, Direction: Informative,
		FormulaFR: "Orientations reçues dans la période et acceptées à la date de référence, rapportées à celles acceptées ou refusées. Celles qui attendent une réponse sont inconnues ; retirées ou expirées, elles ne comptent pas. Les filtres portent sur ce que dit l'orientation, l'âge étant celui du jour de réception : une orientation n'a ni diplôme ni chargé de mission.",
		FormulaEN: "Referrals received in the period and accepted by as_of, over those accepted or declined. Those still to be decided are unknown; withdrawn or expired, they count nowhere. Filters are about what the referral says, the age being that of the day it was received: a referral has no education level and no caseworker.",
		Groups:    []string{}, Source: sourceProgramme, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: referrals(accepted), facts: referralFacts,
	},
	{
		Key: IndicatorDaysToFirstMeeting, Set: SetBeyond, Counts: ItemEnrolments, LabelFR: "Délai entre l'orientation et le premier rendez-vous honoré (médiane)", LabelEN: "Days from the referral to the first appointment held (median)",
		PublishedLabel: "Délai entre l'orientation et le premier rendez-vous honoré (médiane)",
		Unit:           UnitDays, Direction: Informative,
		FormulaFR: "Médiane, parmi les entrées de la période venues d'une orientation, des jours entre sa réception et le premier rendez-vous individuel honoré du parcours (0 s'il la précède). Sans rendez-vous honoré à la date de référence : inconnu. Les entrées sans orientation ne comptent pas.",
		FormulaEN: "Median, among the entries of the period that came by a referral, of the days from its receipt to the path's first individual appointment held (0 if that came before). Without one by as_of: unknown. Entries without a referral count nowhere.",
		Groups:    []string{}, Source: sourceProgramme, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: waits, facts: waitFacts,
	},
	{
		Key: IndicatorBarriersLifted, Set: SetBeyond, Counts: ItemBarriers, LabelFR: "Part des freins levés", LabelEN: "Barriers lifted",
		PublishedLabel: "Part des freins levés",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Freins repérés dans la période et levés à la date de référence, rapportés à tous les freins repérés dans la période, quelle que soit la date d'entrée. Un frein écarté a été repéré et n'est pas levé.",
		FormulaEN: "Barriers found in the period and lifted by as_of, over all barriers found in the period, whenever the person entered. One that was set aside was found and is not lifted.",
		Groups:    []string{}, Source: sourceProgramme, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: barriersFound, facts: barrierFacts,
	},
	{
		Key: IndicatorTerritoryCoverage, Set: SetBeyond, Counts: ItemTerritories, LabelFR: "Couverture des territoires ciblés", LabelEN: "Targeted territories reached",
		PublishedLabel: "Couverture des territoires ciblés",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Territoires de la liste ciblée en vigueur d'où vient au moins une entrée de la période, rapportés à tous ceux de la liste. Un filtre de territoire ou de secteur restreint la liste ; les autres, les entrées.",
		FormulaEN: "Territories of the targeted list in force from which at least one entry of the period came, over all on the list. A filter on territory or sector narrows the list; others narrow the entries.",
		Groups:    []string{}, Source: sourceProgramme, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: placesReached, facts: placeFacts,
	},
}

// employedOnceMatured reads results since the exit, as employmentAt6Months does.
func employedOnceMatured(r *Record, asOf Date) Bucket {
	if r.exitGroup() != GroupEmploi || asOf.Before(r.ExitedOn.AddMonths(checkpointMonths)) {
		return BucketExcluded
	}
	bucket := BucketUnknown
	for _, o := range r.Outcomes {
		switch {
		case o.ObservedOn.Before(*r.ExitedOn):
		case o.Result == OutcomeInEmployment:
			return BucketNumerator
		case o.Result == OutcomeInTraining || o.Result == OutcomeNeither:
			bucket = BucketDenominatorOnly
		}
	}
	return bucket
}

func leftForBetter(r *Record, _ Date) Bucket {
	if r.ExitedOn == nil || r.ExitKind == nil {
		return BucketExcluded
	}
	return yesOrNo(r.ExitKind.Positive())
}

func heldAppointment(m *MeetingFact) Bucket {
	if bucket := came(m.Status); bucket != BucketDenominatorOnly {
		return bucket
	}
	return BucketExcluded
}

// underWay counts the enrolments that entered by the end of the period and go on on as_of.
func underWay(known Basis, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := range known.Records {
			r := &known.Records[i]
			if r.EnteredOn.After(EarlierOf(p.To, p.AsOf)) {
				continue
			}
			bucket := BucketNumerator
			if r.ExitedOn != nil {
				bucket = BucketExcluded
			}
			if !yield(itemOf(bucket, Item{record: r})) {
				return
			}
		}
	}
}

// referrals counts the referrals received in the period.
func referrals(rule func(r *ReferralRecord) Bucket) counting {
	return func(known Basis, p Period) iter.Seq[Item] {
		return func(yield func(Item) bool) {
			for i := range known.Referrals {
				r := &known.Referrals[i]
				if p.holds(r.ReceivedOn) && !yield(itemOf(rule(r), Item{referral: r})) {
					return
				}
			}
		}
	}
}

func accepted(r *ReferralRecord) Bucket {
	switch r.Status {
	case ReferralAccepted:
		return BucketNumerator
	case ReferralDeclined:
		return BucketDenominatorOnly
	case ReferralWithdrawn, ReferralExpired:
		return BucketExcluded
	}
	return BucketUnknown
}

// waits counts the enrolments of the population, each with the days that the person waited after the referral.
func waits(known Basis, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for r := range population(known.Records, p) {
			item := Item{record: r, bucket: BucketExcluded}
			if r.ReferredOn != nil {
				item.bucket = BucketUnknown
				if first := r.firstMeetingHeld(); first != nil {
					item.bucket, item.amount = BucketNumerator, max(0, first.DaysSince(*r.ReferredOn))
				}
			}
			if !yield(item) {
				return
			}
		}
	}
}

// firstMeetingHeld is the day of the first appointment that the person came to.
func (r *Record) firstMeetingHeld() *Date {
	var first *Date
	for i := range r.Meetings {
		if m := &r.Meetings[i]; m.Status == AttendanceAttended && (first == nil || m.Day.Before(*first)) {
			first = &m.Day
		}
	}
	return first
}

// barriersFound counts the barriers assessed in the period, whenever their enrolment began.
func barriersFound(known Basis, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := range known.Records {
			for b := range known.Records[i].Barriers {
				barrier := &known.Records[i].Barriers[b]
				if p.holds(barrier.AssessedOn) && !yield(itemOf(yesOrNo(barrier.LiftedOn != nil), Item{record: &known.Records[i], barrier: barrier})) {
					return
				}
			}
		}
	}
}

// placesReached counts the targeted territories.
func placesReached(known Basis, p Period) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		people := map[string]map[string]bool{}
		for r := range population(known.Records, p) {
			if r.TerritoryCode == nil {
				continue
			}
			if people[*r.TerritoryCode] == nil {
				people[*r.TerritoryCode] = map[string]bool{}
			}
			people[*r.TerritoryCode][r.ParticipantID] = true
		}
		for i := range known.Places {
			from := len(people[known.Places[i].TerritoryCode])
			if !yield(itemOf(yesOrNo(from > 0), Item{place: &known.Places[i], people: from})) {
				return
			}
		}
	}
}

func referralFacts(item Item, _ Date) []Fact {
	r := item.referral
	if slices.Contains(OpenReferrals, r.Status) { // whether somebody looked into it already on a day is not kept
		return []Fact{dayFact("received_on", &r.ReceivedOn), textFact("status", new("open")), dayFact("decided_on", nil)}
	}
	return []Fact{dayFact("received_on", &r.ReceivedOn), textFact("status", &r.Status), dayFact("decided_on", r.DecidedOn)}
}

func waitFacts(item Item, _ Date) []Fact {
	return []Fact{dayFact("received_on", item.record.ReferredOn), dayFact("first_meeting_on", item.record.firstMeetingHeld())}
}

func barrierFacts(item Item, _ Date) []Fact {
	b := item.barrier
	return []Fact{textFact("barrier", &b.Barrier), dayFact("assessed_on", &b.AssessedOn), dayFact("lifted_on", b.LiftedOn), dayFact("set_aside_on", b.SetAsideOn)}
}

func placeFacts(item Item, _ Date) []Fact {
	return []Fact{textFact("sector", item.place.Sector), numberFact("people", item.people)}
}
