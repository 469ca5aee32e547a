package domain

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wireValues are the lists as clients know them: group, a colon where there is one, values.
// They are a promise; add to them, never change or drop one.
var wireValues = []struct{ name, groups string }{
	{"gender", "male female other"},
	{"justice_status", "justice: milieu_ouvert milieu_ferme amenagement_de_peine sortant_de_detention sans_precision / none: aucune"},
	{"education_level", "sans_diplome brevet cap_bep bac bac_plus_2 bac_plus_3_4 bac_plus_5"},
	{"eligibility_ground", "invisible vulnerabilite sans_solution_sur_le_territoire sans_contact_depuis_5_mois"},
	{"barrier", "mobilite sante sante_mentale addictions logement papiers_identite acces_aux_droits couverture_sociale " +
		"finances numerique lecture_ecriture_calcul famille qualification isolement problematique_judiciaire administratif"},
	{"strength", "experience_professionnelle experience_detention experience_etranger experience_non_declaree benevolat_sport " +
		"adaptation travail_en_equipe autonomie langues permis_vehicule entourage"},
	{"action", "social: domiciliation ouverture_de_droits aide_administrative mise_en_relation_sante mise_en_relation_logement mobilite / " +
		"professionnel: analyse_de_parcours valorisation_des_competences presentation_de_secteur visite_entreprise forum candidature " +
		"preparation_entretien inscription_formation inscription_france_travail"},
	{"proposal", "orientation formation_prequalifiante formation_qualifiante emploi relais_reseau_emploi"},
	{"followed_by", "accepted refused no_answer not_available"},
	{"attendance", "scheduled attended no_show excused cancelled"},
	{"meeting_mode", "in_person phone video"},
	{"workshop_kind", "remobilisation visite_centre_formation rencontre_professionnelle visite_entreprise sortie_partenaire sortie_culturelle"},
	{"immersion_purpose", "decouvrir_un_metier confirmer_un_projet initier_un_recrutement"},
	{"exit_kind", "emploi: cdi cdd_6_mois_ou_plus cdd_moins_6_mois interim alternance contrat_aide fonction_publique creation_activite / " +
		"formation_certifiante_ou_qualifiante: formation_certifiante formation_qualifiante / " +
		"formation_autre: formation_prequalifiante / siae: siae / droit_commun: relais_reseau_emploi / " +
		"autre: abandon sans_nouvelles demenagement incarceration sante duree_maximale deces autre"},
	{"contract", "cdi cdd_6_mois_ou_plus cdd_moins_6_mois interim alternance contrat_aide fonction_publique creation_activite cdd_insertion"},
	{"outcome", "in_employment in_training neither unreachable refused"},
	{"evidence", "contrat bulletin_de_salaire attestation_employeur france_travail declaration"},
	{"organisation_kind", "spip pjj france_travail mission_locale cap_emploi mdsi commune ccas france_services association siae " +
		"organisme_formation employeur chrs csapa operateur financeur autre"},
	{"referral_origin", "spontane aller_vers"},
	{"decline_reason", "injoignable absent_entretien en_emploi en_formation non_eligible hors_territoire non_interesse incompatible " +
		"complet doublon autre"},
	{"age_band", "16_25 26_35 36_45 46_55 56_plus"},
	{"referral_status", "received under_review accepted declined withdrawn expired"},
	{"workshop_status", "planned closed cancelled"},
	{"workshop_request_state", "waiting registered withdrawn lapsed"},
	{"enrolment_status", "active follow_up exited closed voided"},
	{"barrier_state", "open in_progress lifted set_aside"},
	{"objective_state", "open reached abandoned"},
	{"territory_kind", "commune quartier"},
	{"disclosure", "status decline_reason first_appointment attendance exit_class"},
	{"exit_class", "emploi formation_certifiante_ou_qualifiante formation_autre siae droit_commun autre"},
	{"match_class", "certain probable possible"},
	{"match_reason", "for: same_names names_swapped same_first_name first_name_part first_name_close same_surname one_of_two_surnames surname_close " +
		"same_birth_date day_month_swapped birth_date_one_digit_off birth_date_digits_swapped same_birth_year same_phone same_email / " +
		"against: first_names_differ surnames_differ birth_dates_differ"},
	{"impact", "fort moyen faible"},
	{"weekday", "lundi mardi mercredi jeudi vendredi samedi dimanche"},
	{"occurrence_status", "held moved cancelled holiday closed"},
	{"contact_channel", "in_person phone video sms email letter"},
	{"counterpart", "herself: personne representant_legal / third_party: employeur organisme_de_formation proche partenaire"},
	{"checkpoint_state", "upcoming due overdue done waived"},
	{"duration_alert", "approaching_9_months over_9_months extended over_12_months"},
	{"timeline_kind", "referral enrolment appointment appointment_move workshop workshop_request diagnostic barrier strength charter objective action proposal immersion job " +
		"france_travail_status follow_up extension outcome"},
	{"timeline_event", "received accepted declined withdrawn expired entered handed_over exited follow_up_agreed follow_up_refused reopened voided folded scheduled attended no_show excused " +
		"cancelled moved requested registered lapsed assessed started lifted set_aside noted signed agreed reached abandoned done proposed followed ended contacted decided revoked observed"},
	{"worklist_reason", "attendance_missing roll_call_missing referral_waiting checkpoint_overdue over_12_months over_9_months objective_overdue meeting_today " +
		"workshop_today checkpoint_due approaching_9_months caseworker_missing appointment_missing"},
}

