package domain

// ContactChannel is how a contact was made after an exit.
type ContactChannel string

const (
	ChannelInPerson ContactChannel = "in_person"
	ChannelPhone    ContactChannel = "phone"
	ChannelVideo    ContactChannel = "video"
	ChannelSMS      ContactChannel = "sms"
	ChannelEmail    ContactChannel = "email"
	ChannelLetter   ContactChannel = "letter"
)

var contactChannels = list("contact_channel", "Canal du contact", "Channel of a contact",
	"How a contact was made after an exit. The first three are those of meeting_mode. Values of this API.",
	term(ChannelInPerson, "En présence", "In person"),
	term(ChannelPhone, "Téléphone", "Phone"),
	term(ChannelVideo, "Visioconférence", "Video call"),
	term(ChannelSMS, "SMS", "Text message"),
	term(ChannelEmail, "Courriel", "E-mail"),
	term(ChannelLetter, "Courrier", "Letter"),
)

// Nomenclature is the list of every ContactChannel.
func (ContactChannel) Nomenclature() *Nomenclature { return contactChannels }

// Codes are the values of the list, in order.
func (ContactChannel) Codes() []string { return contactChannels.codes() }

// The groups of Counterpart.
const (
	GroupHerself = "herself"
	GroupThird   = "third_party"
)

// Counterpart is who was spoken to, or who said something, after an exit.
type Counterpart string

const (
	CounterpartPersonne             Counterpart = "personne"
	CounterpartRepresentantLegal    Counterpart = "representant_legal"
	CounterpartEmployeur            Counterpart = "employeur"
	CounterpartOrganismeDeFormation Counterpart = "organisme_de_formation"
	CounterpartProche               Counterpart = "proche"
	CounterpartPartenaire           Counterpart = "partenaire"
)

var counterparts = list("counterpart", "Interlocuteur", "Counterpart",
	"Who was spoken to after an exit. Of the group third_party nobody is asked unless the person agreed to that: an employer who is called learns that she is followed. Values of this API.",
	term(CounterpartPersonne, "La personne", "The person").in(GroupHerself),
	term(CounterpartRepresentantLegal, "Son représentant légal", "Her legal representative").in(GroupHerself),
	term(CounterpartEmployeur, "Employeur", "Employer").in(GroupThird),
	term(CounterpartOrganismeDeFormation, "Organisme de formation", "Training body").in(GroupThird),
	term(CounterpartProche, "Proche", "Relative or friend").in(GroupThird),
	term(CounterpartPartenaire, "Partenaire (France Travail, mission locale, SPIP…)", "Partner (France Travail, mission locale, SPIP…)").in(GroupThird),
)

// Nomenclature is the list of every Counterpart.
func (Counterpart) Nomenclature() *Nomenclature { return counterparts }

// Codes are the values of the list, in order.
func (Counterpart) Codes() []string { return counterparts.codes() }

func (c Counterpart) third() bool { return GroupOf(c) != GroupHerself }

// CheckpointState is where the obligation to find out what became of a person stands.
type CheckpointState string

const (
	CheckpointUpcoming CheckpointState = "upcoming"
	CheckpointDue      CheckpointState = "due"
	CheckpointOverdue  CheckpointState = "overdue"
	CheckpointDone     CheckpointState = "done"
	CheckpointWaived   CheckpointState = "waived"
)

var checkpointStates = list("checkpoint_state", "État de l’échéance à 6 mois", "State of the six-month checkpoint",
	"Where the obligation to find out, six months after an exit to work or training, what became of the person stands today: upcoming until five months after the exit, due until seven months after it, then overdue; done once there is a result, also unreachable; waived while the person does not agree to be contacted, which takes her out of no figure. Values of this API.",
	term(CheckpointUpcoming, "À venir", "Upcoming"),
	term(CheckpointDue, "À faire", "Due"),
	term(CheckpointOverdue, "En retard", "Overdue"),
	term(CheckpointDone, "Faite", "Done"),
	term(CheckpointWaived, "Levée : la personne refuse le suivi", "Waived: the person refuses to be followed"),
)

// Nomenclature is the list of every CheckpointState.
func (CheckpointState) Nomenclature() *Nomenclature { return checkpointStates }

// Codes are the values of the list, in order.
func (CheckpointState) Codes() []string { return checkpointStates.codes() }

// DurationAlert is what the length of a path that goes on asks attention for.
type DurationAlert string

const (
	AlertApproaching DurationAlert = "approaching_9_months"
	AlertOver9       DurationAlert = "over_9_months"
	AlertExtended    DurationAlert = "extended"
	AlertOver12      DurationAlert = "over_12_months"
)

var durationAlerts = list("duration_alert", "Alerte de durée", "Duration alert",
	"What the length of a path that goes on asks attention for: the nine months are near (from 30 days before), they are over and no reason to go on is recorded, or the one recorded has run out; it goes on for a reason that is recorded; the twelve months are over, whatever was recorded. Nothing is refused for it. Source: Code du travail, art. D. 5316-13.",
	term(AlertApproaching, "Approche des 9 mois", "Approaching 9 months"),
	term(AlertOver9, "9 mois atteints, motif à indiquer", "9 months reached, reason asked for"),
	term(AlertExtended, "Prolongé avec motif", "Extended for a reason"),
	term(AlertOver12, "12 mois atteints", "12 months reached"),
)

// Nomenclature is the list of every DurationAlert.
func (DurationAlert) Nomenclature() *Nomenclature { return durationAlerts }

// Codes are the values of the list, in order.
func (DurationAlert) Codes() []string { return durationAlerts.codes() }
