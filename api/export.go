package api

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"time"

	"o2r/domain"
)

// htmlType is what the person herself reads.
const htmlType = "text/html"

//go:embed export.html
var exportSource string

var exportPage = template.Must(template.New("export").Funcs(template.FuncMap{
	"day": frenchDay, "instant": frenchInstant, "word": frenchWord, "action": frenchAction,
	"fact": frenchFact, "place": frenchPlace, "indicator": frenchIndicator,
}).Parse(exportSource))

var pagePolicy = policyOf(exportSource)

// policyOf lets a page have the one style that is written in it, and load nothing.
func policyOf(source string) string {
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(source)[1]
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'; frame-ancestors 'none'"
}

// writeHTML writes a copy of a person's file, or a yearly report, as a page in French, to read and to print.
func writeHTML(w io.Writer, body any) error {
	switch body := body.(type) {
	case domain.PersonFile:
		return exportPage.Execute(w, body)
	case domain.Report:
		return reportPage.Execute(w, reportView{body})
	}
	return fmt.Errorf("%T is no page", body)
}

var months = []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

func frenchDay(day any) string {
	switch day := day.(type) {
	case domain.Date:
		if day.Day() == 1 {
			return fmt.Sprintf("1er %s %d", months[day.Month()-1], day.Year())
		}
		return fmt.Sprintf("%d %s %d", day.Day(), months[day.Month()-1], day.Year())
	case *domain.Date:
		if day != nil {
			return frenchDay(*day)
		}
	}
	return "non renseigné"
}

func frenchInstant(at any) string {
	switch at := at.(type) {
	case time.Time:
		return frenchDay(domain.DayOf(at)) + " à " + at.In(domain.Paris).Format("15 h 04")
	case *time.Time:
		if at != nil {
			return frenchInstant(*at)
		}
	}
	return "non renseigné"
}

// frenchWord is a value as people say it: a code by its label, yes or no, or that it is not known.
func frenchWord(value any) string {
	const unknown = "non renseigné"
	switch value := value.(type) {
	case nil:
		return unknown
	case *string:
		if value == nil {
			return unknown
		}
		return *value
	case *bool:
		switch {
		case value == nil:
			return unknown
		case *value:
			return "oui"
		}
		return "non"
	case *int:
		if value == nil {
			return unknown
		}
		return fmt.Sprint(*value)
	case *domain.Gender:
		return labelOf(value)
	case *domain.JusticeStatus:
		return labelOf(value)
	case *domain.EducationLevel:
		return labelOf(value)
	case *domain.EligibilityGround:
		return labelOf(value)
	case *domain.ReferralOrigin:
		return labelOf(value)
	case *domain.ExitKind:
		return labelOf(value)
	case *domain.Evidence:
		return labelOf(value)
	case *domain.DeclineReason:
		return labelOf(value)
	case domain.Contract:
		return labelOf(&value)
	case domain.OutcomeResult:
		return labelOf(&value)
	case domain.Attendance:
		return labelOf(&value)
	case domain.MeetingMode:
		return labelOf(&value)
	case domain.WorkshopKind:
		return labelOf(&value)
	case domain.RequestState:
		return labelOf(&value)
	case domain.ReferralStatus:
		return labelOf(&value)
	case domain.Barrier:
		return labelOf(&value)
	case *domain.Impact:
		return labelOf(value)
	case domain.BarrierState:
		return labelOf(&value)
	case domain.Strength:
		return labelOf(&value)
	case domain.ObjectiveState:
		return labelOf(&value)
	case domain.ActionKind:
		return labelOf(&value)
	case domain.Proposal:
		return labelOf(&value)
	case *domain.FollowedBy:
		return labelOf(value)
	case domain.ImmersionPurpose:
		return labelOf(&value)
	case domain.ContactChannel:
		return labelOf(&value)
	case domain.Counterpart:
		return labelOf(&value)
	case *domain.Counterpart:
		return labelOf(value)
	}
	return fmt.Sprint(value)
}

// coded are the lists whose values a fact of that name may be.
var coded = map[string][]string{
	"justice_status": {"justice_status"}, "exit_kind": {"exit_kind"}, "barrier": {"barrier"}, "outcome": {"outcome"},
	"status": {"attendance", "referral_status"},
}

