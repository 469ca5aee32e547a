package domain

// TimelineKind is of which kind a record is that stands on a person's timeline.
type TimelineKind string

const (
	EntryReferral            TimelineKind = "referral"
	EntryEnrolment           TimelineKind = "enrolment"
	EntryAppointment         TimelineKind = "appointment"
	EntryAppointmentMove     TimelineKind = "appointment_move"
	EntryWorkshop            TimelineKind = "workshop"
	EntryWorkshopRequest     TimelineKind = "workshop_request"
	EntryDiagnostic          TimelineKind = "diagnostic"
	EntryBarrier             TimelineKind = "barrier"
	EntryStrength            TimelineKind = "strength"
	EntryCharter             TimelineKind = "charter"
	EntryObjective           TimelineKind = "objective"
	EntryAction              TimelineKind = "action"
	EntryProposal            TimelineKind = "proposal"
	EntryImmersion           TimelineKind = "immersion"
	EntryJob                 TimelineKind = "job"
	EntryFranceTravailStatus TimelineKind = "france_travail_status"
	EntryFollowUp            TimelineKind = "follow_up"
	EntryExtension           TimelineKind = "extension"
	EntryOutcome             TimelineKind = "outcome"
)

var timelineKinds = list("timeline_kind", "Nature d’une étape", "Kind of a timeline entry",
	"Of which kind of record an entry of a person’s timeline is. Values of this API.",
	term(EntryReferral, "Orientation", "Referral"),
	term(EntryEnrolment, "Parcours", "Enrolment"),
	term(EntryAppointment, "Rendez-vous", "Appointment"),
	term(EntryAppointmentMove, "Rendez-vous déplacé", "Move of an appointment"),
	term(EntryWorkshop, "Atelier", "Workshop"),
	term(EntryWorkshopRequest, "Demande de place en atelier", "Request for a place in a workshop"),
	term(EntryDiagnostic, "Diagnostic", "Diagnostic"),
	term(EntryBarrier, "Frein", "Barrier"),
	term(EntryStrength, "Force", "Strength"),
	term(EntryCharter, "Charte d’engagement", "Charter"),
	term(EntryObjective, "Objectif", "Objective"),
	term(EntryAction, "Action", "Action"),
	term(EntryProposal, "Proposition", "Proposal"),
	term(EntryImmersion, "Immersion", "Immersion"),
	term(EntryJob, "Emploi", "Job"),
	term(EntryFranceTravailStatus, "Inscription à France Travail", "Registration with France Travail"),
	term(EntryFollowUp, "Suivi après la sortie", "Follow-up"),
	term(EntryExtension, "Prolongation", "Extension"),
	term(EntryOutcome, "Situation après la sortie", "Outcome"),
)

// Nomenclature is the list of every TimelineKind.
func (TimelineKind) Nomenclature() *Nomenclature { return timelineKinds }

// Codes are the values of the list, in order.
func (TimelineKind) Codes() []string { return timelineKinds.codes() }

// TimelineEvent is what happened to the record that an entry of the timeline is about. Of a meeting it
// is what became of it.
type TimelineEvent string

