package domain

// Attendance is whether a person came to an appointment or a workshop.
type Attendance string

const (
	AttendanceScheduled Attendance = "scheduled"
	AttendanceAttended  Attendance = "attended"
	AttendanceNoShow    Attendance = "no_show"
	AttendanceExcused   Attendance = "excused"
	AttendanceCancelled Attendance = "cancelled"
)

var attendances = list("attendance", "Présence", "Attendance",
	"Whether the person came. Excused is called off by the person, cancelled by the service; whether an absence was justified "+
		"is recorded beside it, since pay is reduced for unjustified absences (Code du travail, art. D. 5316-15). "+
		"France Travail has one code (ANNULE) for both ways of calling off, so that the difference is lost on the way there. "+
		"Sources: statuses of France Travail appointments and of rdv-insertion.",
	term(AttendanceScheduled, "Prévu", "Scheduled",
		mapping(SystemFranceTravailStatut, "PRIS", "Pris"),
		mapping(SystemRDVInsertion, "unknown", "Non renseigné").but("Said there of every meeting whose issue is not known, also when it is past."),
	),
	term(AttendanceAttended, "Présent", "Attended",
		mapping(SystemFranceTravailStatut, "EFFECTUE", "Effectué"),
		mapping(SystemRDVInsertion, "seen", "Honoré"),
	),
	term(AttendanceNoShow, "Absent", "Did not come",
		mapping(SystemFranceTravailStatut, "ABSENT", "Absent"),
		mapping(SystemRDVInsertion, "noshow", "Absence"),
	),
	term(AttendanceExcused, "Excusé, annulé par la personne", "Excused, called off by the person",
		mapping(SystemFranceTravailStatut, "ANNULE", "Annulé").but("France Travail has one code for a meeting called off: who called it off is lost."),
		mapping(SystemRDVInsertion, "excused", "Annulé par l’usager"),
	),
	term(AttendanceCancelled, "Annulé par le service", "Cancelled by the service",
		mapping(SystemFranceTravailStatut, "ANNULE", "Annulé").but("France Travail has one code for a meeting called off: who called it off is lost."),
		mapping(SystemRDVInsertion, "revoked", "Annulé par le service"),
	),
)

// Nomenclature is the list of every Attendance.
func (Attendance) Nomenclature() *Nomenclature { return attendances }

// Codes are the values of the list, in order.
func (Attendance) Codes() []string { return attendances.codes() }

// Called is what a roll call says of somebody: that she came, or that she did not. Nobody is still to come by then.
type Called Attendance

// Codes are the values of the list of attendances that a roll call says.
func (Called) Codes() []string {
	return []string{string(AttendanceAttended), string(AttendanceNoShow), string(AttendanceExcused)}
}

// MeetingMode is how an appointment is held.
type MeetingMode string

const (
	MeetingInPerson MeetingMode = "in_person"
	MeetingPhone    MeetingMode = "phone"
	MeetingVideo    MeetingMode = "video"
)

var meetingModes = list("meeting_mode", "Modalité du rendez-vous", "Meeting mode",
	"How an appointment is held. Sources: modalities of France Travail appointments and of rdv-insertion.",
	term(MeetingInPerson, "En présence", "In person",
		mapping(SystemFranceTravailModalite, "PHYSIQUE", "Physique"),
		mapping(SystemRDVInsertion, "public_office", "Sur place").but("A meeting at the person’s home is home there."),
	),
	term(MeetingPhone, "Par téléphone", "By phone",
		mapping(SystemFranceTravailModalite, "TELEPHONE", "Téléphone"),
		mapping(SystemRDVInsertion, "phone", "Téléphone"),
	),
	term(MeetingVideo, "En visioconférence", "By video",
		mapping(SystemFranceTravailModalite, "VISIO", "Visio"),
		mapping(SystemRDVInsertion, "visio", "Visio"),
	),
)

