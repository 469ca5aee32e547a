package demo

import "o2r/domain"

// ending is how a path ended, the work that followed, and what the six-month checkpoint found.
type ending struct {
	name   string
	on     string
	kind   domain.ExitKind
	jobs   []domain.JobInput
	result *domain.OutcomeInput
}

// At the end of 2025, 5 of 26 had left for work by intérim or CDD, and count as at work six months
// on: Bravo, whose six months are over, because a payslip of 29 December confirms it; Écho, Golf,
// Lima and Québec provisionally, because a contract still runs that day. Juliette alone left for
// training that certifies. Alpha, India and Novembre left otherwise.
var endings = []ending{
	{"Bravo", "2025-06-24", domain.ExitInterim,
		[]domain.JobInput{job(domain.ContractInterim, "2025-06-25", "2025-10-31"), job(domain.ContractInterim, "2025-11-03", "")},
		found("2025-12-29", domain.OutcomeInEmployment, domain.EvidenceBulletinDeSalaire)},
	{"Écho", "2025-09-25", domain.ExitCDD6MoisOuPlus,
		[]domain.JobInput{job(domain.ContractCDD6MoisOuPlus, "2025-09-29", "2026-04-30")},
		found("2026-03-26", domain.OutcomeInEmployment, domain.EvidenceContrat)},
	{"Golf", "2025-10-14", domain.ExitInterim,
		[]domain.JobInput{job(domain.ContractInterim, "2025-10-15", "2025-11-14"), job(domain.ContractInterim, "2025-11-17", "2026-02-27")},
		found("2026-04-16", domain.OutcomeNeither, domain.EvidenceDeclaration)},
	{"Lima", "2025-11-04", domain.ExitCDDMoins6Mois,
		[]domain.JobInput{job(domain.ContractCDDMoins6Mois, "2025-11-05", "2026-03-31")},
		found("2026-05-05", domain.OutcomeUnreachable, "")},
	{"Québec", "2025-12-11", domain.ExitInterim,
		[]domain.JobInput{job(domain.ContractInterim, "2025-12-12", "")},
		found("2026-06-16", domain.OutcomeInEmployment, domain.EvidenceAttestationEmployeur)},
	{"Juliette", "2025-10-21", domain.ExitFormationCertifiante, nil, found("2026-04-21", domain.OutcomeInTraining, domain.EvidenceDeclaration)},
	{"India", "2025-10-28", domain.ExitSansNouvelles, nil, nil},
	{"Novembre", "2025-11-20", domain.ExitAbandon, nil, nil},
	{"Alpha", "2025-12-30", domain.ExitRelaisReseauEmploi, nil, nil}, // nine months, the law's ceiling

	// What follows happened after the published figures.
	{"Charlie", "2026-01-02", domain.ExitSIAE, nil, nil},
	{"Delta", "2026-01-06", domain.ExitCDDMoins6Mois,
		[]domain.JobInput{job(domain.ContractCDDMoins6Mois, "2026-01-07", "2026-06-30")},
		found("2026-07-07", domain.OutcomeNeither, domain.EvidenceDeclaration)},
	{"Fox-Trot", "2026-01-13", domain.ExitDureeMaximale, nil, nil},
	{"Hôtel", "2026-01-22", domain.ExitInterim,
		[]domain.JobInput{job(domain.ContractInterim, "2026-01-23", "")},
		found("2026-07-23", domain.OutcomeInEmployment, domain.EvidenceBulletinDeSalaire)},
	{"Roméo", "2026-02-03", domain.ExitDemenagement, nil, nil},
	{"Kilo", "2026-02-12", domain.ExitIncarceration, nil, nil},
	{"Mike", "2026-02-24", domain.ExitCDD6MoisOuPlus,
		[]domain.JobInput{job(domain.ContractCDD6MoisOuPlus, "2026-02-25", "2026-10-31")},
		found("2026-08-25", domain.OutcomeInEmployment, domain.EvidenceContrat)},
	{"Oscar", "2026-03-10", domain.ExitFormationQualifiante, nil, found("2026-09-10", domain.OutcomeInEmployment, domain.EvidenceDeclaration)},
	{"Papa", "2026-03-10", domain.ExitRelaisReseauEmploi, nil, nil},
	{"Sierra", "2026-03-17", domain.ExitCDI,
		[]domain.JobInput{job(domain.ContractCDI, "2026-03-18", "")},
		found("2026-09-17", domain.OutcomeInEmployment, domain.EvidenceContrat)},
	{"Tango", "2026-03-19", domain.ExitAlternance,
		[]domain.JobInput{job(domain.ContractAlternance, "2026-03-23", "2027-03-22")},
		found("2026-09-22", domain.OutcomeInEmployment, "")}, // the contract is still to be asked for
	{"Uniforme", "2026-03-31", domain.ExitInterim,
		[]domain.JobInput{job(domain.ContractInterim, "2026-04-01", "2026-07-31")}, nil}, // sought in vain: see calls
	{"Victor", "2026-04-28", domain.ExitCDDMoins6Mois,
		[]domain.JobInput{job(domain.ContractCDDMoins6Mois, "2026-04-29", "2026-09-30")},
		found("2026-10-29", domain.OutcomeRefused, "")},
	{"Whisky", "2026-05-21", domain.ExitFormationQualifiante, nil, nil},
	{"X-Ray", "2026-08-25", domain.ExitCDD6MoisOuPlus, []domain.JobInput{job(domain.ContractCDD6MoisOuPlus, "2026-08-26", "2027-02-28")}, nil},

	{"Bêta", "2026-02-04", domain.ExitFormationQualifiante, nil, nil},
	{"Gamma", "2026-05-06", domain.ExitSante, nil, nil},
	{"Epsilon", "2026-07-08", domain.ExitCDI, []domain.JobInput{job(domain.ContractCDI, "2026-07-09", "")}, nil},
}

