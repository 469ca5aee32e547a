package domain

// The keys of the ten indicators.
const (
	IndicatorBeneficiaries             = "beneficiaries"
	IndicatorJusticeSupervised         = "justice_supervised_share"
	IndicatorYouthWithoutResources     = "youth_without_resources_share"
	IndicatorLongTermUnemployed        = "long_term_unemployed_share"
	IndicatorEmploymentAt6Months       = "employment_at_6_months_rate"
	IndicatorCertifyingTrainingExit    = "certifying_training_exit_rate"
	IndicatorFranceTravailRegistration = "france_travail_registration_rate"
	IndicatorAverageSupportDuration    = "average_support_duration"
	IndicatorIndividualAttendance      = "individual_attendance_rate"
	IndicatorWorkshopAttendance        = "workshop_attendance_rate"
)

const (
	sourceReport     = "L'Îlot, Pôle programmes d'accompagnement socioprofessionnel en Hauts-de-France, rapport d'activité 2025"
	youthEndsAt      = 26 // years
	longTermMonths   = 12
	checkpointMonths = 6
)

// Indicators are the ten that the convention owes its funders, in the order of the published table, each version of one
// after the version before.
var Indicators = []Definition{
	{
		Key: IndicatorBeneficiaries, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Nombre de bénéficiaires", LabelEN: "Beneficiaries",
		PublishedLabel: "Nombre de bénéficiaires sur 3 ans",
		Unit:           UnitCount, Direction: AtLeast,
		FormulaFR: "Personnes distinctes entrées dans la période. Une personne entrée plusieurs fois compte une fois.",
		FormulaEN: "Distinct people who entered in the period. Somebody who entered several times counts once.",
		Groups:    []string{}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: distinctPeople, facts: personFacts,
	},
	{
		Key: IndicatorJusticeSupervised, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Personnes sous main de justice ou anciens détenus", LabelEN: "People under justice supervision or released from custody",
		PublishedLabel: "Personnes sous main de justice ou anciens détenus",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Entrées dont la situation au regard de la justice est toute autre que « aucune », rapportées aux entrées dont cette situation est connue.",
		FormulaEN: "Entries with any justice status but aucune, over the entries whose status is known.",
		Groups:    []string{GroupJustice}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(justiceSupervised), facts: justiceFacts,
	},
	{
		Key: IndicatorYouthWithoutResources, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Jeunes de moins de 26 ans sans ressource / en rupture", LabelEN: "People under 26 without resources or disengaged",
		PublishedLabel: "Jeunes de moins de 26 ans sans ressource / en rupture",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Entrées à moins de 26 ans révolus, sans ressource ou en rupture, rapportées aux entrées pour lesquelles on peut en décider : à 26 ans ou plus, c'est non ; avant, oui si l'un des deux est vrai, non si les deux sont faux, sinon inconnu, comme sans date de naissance.",
		FormulaEN: "Entries under the age of 26, without resources or disengaged, over the entries for which that is decided: no from 26; younger, yes when either is true, no when both are false, otherwise unknown, as without a birth date.",
		Groups:    []string{}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(youthWithoutResources), facts: youthFacts,
	},
	{
		Key: IndicatorLongTermUnemployed, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Demandeurs d'emploi de longue durée (DELD)", LabelEN: "Long-term unemployed",
		PublishedLabel: "Demandeurs d'emploi de longue durée (DELD)",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Demandeurs d'emploi depuis 12 mois ou plus le jour de l'entrée, rapportés aux entrées non demandeuses d'emploi ou dont l'ancienneté est connue.",
		FormulaEN: "Job seekers for 12 months or more on the day of entry, over the entries that are not job seekers or whose first day as one is known.",
		Groups:    []string{}, Source: sourceReport + " ; DELD : 12 mois ou plus, définition de la Dares", Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(longTermUnemployed), facts: jobSeekerFacts,
	},
	{
		Key: IndicatorEmploymentAt6Months, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Taux de présence en emploi à 6 mois", LabelEN: "In employment at six months",
		PublishedLabel: "Taux de présence en emploi à 6 mois",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Sorties en emploi confirmées ou provisoires, rapportées à toutes les entrées. Confirmée : un constat à 6 mois dit « en emploi ». Provisoire : pas encore de constat, moins de 6 mois depuis la sortie, et aucun emploi saisi ou un emploi en cours. Non confirmée : 6 mois passés sans constat.",
		FormulaEN: "Exits to work that are confirmed or provisional, over all entries. Confirmed: a six-month checkpoint found the person in employment. Provisional: no checkpoint result yet, less than six months since the exit, and no job recorded or one that goes on. Unconfirmed: six months have passed without a result.",
		Groups:    []string{GroupEmploi}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(employedAt6Months), facts: employmentFacts, states: employmentAt6Months,
	},
	{
		Key: IndicatorCertifyingTrainingExit, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Taux de sortie en formation certifiante et/ou qualifiante", LabelEN: "Exits to certifying or qualifying training",
		PublishedLabel: "Taux de sortie en formation certifiante et/ou qualifiante",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Sorties en formation certifiante ou qualifiante, rapportées à toutes les entrées. La formation préqualifiante n'en est pas.",
		FormulaEN: "Exits to certifying or qualifying training, over all entries. Pre-qualifying training is not among them.",
		Groups:    []string{GroupFormationCertifianteOuQualifiante}, Source: sourceReport + " ; Code du travail, art. L. 6313-7 et D. 5316-10", Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(leftForCertifyingTraining), facts: exitFacts,
	},
	{
		Key: IndicatorFranceTravailRegistration, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Taux de personnes inscrites (et actualisées) à France Travail", LabelEN: "Registered (and up to date) with France Travail",
		PublishedLabel: "Taux de personnes inscrites (et actualisées) à France Travail (après le début de l'accompagnement)",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Entrées dont le dernier constat depuis l'entrée dit la personne inscrite, rapportées aux entrées ayant un tel constat.",
		FormulaEN: "Entries whose latest observation since entry finds the person registered, over the entries with such an observation.",
		Groups:    []string{}, Source: sourceReport + " ; Code du travail, art. L. 5411-2", Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: enrolments(registeredWithFranceTravail), facts: franceTravailFacts,
	},
	{
		// Its numerator is days, not people, and nobody is missing from the denominator.
		Key: IndicatorAverageSupportDuration, Set: SetConvention, Counts: ItemEnrolments, LabelFR: "Durée moyenne de l'accompagnement", LabelEN: "Average duration of support",
		PublishedLabel: "Durée moyenne de l'accompagnement",
		Unit:           UnitMonths, Direction: Informative, // nine months is the law's ceiling: six is no shortfall
		FormulaFR: "Total des jours entre l'entrée et la sortie, ou la date de référence pour les parcours en cours (numérateur), divisé par le nombre d'entrées (dénominateur), en mois de 30,4375 jours.",
		FormulaEN: "Total days from entry to the exit, or to as_of for those still supported (numerator), divided by the number of entries (denominator), in months of 30.4375 days.",
		Groups:    []string{}, Source: sourceReport + " ; Code du travail, art. D. 5316-13", Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: durations, facts: durationFacts,
	},
	{
		Key: IndicatorIndividualAttendance, Set: SetConvention, Counts: ItemMeetings, LabelFR: "Taux de présence aux rendez-vous individuels", LabelEN: "Attendance at individual appointments",
		PublishedLabel: "Taux de présence aux rendez-vous individuels",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Rendez-vous honorés, rapportés aux rendez-vous honorés, manqués ou annulés par la personne. Un rendez-vous annulé par le service ne compte pas ; un rendez-vous passé sans présence saisie est inconnu.",
		FormulaEN: "Appointments attended, over those attended, missed or called off by the person. One cancelled by the service counts nowhere; a past one without recorded attendance is unknown.",
		Groups:    []string{}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: appointments(cameToAppointment), facts: appointmentFacts,
	},
	{
		Key: IndicatorWorkshopAttendance, Set: SetConvention, Counts: ItemMeetings, LabelFR: "Taux de présence aux ateliers collectifs", LabelEN: "Attendance at workshops",
		PublishedLabel: "Taux de présence aux ateliers collectifs",
		Unit:           UnitPercent, Direction: AtLeast,
		FormulaFR: "Présences aux ateliers dont l'appel est clos, rapportées aux présences, absences et excuses. Les inscriptions à un atelier passé dont l'appel n'est pas clos sont inconnues ; un atelier annulé ne compte pas.",
		FormulaEN: "Attended entries in the roll calls of closed workshops, over those attended, missed or excused. Registrations for a past workshop whose roll call is not closed are unknown; a cancelled workshop counts nowhere.",
		Groups:    []string{}, Source: sourceReport, Version: 1, ValidFrom: MustDate("2024-11-01"),
		items: registrations(cameToWorkshop), facts: workshopFacts,
	},
}