// Nomenclature is the list of every MeetingMode.
func (MeetingMode) Nomenclature() *Nomenclature { return meetingModes }

// Codes are the values of the list, in order.
func (MeetingMode) Codes() []string { return meetingModes.codes() }

// WorkshopKind is what a collective session is about.
type WorkshopKind string

const (
	WorkshopRemobilisation           WorkshopKind = "remobilisation"
	WorkshopVisiteCentreFormation    WorkshopKind = "visite_centre_formation"
	WorkshopRencontreProfessionnelle WorkshopKind = "rencontre_professionnelle"
	WorkshopVisiteEntreprise         WorkshopKind = "visite_entreprise"
	WorkshopSortiePartenaire         WorkshopKind = "sortie_partenaire"
	WorkshopSortieCulturelle         WorkshopKind = "sortie_culturelle"
)

var workshopKinds = list("workshop_kind", "Type d’atelier", "Kind of workshop",
	"What a collective session is about. Values of the programme’s own.",
	term(WorkshopRemobilisation, "Atelier de remobilisation", "Remobilisation session"),
	term(WorkshopVisiteCentreFormation, "Visite d’un centre de formation", "Visit to a training centre"),
	term(WorkshopRencontreProfessionnelle, "Rencontre avec des professionnels", "Meeting with professionals"),
	term(WorkshopVisiteEntreprise, "Visite d’entreprise", "Company visit"),
	term(WorkshopSortiePartenaire, "Sortie chez un partenaire", "Outing to a partner"),
	term(WorkshopSortieCulturelle, "Sortie culturelle", "Cultural outing"),
)

// Nomenclature is the list of every WorkshopKind.
func (WorkshopKind) Nomenclature() *Nomenclature { return workshopKinds }

// Codes are the values of the list, in order.
func (WorkshopKind) Codes() []string { return workshopKinds.codes() }

// WorkshopStatus is how far a workshop has come: planned, then closed with its roll call, or cancelled.
type WorkshopStatus string

const (
	WorkshopPlanned   WorkshopStatus = "planned"
	WorkshopClosed    WorkshopStatus = "closed"
	WorkshopCancelled WorkshopStatus = "cancelled"
)

var workshopStatuses = list("workshop_status", "État de l’atelier", "State of a workshop",
	"How far a workshop has come. It closes with the roll call of everyone registered. Values of this API.",
	term(WorkshopPlanned, "Prévu", "Planned"),
	term(WorkshopClosed, "Clos, appel fait", "Closed, roll call made"),
	term(WorkshopCancelled, "Annulé", "Cancelled"),
)

// Nomenclature is the list of every WorkshopStatus.
func (WorkshopStatus) Nomenclature() *Nomenclature { return workshopStatuses }

// Codes are the values of the list, in order.
func (WorkshopStatus) Codes() []string { return workshopStatuses.codes() }

// RequestState is what became of a place in a workshop that was asked for, or given back.
type RequestState string

const (
	RequestWaiting    RequestState = "waiting"
	RequestRegistered RequestState = "registered"
	RequestWithdrawn  RequestState = "withdrawn"
	RequestLapsed     RequestState = "lapsed"
)

var requestStates = list("workshop_request_state", "Suite d’une demande de place", "State of a request for a place",
	"What became of a place in a workshop for which somebody waited, or that she gave back. Values of this API.",
	term(RequestWaiting, "En liste d’attente", "Waiting"),
	term(RequestRegistered, "Place obtenue", "Given a place"),
	term(RequestWithdrawn, "Place rendue ou attente abandonnée", "Given back, or waited no more"),
	term(RequestLapsed, "Sans suite : atelier clos ou annulé", "Came to nothing: the workshop was closed or cancelled"),
)

// Nomenclature is the list of every RequestState.
func (RequestState) Nomenclature() *Nomenclature { return requestStates }

// Codes are the values of the list, in order.
func (RequestState) Codes() []string { return requestStates.codes() }