// frenchFact is what a fact says, in the words of its list, as a day, or as yes or no.
func frenchFact(fact domain.Fact) string {
	if fact.Value == nil {
		return "non renseigné"
	}
	for _, name := range coded[fact.Name] {
		if list, err := domain.NomenclatureNamed(name); err == nil {
			for _, term := range list.Terms {
				if term.Code == *fact.Value {
					return term.LabelFR
				}
			}
		}
	}
	if day, err := domain.ParseDate(*fact.Value); err == nil {
		return frenchDay(day)
	}
	switch *fact.Value {
	case "true":
		return "oui"
	case "false":
		return "non"
	}
	return *fact.Value
}

// frenchPlace is where something stood in a figure.
func frenchPlace(bucket domain.Bucket) string {
	switch bucket {
	case domain.BucketNumerator:
		return "compté"
	case domain.BucketDenominatorOnly:
		return "compté dans le total seulement"
	case domain.BucketUnknown:
		return "inconnu"
	}
	return "non compté"
}

// frenchIndicator is what an indicator was called on the day.
func frenchIndicator(key string, day domain.Date) string {
	if d, err := domain.Definitions.Named(key, day); err == nil {
		return d.LabelFR
	}
	return key
}

func labelOf[C domain.Coded](code *C) string {
	if code == nil {
		return "non renseigné"
	}
	for _, term := range (*code).Nomenclature().Terms {
		if term.Code == string(*code) {
			return term.LabelFR
		}
	}
	return string(*code)
}

// actions are what the audit trail's words mean, in French.
var actions = map[string]string{
	"read": "lecture", "created": "création", "updated": "modification", "received": "réception", "accepted": "acceptation",
	"declined": "refus", "reviewed": "examen", "withdrawn": "retrait", "expired": "expiration", "exited": "sortie", "reopened": "réouverture",
	"voided": "annulation", "attendance_recorded": "présence notée", "registered": "inscription", "unregistered": "place rendue", "listed": "mise en liste d'attente", "place_given": "place attribuée depuis la liste d'attente", "place_left": "place libérée", "closed": "appel fait", "cancelled": "annulation",
	"exported": "copie", "restricted": "limitation", "restriction_lifted": "fin de la limitation", "justice_detail_dropped": "détail de justice effacé",
	"merged": "réunion de deux dossiers", "unmerged": "séparation de deux dossiers", "moved": "déplacement d'un dossier à l'autre", "folded": "réunion de deux parcours", "unfolded": "séparation de deux parcours", "merge": "réunion de dossiers",
	"imported": "reprise d'un fichier", "participants": "identité", "enrolments": "parcours", "appointments": "rendez-vous", "exits": "sortie", "registrations": "inscription à un atelier",
	"participant": "identité", "enrolment": "parcours", "referral": "orientation", "appointment": "rendez-vous", "workshop": "atelier", "calendar": "calendrier", "job": "emploi",
	"france_travail_status": "inscription à France Travail", "outcome": "situation à six mois", "history": "historique", "rights_request": "demande",
	"diagnostic": "diagnostic", "barrier": "frein", "strength": "force", "charter": "charte d'engagement", "objective": "objectif", "action": "action", "proposal": "proposition", "immersion": "immersion", "follow_up": "contact après la sortie", "extension": "prolongation",
	"started": "début", "lifted": "levée", "set_aside": "mise de côté", "reached": "objectif atteint", "abandoned": "abandon", "revoked": "retrait", "follow_up_agreed": "accord pour le suivi", "follow_up_refused": "refus du suivi",
	"checkpoint": "échéance à six mois", "alert": "alerte de durée",
	"retention": "durée de conservation", "evidence": "justification d'un indicateur",
	"access": "accès", "rectification": "rectification", "erasure": "effacement", "restriction": "limitation", "objection": "opposition", "portability": "portabilité",
	"open": "en cours", "answered": "répondue", "refused": "refusée",
	"coordinator": "cheffe de projet", "caseworker": "chargée de mission", "partner": "partenaire", "dpo": "déléguée à la protection des données",
	"admin": "administration", "analyst": "analyste", "system": "programme",
}

func frenchAction(word any) string {
	text := fmt.Sprint(word)
	if french, known := actions[text]; known {
		return french
	}
	return text
}