func justiceSupervised(r *Record, _ Date) Bucket {
	if r.JusticeStatus == nil {
		return BucketUnknown
	}
	return yesOrNo(GroupOf(*r.JusticeStatus) == GroupJustice)
}

func youthWithoutResources(r *Record, _ Date) Bucket {
	age, known := r.AgeAtEntry()
	switch {
	case !known:
		return BucketUnknown
	case age >= youthEndsAt:
		return BucketDenominatorOnly
	case isTrue(r.WithoutResources) || isTrue(r.Disengaged):
		return BucketNumerator
	case r.WithoutResources == nil || r.Disengaged == nil:
		return BucketUnknown
	}
	return BucketDenominatorOnly
}

func longTermUnemployed(r *Record, _ Date) Bucket {
	switch {
	case r.JobSeeker == nil:
		return BucketUnknown
	case !*r.JobSeeker:
		return BucketDenominatorOnly
	case r.JobSeekerSince == nil:
		return BucketUnknown
	}
	return yesOrNo(!r.JobSeekerSince.AddMonths(longTermMonths).After(r.EnteredOn))
}

func employedAt6Months(r *Record, asOf Date) Bucket {
	state := employmentAt6Months(r, asOf)
	return yesOrNo(state == EmploymentConfirmed || state == EmploymentProvisional)
}

