package api

import "o2r/domain"

// sampleRows are the made-up rows of the templates, as a spreadsheet in France writes them: those of one person who was received,
// came to a workshop and left for a job. A cell that is not here is empty. Each row passes the import it is for, once those of
// the kinds before were imported, in any programme that ran in 2025: so none names a site or a caseworker, and none names a
// record in two ways.
var sampleRows = map[domain.ImportKind]map[string]string{
	domain.ImportParticipants: {
		"external_reference": "P-042", "first_name": "Camille", "last_name": "Exemple", "birth_date": "17/05/1990", "gender": "Femme",
		"phone": "06 39 98 12 34", "email": "camille.exemple@example.org", "postal_code": "80600", "territory_code": "80253", "address": "3 rue des Tilleuls",
	},
	domain.ImportEnrolments: {
		"external_reference": "D-2025-042", "participant_reference": "P-042", "entered_on": "01/04/2025", "territory_code": "80253",
		"justice_status": "Milieu ouvert", "education_level": "CAP ou BEP", "job_seeker": "oui", "job_seeker_since": "01/09/2023",
	},
	domain.ImportAppointments: {
		"external_reference": "R-001", "enrolment_reference": "D-2025-042", "starts_at": "08/04/2025 14:00", "duration_minutes": "60", "mode": "En présence",
		"purpose": "Point sur les candidatures.", "status": "Présent", "note": "A apporté son CV.",
	},
	domain.ImportExits: {
		"enrolment_reference": "D-2025-042", "exited_on": "15/10/2025", "kind": "cdd_6_mois_ou_plus", "follow_up_agreed": "oui",
	},
	domain.ImportWorkshops: {
		"external_reference": "A-12", "kind": "remobilisation", "title": "Préparer un entretien", "starts_at": "06/05/2025 14:00", "duration_minutes": "120",
		"capacity": "8", "cancelled": "non",
	},
	domain.ImportRegistrations: {
		"workshop_reference": "A-12", "enrolment_reference": "D-2025-042", "status": "Présent",
	},
}