func TestWireValuesAreFixed(t *testing.T) {
	if len(Nomenclatures) != len(wireValues) {
		t.Fatalf("there are %d lists, not %d", len(Nomenclatures), len(wireValues))
	}
	for i, want := range wireValues {
		n := Nomenclatures[i]
		if n.Name != want.name {
			t.Errorf("list %d is %s, not %s", i, n.Name, want.name)
		}
		var got []string // "group:code", or "code" without a group
		for _, term := range n.Terms {
			if term.Group != nil {
				got = append(got, *term.Group+":"+term.Code)
			} else {
				got = append(got, term.Code)
			}
		}
		var values []string
		for _, part := range strings.Split(want.groups, " / ") {
			group, codes, grouped := strings.Cut(part, ": ")
			if !grouped {
				group, codes = "", part
			}
			for _, code := range strings.Fields(codes) {
				if grouped {
					code = group + ":" + code
				}
				values = append(values, code)
			}
		}
		if !slices.Equal(got, values) {
			t.Errorf("%s holds\n%q, not\n%q", n.Name, got, values)
		}
	}
}

// every proves that a type speaks for the list of that name.
func every[C Coded](t *testing.T, name string) {
	t.Helper()
	var zero C
	n, err := NomenclatureNamed(name)
	if err != nil || zero.Nomenclature() != n {
		t.Fatalf("%T does not speak for %s: %v", zero, name, err)
	}
	codes := zero.Codes()
	if len(codes) != len(n.Terms) {
		t.Errorf("%s has %d codes for %d terms", name, len(codes), len(n.Terms))
	}
	for i, code := range codes {
		if code != n.Terms[i].Code || !Known(C(code)) {
			t.Errorf("%s: %s is not known, or out of order", name, code)
		}
		want := ""
		if n.Terms[i].Group != nil {
			want = *n.Terms[i].Group
		}
		if got := GroupOf(C(code)); got != want {
			t.Errorf("%s: the group of %s is %q, not %q", name, code, got, want)
		}
		for _, unknown := range []string{strings.ToUpper(code), strings.ToUpper(code[:1]) + code[1:], code + " ", " " + code, code + "_x", code + "\x00"} {
			if unknown != code && (Known(C(unknown)) || GroupOf(C(unknown)) != "") {
				t.Errorf("%s: %q is known", name, unknown)
			}
		}
	}
	for _, unknown := range []string{"", " ", "null", "inconnu", n.LabelFR} {
		if Known(C(unknown)) || GroupOf(C(unknown)) != "" {
			t.Errorf("%s: %q is known", name, unknown)
		}
	}
	codes[0] = "changed"
	if zero.Codes()[0] == "changed" {
		t.Errorf("%s: a caller who changes its codes changes everybody's", name)
	}
}

