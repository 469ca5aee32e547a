package recount

// The lists of values and the groups, written out from the reference of nomenclatures.

var (
	genders    = []string{"male", "female", "other"}
	educations = []string{"sans_diplome", "brevet", "cap_bep", "bac", "bac_plus_2", "bac_plus_3_4", "bac_plus_5"}
	// sans_precision was added by the field to the four of the reference: all but aucune are the group justice.
	justices  = []string{"milieu_ouvert", "milieu_ferme", "amenagement_de_peine", "sortant_de_detention", "sans_precision", "aucune"}
	ages      = []string{"16_25", "26_35", "36_45", "46_55", "56_plus"}
	referrers = []string{
		"spip", "pjj", "france_travail", "mission_locale", "cap_emploi", "mdsi", "commune", "ccas", "france_services", "association", "siae",
		"organisme_formation", "employeur", "chrs", "csapa", "operateur", "financeur", "autre",
		"spontane", "aller_vers", // without a partner
	}
	barriers = []string{
		"mobilite", "sante", "sante_mentale", "addictions", "logement", "papiers_identite", "acces_aux_droits", "couverture_sociale", "finances",
		"numerique", "lecture_ecriture_calcul", "famille", "qualification", "isolement", "problematique_judiciaire", "administratif",
	}

	work     = []string{"cdi", "cdd_6_mois_ou_plus", "cdd_moins_6_mois", "interim", "alternance", "contrat_aide", "fonction_publique", "creation_activite"}
	training = []string{"formation_certifiante", "formation_qualifiante"}
	positive = append([]string{"formation_prequalifiante", "siae", "relais_reseau_emploi", "formation_certifiante", "formation_qualifiante"}, work...)
)

// Dimensions are what figures are filtered and broken down by.
var Dimensions = []string{"territory", "sector", "gender", "age_band", "education_level", "justice_status", "referrer_kind", "caseworker"}

// Keys are the indicators: the ten of the convention in the order of the published table, then those beyond it.
var Keys = []string{
	"beneficiaries", "justice_supervised_share", "youth_without_resources_share", "long_term_unemployed_share", "employment_at_6_months_rate",
	"certifying_training_exit_rate", "france_travail_registration_rate", "average_support_duration", "individual_attendance_rate", "workshop_attendance_rate",
	"employment_at_6_months_matured_rate", "positive_exit_rate", "meetings_held", "active_enrolments", "referral_acceptance_rate",
	"days_from_referral_to_first_meeting", "barriers_lifted_share", "territory_coverage",
}

// unit is what an indicator is measured in.
func unit(key string) string {
	switch key {
	case "beneficiaries", "meetings_held", "active_enrolments":
		return "count"
	case "average_support_duration":
		return "months"
	case "days_from_referral_to_first_meeting":
		return "days"
	}
	return "percent"
}

// informative tells whether an indicator's target is neither met nor missed.
func informative(key string) bool {
	switch key {
	case "average_support_duration", "active_enrolments", "referral_acceptance_rate", "days_from_referral_to_first_meeting":
		return true
	}
	return false
}

func among(code string, list []string) bool {
	for _, one := range list {
		if one == code {
			return true
		}
	}
	return false
}

// bandOf is the band of an age; none below 16, whom no programme takes.
func bandOf(age int) string {
	lowest := []int{16, 26, 36, 46, 56}
	band := ""
	for i, from := range lowest {
		if age >= from {
			band = ages[i]
		}
	}
	return band
}