func leftForCertifyingTraining(r *Record, _ Date) Bucket {
	return yesOrNo(r.exitGroup() == GroupFormationCertifianteOuQualifiante)
}

func registeredWithFranceTravail(r *Record, _ Date) Bucket {
	last := r.lastFranceTravail()
	if last == nil {
		return BucketUnknown
	}
	return yesOrNo(last.Registered)
}

// cameToAppointment reads appointments up to as_of only. The state of a day is that at its end,
// so one of as_of itself is past, and unknown until somebody says whether the person came.
func cameToAppointment(m *MeetingFact) Bucket { return came(m.Status) }

// cameToWorkshop believes the roll call only once it is closed.
func cameToWorkshop(w *WorkshopFact) Bucket {
	switch {
	case w.Cancelled:
		return BucketExcluded
	case !w.Closed && w.Status != AttendanceCancelled:
		return BucketUnknown
	}
	return came(w.Status)
}

func came(status Attendance) Bucket {
	switch status {
	case AttendanceAttended:
		return BucketNumerator
	case AttendanceNoShow, AttendanceExcused:
		return BucketDenominatorOnly
	case AttendanceCancelled:
		return BucketExcluded
	}
	return BucketUnknown // still scheduled, though the day is past
}

func yesOrNo(yes bool) Bucket {
	if yes {
		return BucketNumerator
	}
	return BucketDenominatorOnly
}

func isTrue(fact *bool) bool { return fact != nil && *fact }