func TestEveryTypeSpeaksForItsList(t *testing.T) {
	for name, prove := range map[string]func(*testing.T, string){
		"contact_channel": every[ContactChannel], "counterpart": every[Counterpart], "checkpoint_state": every[CheckpointState], "duration_alert": every[DurationAlert],
		"gender": every[Gender], "justice_status": every[JusticeStatus], "education_level": every[EducationLevel],
		"eligibility_ground": every[EligibilityGround], "barrier": every[Barrier], "strength": every[Strength],
		"action": every[ActionKind], "proposal": every[Proposal], "followed_by": every[FollowedBy],
		"attendance": every[Attendance], "meeting_mode": every[MeetingMode], "workshop_kind": every[WorkshopKind],
		"immersion_purpose": every[ImmersionPurpose], "exit_kind": every[ExitKind], "contract": every[Contract],
		"outcome": every[OutcomeResult], "evidence": every[Evidence], "organisation_kind": every[OrganisationKind],
		"referral_origin": every[ReferralOrigin], "decline_reason": every[DeclineReason], "age_band": every[AgeBand],
		"referral_status": every[ReferralStatus], "workshop_status": every[WorkshopStatus], "workshop_request_state": every[RequestState],
		"enrolment_status": every[EnrolmentStatus], "barrier_state": every[BarrierState],
		"objective_state": every[ObjectiveState], "territory_kind": every[TerritoryKind],
		"disclosure": every[Disclosure], "exit_class": every[ExitClass], "match_class": every[MatchClass], "match_reason": every[MatchReason], "impact": every[Impact],
		"weekday": every[Weekday], "occurrence_status": every[OccurrenceStatus],
		"timeline_kind": every[TimelineKind], "timeline_event": every[TimelineEvent], "worklist_reason": every[WorklistReason],
	} {
		t.Run(name, func(t *testing.T) { prove(t, name) })
	}
}

func TestListsAreWellFormed(t *testing.T) {
	code := regexp.MustCompile(`^[a-z0-9_]+$`)
	systems := []string{
		SystemFranceTravailContrainte, SystemFranceTravailSituation, SystemFranceTravailObjectif, SystemFranceTravailBesoin, SystemFranceTravailImpact,
		SystemFranceTravailNiveau, SystemFranceTravailStatut, SystemFranceTravailModalite, SystemDataInclusion,
		SystemLesEmplois, SystemASP, SystemCadreNational, SystemRDVInsertion, SystemIAE,
	}
	names := map[string]bool{}
	for _, n := range Nomenclatures {
		if names[n.Name] || !code.MatchString(n.Name) || n.LabelFR == "" || n.LabelEN == "" || n.Description == "" {
			t.Errorf("list %q is named twice, or badly, or says too little", n.Name)
		}
		names[n.Name] = true
		codes, fr, en := map[string]bool{}, map[string]bool{}, map[string]bool{}
		grouped := n.Terms[0].Group != nil
		for _, term := range n.Terms {
			where := n.Name + "." + term.Code
			if codes[term.Code] || !code.MatchString(term.Code) {
				t.Errorf("%s: the code stands twice or has other characters", where)
			}
			if term.LabelFR == "" || term.LabelEN == "" || fr[term.LabelFR] || en[term.LabelEN] || term.LabelFR == term.Code {
				t.Errorf("%s: labels are missing or stand twice", where)
			}
			codes[term.Code], fr[term.LabelFR], en[term.LabelEN] = true, true, true
			if (term.Group != nil) != grouped || grouped && !code.MatchString(*term.Group) {
				t.Errorf("%s: a list has groups throughout or none", where)
			}
			if term.Mappings == nil {
				t.Errorf("%s: mappings would be null on the wire", where)
			}
			same := map[[2]string]bool{}
			for _, m := range term.Mappings {
				if !slices.Contains(systems, m.System) || m.Code == "" || m.Label == "" || m.Note != nil && *m.Note == "" || same[[2]string{m.System, m.Code}] {
					t.Errorf("%s: mapping %s %s is unknown, incomplete or stands twice", where, m.System, m.Code)
				}
				same[[2]string{m.System, m.Code}] = true
			}
		}
		within(t, n.Name, reflect.ValueOf(*n))
	}
}

// within holds a value to the lengths that its tags promise.
func within(t *testing.T, where string, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		field, value := v.Type().Field(i), reflect.Indirect(v.Field(i))
		switch value.Kind() {
		case reflect.String:
			if limit := number(field.Tag.Get("maxLength")); len([]rune(value.String())) > limit {
				t.Errorf("%s.%s is longer than %d", where, field.Name, limit)
			}
		case reflect.Slice:
			if limit := number(field.Tag.Get("maxItems")); value.Len() > limit {
				t.Errorf("%s.%s has more than %d items", where, field.Name, limit)
			}
			for j := range value.Len() {
				within(t, where+"."+field.Name, value.Index(j))
			}
		}
	}
}