var timelineEvents = list("timeline_event", "Étape", "Timeline event",
	"What happened to the record that an entry of a person’s timeline is about: of a meeting, what became of it. Values of this API.",
	term(TimelineEvent("received"), "Reçue", "Received"),
	term(TimelineEvent("accepted"), "Acceptée", "Accepted"),
	term(TimelineEvent("declined"), "Refusée", "Declined"),
	term(TimelineEvent("withdrawn"), "Retirée", "Withdrawn"),
	term(TimelineEvent("expired"), "Expirée", "Expired"),
	term(TimelineEvent("entered"), "Entrée", "Entered"),
	term(TimelineEvent("handed_over"), "Changement de référent", "Handed over"),
	term(TimelineEvent("exited"), "Sortie", "Exited"),
	term(TimelineEvent("follow_up_agreed"), "Suivi accepté", "Follow-up agreed"),
	term(TimelineEvent("follow_up_refused"), "Suivi refusé", "Follow-up refused"),
	term(TimelineEvent("reopened"), "Sortie annulée", "Reopened"),
	term(TimelineEvent("voided"), "Annulé comme saisi par erreur", "Voided"),
	term(TimelineEvent("folded"), "Réuni avec un autre", "Joined to another"),
	term(TimelineEvent("scheduled"), "Prévu", "Scheduled"),
	term(TimelineEvent("attended"), "Venu", "Attended"),
	term(TimelineEvent("no_show"), "Absent", "No-show"),
	term(TimelineEvent("excused"), "Excusé", "Excused"),
	term(TimelineEvent("cancelled"), "Annulé", "Cancelled"),
	term(TimelineEvent("moved"), "Déplacé", "Moved"),
	term(TimelineEvent("requested"), "Place demandée", "Place asked for"),
	term(TimelineEvent("registered"), "Place obtenue", "Given a place"),
	term(TimelineEvent("lapsed"), "Sans suite", "Came to nothing"),
	term(TimelineEvent("assessed"), "Constaté", "Assessed"),
	term(TimelineEvent("started"), "Commencé", "Started"),
	term(TimelineEvent("lifted"), "Levé", "Lifted"),
	term(TimelineEvent("set_aside"), "Mis de côté", "Set aside"),
	term(TimelineEvent("noted"), "Relevé", "Noted"),
	term(TimelineEvent("signed"), "Signée", "Signed"),
	term(TimelineEvent("agreed"), "Convenu", "Agreed"),
	term(TimelineEvent("reached"), "Atteint", "Reached"),
	term(TimelineEvent("abandoned"), "Abandonné", "Abandoned"),
	term(TimelineEvent("done"), "Réalisée", "Done"),
	term(TimelineEvent("proposed"), "Proposée", "Proposed"),
	term(TimelineEvent("followed"), "Suite donnée", "Followed by"),
	term(TimelineEvent("ended"), "Terminé", "Ended"),
	term(TimelineEvent("contacted"), "Contact", "Contacted"),
	term(TimelineEvent("decided"), "Décidée", "Decided"),
	term(TimelineEvent("revoked"), "Révoquée", "Revoked"),
	term(TimelineEvent("observed"), "Observé", "Observed"),
)

// Nomenclature is the list of every TimelineEvent.
func (TimelineEvent) Nomenclature() *Nomenclature { return timelineEvents }

// Codes are the values of the list, in order.
func (TimelineEvent) Codes() []string { return timelineEvents.codes() }

// WorklistReason is why something stands on a worklist.
type WorklistReason string

// The reasons in order of urgency: what is late, what is for the day, what comes, what is missing.
const (
	DueAttendance        WorklistReason = "attendance_missing"
	DueRollCall          WorklistReason = "roll_call_missing"
	DueReferral          WorklistReason = "referral_waiting"
	DueOverdueCheckpoint WorklistReason = "checkpoint_overdue"
	DueOver12            WorklistReason = "over_12_months"
	DueOver9             WorklistReason = "over_9_months"
	DueObjective         WorklistReason = "objective_overdue"
	DueMeeting           WorklistReason = "meeting_today"
	DueWorkshop          WorklistReason = "workshop_today"
	DueCheckpoint        WorklistReason = "checkpoint_due"
	DueApproaching       WorklistReason = "approaching_9_months"
	DueCaseworker        WorklistReason = "caseworker_missing"
	DueNextAppointment   WorklistReason = "appointment_missing"
)

var worklistReasons = list("worklist_reason", "À faire", "Worklist reason",
	"Why something stands on a worklist, in order of urgency: what is late, what is for the day, what comes, what is missing. Values of this API.",
	term(DueAttendance, "Rendez-vous passé sans présence saisie", "Meeting held without attendance"),
	term(DueRollCall, "Atelier passé sans appel", "Workshop held without roll call"),
	term(DueReferral, "Orientation à décider", "Referral to be decided"),
	term(DueOverdueCheckpoint, "Point à 6 mois en retard", "Six-month checkpoint overdue"),
	term(DueOver12, "12 mois atteints", "12 months reached"),
	term(DueOver9, "9 mois atteints, motif à indiquer", "9 months reached, reason asked for"),
	term(DueObjective, "Objectif échu", "Objective overdue"),
	term(DueMeeting, "Rendez-vous du jour", "Meeting of the day"),
	term(DueWorkshop, "Atelier du jour", "Workshop of the day"),
	term(DueCheckpoint, "Point à 6 mois à faire", "Six-month checkpoint due"),
	term(DueApproaching, "Approche des 9 mois", "Approaching 9 months"),
	term(DueCaseworker, "Parcours sans référent", "Enrolment without caseworker"),
	term(DueNextAppointment, "Pas de prochain rendez-vous", "No next appointment"),
)

// Nomenclature is the list of every WorklistReason.
func (WorklistReason) Nomenclature() *Nomenclature { return worklistReasons }

// Codes are the values of the list, in order.
func (WorklistReason) Codes() []string { return worklistReasons.codes() }
