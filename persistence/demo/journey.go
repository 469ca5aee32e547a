package demo

import (
	"context"
	"slices"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

// needs are what the first diagnostics find, in turn: barriers, the heaviest first, and strengths. Invented, as all else.
var needs = []struct {
	barriers  []domain.Barrier
	strengths domain.Strengths
	detail    string // of the first strength
}{
	{[]domain.Barrier{domain.BarrierMobilite, domain.BarrierQualification, domain.BarrierProblematiqueJudiciaire}, domain.Strengths{domain.StrengthExperienceNonDeclaree, domain.StrengthAdaptation}, "Maçonnerie, non déclarée, deux étés."},
	{[]domain.Barrier{domain.BarrierLogement, domain.BarrierAccesAuxDroits, domain.BarrierIsolement}, domain.Strengths{domain.StrengthExperienceProfessionnelle, domain.StrengthEntourage}, "Préparateur de commandes en intérim."},
	{[]domain.Barrier{domain.BarrierMobilite, domain.BarrierNumerique, domain.BarrierAdministratif}, domain.Strengths{domain.StrengthExperienceDetention, domain.StrengthTravailEnEquipe}, "Cuisine en détention, huit mois."},
	{[]domain.Barrier{domain.BarrierFinances, domain.BarrierCouvertureSociale, domain.BarrierMobilite}, domain.Strengths{domain.StrengthAutonomie, domain.StrengthBenevolatSport}, ""},
	{[]domain.Barrier{domain.BarrierLectureEcritureCalcul, domain.BarrierIsolement, domain.BarrierSante}, domain.Strengths{domain.StrengthExperienceEtranger, domain.StrengthLangues}, "Mécanique automobile à l'étranger."},
	{[]domain.Barrier{domain.BarrierPapiersIdentite, domain.BarrierMobilite, domain.BarrierAddictions}, domain.Strengths{domain.StrengthExperienceProfessionnelle, domain.StrengthPermisVehicule}, "Chauffeur-livreur."},
}

// help is what is done about a barrier, and what the person agrees to do herself.
var help = map[domain.Barrier]struct {
	action    domain.ActionKind
	minutes   int
	objective string
}{
	domain.BarrierMobilite:                {domain.ActionMobilite, 45, "S'inscrire au code de la route"},
	domain.BarrierQualification:           {domain.ActionInscriptionFormation, 60, "Choisir une formation"},
	domain.BarrierProblematiqueJudiciaire: {domain.ActionAideAdministrative, 30, "Tenir ses rendez-vous"},
	domain.BarrierLogement:                {domain.ActionMiseEnRelationLogement, 60, "Déposer une demande de logement"},
	domain.BarrierAccesAuxDroits:          {domain.ActionOuvertureDeDroits, 45, "Réunir les pièces de son dossier"},
	domain.BarrierIsolement:               {domain.ActionForum, 120, "Participer à une sortie"},
	domain.BarrierNumerique:               {domain.ActionAideAdministrative, 45, "Ouvrir une messagerie"},
	domain.BarrierAdministratif:           {domain.ActionAideAdministrative, 45, "Trier son courrier"},
	domain.BarrierFinances:                {domain.ActionOuvertureDeDroits, 60, "Monter un dossier de surendettement"},
	domain.BarrierCouvertureSociale:       {domain.ActionOuvertureDeDroits, 30, "Demander la complémentaire santé solidaire"},
	domain.BarrierLectureEcritureCalcul:   {domain.ActionInscriptionFormation, 45, "Suivre un atelier de français"},
	domain.BarrierSante:                   {domain.ActionMiseEnRelationSante, 30, "Prendre rendez-vous chez un médecin"},
	domain.BarrierPapiersIdentite:         {domain.ActionDomiciliation, 45, "Refaire sa carte d'identité"},
	domain.BarrierAddictions:              {domain.ActionMiseEnRelationSante, 30, "Rencontrer l'association d'accompagnement"},
}

// journey is what a person is supported with, as far as it is known: what a later meeting needs of an earlier.
type journey struct {
	*path
	row
	number     int
	barriers   []string // in the order of needs
	objectives []string
}

// journey tells what was found, agreed, done and proposed at the meetings a person came to: at the first the
// diagnostic, at the second the charter, later help with one barrier after the other, a second diagnostic, a proposal.
func (s *story) journey(p *path, r row, meetings []meeting) {
	came := slices.DeleteFunc(slices.Clone(meetings), func(m meeting) bool { return m.letter != 'P' })
	j := &journey{path: p, row: r, number: r.number}
	caseworker := s.actor(domain.Caseworker, p.programme)
	at := func(i int, what string, do func(context.Context, *persistence.Session, domain.Date) error) {
		if i >= len(came) {
			return
		}
		ends := came[i].starts.Add(minutes * time.Minute)
		s.add(ends, caseworker, what+" of "+r.name, func(ctx context.Context, session *persistence.Session) error {
			return do(ctx, session, domain.DayOf(ends))
		})
	}
	at(0, "diagnostic", j.diagnose)
	at(1, "charter", j.sign)
	at(2, "help", func(ctx context.Context, session *persistence.Session, on domain.Date) error {
		return j.help(ctx, session, on, 0, false)
	})
	at(3, "lifting", func(ctx context.Context, session *persistence.Session, on domain.Date) error {
		return j.help(ctx, session, on, 0, true)
	})
	at(4, "proposal", j.propose)
	at(5, "second diagnostic", j.diagnoseAgain)
	at(6, "help", func(ctx context.Context, session *persistence.Session, on domain.Date) error {
		return j.help(ctx, session, on, 1, false)
	})
}

func (j *journey) diagnose(ctx context.Context, session *persistence.Session, on domain.Date) error {
	need := needs[j.number%len(needs)]
	in := domain.DiagnosticInput{AssessedOn: on, Strengths: need.strengths}
	for i, barrier := range need.barriers {
		in.Barriers = append(in.Barriers, domain.Finding{Barrier: barrier, Weight: domain.Weight{
			Impact: new([]domain.Impact{domain.ImpactFort, domain.ImpactMoyen, domain.ImpactFaible}[i]), Priority: new(i == 0),
		}})
	}
	if _, err := session.NewDiagnostic(ctx, j.enrolmentID, in); err != nil {
		return err
	}
	opened, err := session.Barriers(ctx, j.enrolmentID, domain.Paging{})
	if err != nil {
		return err
	}
	for _, barrier := range need.barriers {
		for _, one := range opened.Items {
			if one.Barrier == barrier {
				j.barriers = append(j.barriers, one.ID)
			}
		}
	}
	return nil
}

func (j *journey) sign(ctx context.Context, session *persistence.Session, on domain.Date) error {
	if _, err := session.SignCharter(ctx, j.enrolmentID, domain.CharterInput{SignedOn: on}); err != nil {
		return err
	}
	for i := range 2 {
		made, err := session.NewObjective(ctx, j.enrolmentID, domain.ObjectiveInput{
			Label: help[needs[j.number%len(needs)].barriers[i]].objective, AgreedOn: on, DueOn: new(on.AddMonths(1 + 2*i)), InCharter: new(i == 0), BarrierID: &j.barriers[i],
		})
		if err != nil {
			return err
		}
		j.objectives = append(j.objectives, made.ID)
	}
	return nil
}

// help works on a barrier with the person; done, the barrier is lifted by it and the objective reached.
func (j *journey) help(ctx context.Context, session *persistence.Session, on domain.Date, i int, done bool) error {
	what := help[needs[j.number%len(needs)].barriers[i]]
	action, err := session.NewAction(ctx, j.enrolmentID, domain.ActionInput{Kind: what.action, DoneOn: on, DurationMinutes: &what.minutes, BarrierID: &j.barriers[i]})
	switch {
	case err != nil:
	case !done:
		_, err = session.StartBarrier(ctx, j.enrolmentID, j.barriers[i], domain.Match{}, domain.BarrierStart{StartedOn: &on})
	case j.number%3 == 0: // not everything succeeds at once
	default:
		_, err = session.LiftBarrier(ctx, j.enrolmentID, j.barriers[i], domain.Match{}, domain.BarrierLift{LiftedOn: &on, ActionID: &action.ID})
		if err == nil {
			_, err = session.ReachObjective(ctx, j.enrolmentID, j.objectives[i], domain.Match{}, domain.ObjectiveReach{ReachedOn: &on})
		}
	}
	return err
}

// propose proposes what the path ended with, where it did so by work, training or a handover, and guidance elsewhere.
func (j *journey) propose(ctx context.Context, session *persistence.Session, on domain.Date) error {
	in := domain.ProposalInput{Kind: domain.ProposalOrientation, ProposedOn: on}
	if i := slices.IndexFunc(endings, func(e ending) bool { return e.name == j.name }); i >= 0 {
		switch domain.GroupOf(endings[i].kind) {
		case domain.GroupEmploi, domain.GroupSIAE:
			in.Kind, in.FollowedBy = domain.ProposalEmploi, new(domain.FollowedByAccepted)
		case domain.GroupFormationCertifianteOuQualifiante:
			in.Kind, in.FollowedBy = domain.ProposalFormationQualifiante, new(domain.FollowedByAccepted)
		case domain.GroupDroitCommun:
			in.Kind, in.FollowedBy = domain.ProposalRelaisReseauEmploi, new(domain.FollowedByAccepted)
		default:
			in.FollowedBy = new([]domain.FollowedBy{domain.FollowedByRefused, domain.FollowedByNoAnswer}[j.number%2])
		}
	}
	if in.FollowedBy != nil {
		in.FollowedOn = &on
	}
	_, err := session.NewProposal(ctx, j.enrolmentID, in)
	return err
}

// diagnoseAgain finds the second barrier lighter, and the first no more where it was lifted.
func (j *journey) diagnoseAgain(ctx context.Context, session *persistence.Session, on domain.Date) error {
	need := needs[j.number%len(needs)]
	in := domain.DiagnosticInput{AssessedOn: on, Strengths: need.strengths}
	if j.number%3 == 0 {
		in.Barriers = append(in.Barriers, domain.Finding{Barrier: need.barriers[0], Weight: domain.Weight{Impact: new(domain.ImpactFort), Priority: new(true)}})
	}
	in.Barriers = append(in.Barriers, domain.Finding{Barrier: need.barriers[1], Weight: domain.Weight{Impact: new(domain.ImpactFaible), Priority: new(true)}})
	_, err := session.NewDiagnostic(ctx, j.enrolmentID, in)
	return err
}