func number(digits string) int {
	n := 0
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}

func TestUnknownNomenclatureIsMissing(t *testing.T) {
	for _, name := range []string{"", "Gender", "genders", "gender ", "outcome_result"} {
		n, err := NomenclatureNamed(name)
		if n != nil || !errors.Is(err, &Error{Kind: NotFound, Code: "not_found"}) {
			t.Errorf("%q gives %v, %v", name, n, err)
		}
	}
}

func TestMappings(t *testing.T) {
	for _, c := range []struct {
		list, code, system string
		want               string // every code of that system, in order
	}{
		{"barrier", "numerique", SystemFranceTravailContrainte, "22"},
		{"barrier", "mobilite", SystemFranceTravailContrainte, "23"},
		{"barrier", "famille", SystemFranceTravailContrainte, "24"},
		{"barrier", "sante", SystemFranceTravailContrainte, "25"},
		{"barrier", "lecture_ecriture_calcul", SystemFranceTravailContrainte, "26"},
		{"barrier", "logement", SystemFranceTravailContrainte, "27"},
		{"barrier", "finances", SystemFranceTravailContrainte, "28"},
		{"barrier", "administratif", SystemFranceTravailContrainte, "29"},
		{"barrier", "papiers_identite", SystemFranceTravailSituation, "38"},
		{"barrier", "addictions", SystemFranceTravailContrainte, "25"},
		{"barrier", "addictions", SystemFranceTravailSituation, ""}, // it has none of its own
		{"barrier", "addictions", SystemFranceTravailObjectif, "33"},
		{"barrier", "problematique_judiciaire", SystemFranceTravailObjectif, "26"},
		{"barrier", "qualification", SystemFranceTravailBesoin, "5 6"},
		{"impact", "fort", SystemFranceTravailImpact, "FORT"},
		{"impact", "moyen", SystemFranceTravailImpact, "MOYEN"},
		{"impact", "faible", SystemFranceTravailImpact, "FAIBLE"},
		{"barrier", "isolement", SystemDataInclusion, "remobilisation--lien-social"},
		{"education_level", "sans_diplome", SystemFranceTravailNiveau, "AFS CP4 CFG"},
		{"education_level", "brevet", SystemFranceTravailNiveau, "C3A"},
		{"education_level", "brevet", SystemCadreNational, ""}, // a diploma, not a level
		{"education_level", "cap_bep", SystemFranceTravailNiveau, "NV5"},
		{"education_level", "cap_bep", SystemASP, "51"},
		{"education_level", "bac", SystemASP, "40 41"},
		{"education_level", "bac_plus_5", SystemFranceTravailNiveau, "NV1"},
		{"attendance", "excused", SystemFranceTravailStatut, "ANNULE"},
		{"attendance", "cancelled", SystemFranceTravailStatut, "ANNULE"},
		{"attendance", "no_show", SystemFranceTravailStatut, "ABSENT"},
		{"attendance", "cancelled", SystemRDVInsertion, "revoked"},
		{"organisation_kind", "mdsi", SystemLesEmplois, "DEPT"},
		{"organisation_kind", "commune", SystemLesEmplois, ""},
		{"exit_kind", "cdi", SystemIAE, "emploi_durable"},
		{"exit_kind", "interim", SystemIAE, "emploi_durable emploi_de_transition"},
		{"exit_kind", "siae", SystemIAE, "sortie_positive"},
		{"exit_kind", "deces", SystemIAE, ""},
	} {
		n, err := NomenclatureNamed(c.list)
		if err != nil {
			t.Fatal(err)
		}
		term, found := n.term(c.code)
		if !found {
			t.Fatalf("%s has no %s", c.list, c.code)
		}
		var got []string
		for _, m := range term.Mappings {
			if m.System == c.system {
				got = append(got, m.Code)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s.%s is %q for %s, not %q", c.list, c.code, got, c.system, c.want)
		}
	}
}

func TestFranceTravailLosesWhoCalledOff(t *testing.T) {
	for _, code := range []Attendance{AttendanceExcused, AttendanceCancelled} {
		term, _ := code.Nomenclature().term(string(code))
		if m := term.Mappings[0]; m.System != SystemFranceTravailStatut || m.Note == nil {
			t.Errorf("%s does not say what France Travail loses", code)
		}
	}
}