// call is a contact after an exit, or one that was tried.
type call struct {
	name, on  string
	channel   domain.ContactChannel
	situation domain.OutcomeResult
	note      string
}

// Calls on those who agreed to them. On 25 November 2026 the checkpoint of Whisky is due, that of Uniforme overdue after three
// attempts, that of X-Ray to come; Bêta has taken her agreement back, and hers is waived.
var calls = []call{
	{"Bravo", "2025-09-16", domain.ChannelPhone, domain.OutcomeInEmployment, "Mission jusqu'à fin octobre, une autre est annoncée."},
	{"Écho", "2025-12-16", domain.ChannelPhone, domain.OutcomeInEmployment, ""},
	{"Golf", "2026-03-10", domain.ChannelPhone, domain.OutcomeNeither, "Mission terminée, inscrit en agence."},
	{"Lima", "2026-04-14", domain.ChannelPhone, domain.OutcomeUnreachable, ""},
	{"Lima", "2026-04-28", domain.ChannelSMS, domain.OutcomeUnreachable, ""},
	{"Juliette", "2026-01-13", domain.ChannelEmail, domain.OutcomeInTraining, "Rythme tenu, examen en juin."},
	{"Mike", "2026-05-19", domain.ChannelInPerson, domain.OutcomeInEmployment, ""},
	{"Sierra", "2026-06-16", domain.ChannelPhone, domain.OutcomeInEmployment, "Période d'essai validée."},
	{"Uniforme", "2026-06-09", domain.ChannelPhone, domain.OutcomeInEmployment, ""},
	{"Uniforme", "2026-09-08", domain.ChannelPhone, domain.OutcomeUnreachable, ""},
	{"Uniforme", "2026-09-22", domain.ChannelSMS, domain.OutcomeUnreachable, ""},
	{"Uniforme", "2026-09-29", domain.ChannelLetter, domain.OutcomeUnreachable, "Courrier à la dernière adresse connue."},
	{"Whisky", "2026-09-15", domain.ChannelPhone, domain.OutcomeInTraining, ""},
	{"X-Ray", "2026-10-13", domain.ChannelPhone, domain.OutcomeInEmployment, ""},
	{"Epsilon", "2026-09-16", domain.ChannelPhone, domain.OutcomeInEmployment, ""},
	{"Bêta", "2026-03-18", domain.ChannelPhone, domain.OutcomeRefused, "Ne souhaite plus être appelée."},
}

// withdrawals are when somebody took her agreement to such calls back.
var withdrawals = map[string]string{"Bêta": "2026-03-18"}

// prolonged are those whose support goes on beyond nine months, since when that is decided, until when and why. Zoulou's
// goes on too, and nobody has said why yet.
var prolonged = map[string]struct{ on, until, why string }{
	"Yankee": {"2026-08-27", "2026-12-04", "Entrée en formation confirmée pour décembre, logement à stabiliser d'ici là."},
}

func job(contract domain.Contract, from, to string) domain.JobInput {
	in := domain.JobInput{Contract: contract, StartsOn: day(from), Employer: new("Entreprise de l'Exemple")}
	if to != "" {
		in.EndsOn = new(day(to))
	}
	return in
}

func found(on string, result domain.OutcomeResult, evidence domain.Evidence) *domain.OutcomeInput {
	in := &domain.OutcomeInput{Checkpoint: "6_months", ObservedOn: day(on), Result: result}
	if evidence != "" {
		in.Evidence = &evidence
	}
	return in
}
