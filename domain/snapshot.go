package domain

import (
	"strconv"
	"time"
)

// SnapshotInput is which table of a programme's is published, and with which words.
type SnapshotInput struct {
	AsOf               Date    `json:"as_of" required:"true" doc:"The day whose state is published: one of the programme's, and not after today." example:"2025-12-31"`
	From               *Date   `json:"from" doc:"First day of the period; the programme's first day when left out." example:"2024-11-01"`
	To                 *Date   `json:"to" doc:"Last day of the period; as_of when left out." example:"2025-12-31"`
	Note               *string `json:"note" doc:"What it is published for, and what its readers should know. Analysts read it, and it stays for ever: it names nobody." minLength:"1" maxLength:"2000" example:"Tableau remis à la DREETS avec le rapport d'activité 2025."`
	Supersedes         *string `json:"supersedes" doc:"The snapshot of this programme, of the same from, to and as_of, that this one takes the place of; the note says why. The former stays as it was published, and says what superseded it. Each is superseded once." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000021"`
	SmallCellsAccepted *bool   `json:"small_cells_accepted" doc:"That the publisher knows that analysts read the table as published, with the numbers in it that are about fewer people than the programme's threshold. Asked for where there are any: publishing without answers 422, and says how many." example:"true"`
}

// Snapshot is a programme's table as it was published: what is left of that day, whatever the records say later. Nothing of it is ever changed.
type Snapshot struct {
	ID        string `json:"id" doc:"Identifier of the snapshot (UUID version 7)." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000021"`
	Programme string `json:"programme" doc:"Slug of the programme." maxLength:"60" example:"o2r-somme"`
	SnapshotInput
	PublishedAt     time.Time `json:"published_at" doc:"When it was published." example:"2026-01-15T09:30:00Z"`
	PublishedBy     string    `json:"published_by" doc:"Who published it: the subject of her token." maxLength:"255" example:"c.martin"`
	Sha256          string    `json:"sha256" doc:"SHA-256 of the document in canonical JSON (RFC 8785), in hexadecimal: of the bytes that …/document answers." pattern:"^[0-9a-f]{64}$" patternDescription:"64 hexadecimal digits" minLength:"64" maxLength:"64" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	DataFingerprint string    `json:"data_fingerprint" doc:"Fingerprint of all that the figures of the programme were made of when it was published, of whatever days, those after as_of too: two snapshots with the same were made of the same records." pattern:"^[0-9a-f]{64}$" patternDescription:"64 hexadecimal digits" minLength:"64" maxLength:"64" example:"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	SmallCells      int       `json:"small_cells" doc:"How many numbers in it are about fewer people than the programme's threshold was then. They are published all the same." example:"3" minimum:"0" maximum:"100000"`

	SmallCellThreshold *int `json:"small_cell_threshold" doc:"The programme's threshold when it was published, by which small_cells was counted; null of one that was published before this was kept." example:"5" minimum:"1" maximum:"100"`
}

// SnapshotView is a snapshot as it is read: with what came after.
type SnapshotView struct {
	Snapshot
	SupersededBy *string `json:"superseded_by" doc:"The snapshot that took its place; null while it stands." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000022"`
}

// Key is its identifier.
func (s Snapshot) Key() string { return s.ID }

// Revision is 1, and 2 once another took its place: all that ever changes about it.
func (s SnapshotView) Revision() int {
	if s.SupersededBy != nil {
		return 2
	}
	return 1
}

// SnapshotState is whether another took the place of a snapshot.
type SnapshotState string

const (
	SnapshotStanding   SnapshotState = "standing"
	SnapshotSuperseded SnapshotState = "superseded"
)

// Codes are the values.
func (SnapshotState) Codes() []string {
	return []string{string(SnapshotStanding), string(SnapshotSuperseded)}
}

// SnapshotQuery filters a programme's snapshots.
type SnapshotQuery struct {
	Paging
	AsOf  Date          `query:"as_of" doc:"Only those of this day." format:"date" example:"2025-12-31" maxLength:"10"`
	State SnapshotState `query:"state" doc:"standing: only those that none took the place of; superseded: the others." example:"standing"`
	From  Date          `query:"from" doc:"Only those published on this day in Paris or later." format:"date" example:"2026-01-01" maxLength:"10"`
	To    Date          `query:"to" doc:"Only those published on this day in Paris or before." format:"date" example:"2026-12-31" maxLength:"10"`
}

// Check refuses days that stand the wrong way round.
func (q SnapshotQuery) Check() error { return endsAfterItBegins(q.From, q.To) }

// SnapshotPage is one page of snapshots, which is a table too.
type SnapshotPage struct{ Page[SnapshotView] }

// SnapshotFormat names what a document of a snapshot holds and how; it changes when that does. In the first, a target said met and
// gap and not what was measured.
const SnapshotFormat = "o2r-snapshot/2"

// SnapshotDocument is what was published, whole: the ten of the convention, those beyond it, each with what was promised for the
// programme and its years; who was supported; and the definitions that all of it was worked out by.
type SnapshotDocument struct {
	Format string `json:"format" doc:"What the document holds, and how." maxLength:"40" example:"o2r-snapshot/2"`
	ID     string `json:"id" doc:"Identifier of the snapshot." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000021"`
	About
	ProgrammeName   string       `json:"programme_name" doc:"What the programme was called." maxLength:"200" example:"O2R Somme"`
	PublishedAt     time.Time    `json:"published_at" doc:"When it was published." example:"2026-01-15T09:30:00Z"`
	PublishedBy     string       `json:"published_by" doc:"Who published it." maxLength:"255" example:"c.martin"`
	Note            *string      `json:"note" doc:"What it was published for." maxLength:"2000" example:"Tableau remis à la DREETS."`
	Supersedes      *string      `json:"supersedes" doc:"The snapshot whose place it took." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000020"`
	DataFingerprint string       `json:"data_fingerprint" doc:"Fingerprint of the records that it was made of." maxLength:"64" example:"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	Figures         []Figure     `json:"figures" doc:"Each indicator, the convention's ten first, then those beyond it; none is suppressed." maxItems:"100" nullable:"false"`
	Profile         Profile      `json:"profile" doc:"Who was supported."`
	Definitions     []Definition `json:"definitions" doc:"The definitions used, each in the version used." maxItems:"100" nullable:"false"`
}

// SnapshotItem is where one thing stood in a figure that was published, and why. Who was erased since has neither
// identifier nor facts there.
type SnapshotItem struct {
	Key string
	EvidenceItem
	FactsGone bool // of whose file was restricted then, or who was erased since
}

// Period is the period that is published, with its defaults.
func (in SnapshotInput) Period(programme Programme, today Date) (Period, error) {
	asked := PeriodInput{AsOf: in.AsOf}
	if in.From != nil {
		asked.From = *in.From
	}
	if in.To != nil {
		asked.To = *in.To
	}
	p := asked.withDefaults(programme.StartsOn, today)
	var faults Faults
	if p.AsOf.After(today) {
		faults.Add("as_of", "in_future", "Nobody can publish the state of a day to come.")
	}
	if p.AsOf.Before(programme.StartsOn) {
		faults.Add("as_of", "before_programme", "The programme begins on %s: there is nothing to publish of a day before.", programme.StartsOn)
	}
	if p.From.After(p.To) {
		faults.Add("from", "after_end", "The period begins on or before the day it ends (to, or as_of where to is left out).")
	}
	faults.OptionalText("note", in.Note)
	if in.Supersedes != nil && in.Note == nil {
		faults.Add("note", "required", "Say why this takes the place of what was published.")
	}
	return p, faults.Err()
}

// TakesThePlaceOf refuses to take the place of a snapshot of other days: of those days nothing would stand any more.
func (p Period) TakesThePlaceOf(other Snapshot) error {
	if p.AsOf == other.AsOf && (other.From == nil || p.From == *other.From) && (other.To == nil || p.To == *other.To) {
		return nil
	}
	return FieldFault("supersedes", "other_days", "That snapshot is of other days (from %s to %s, as of %s): one takes the place of another with the same from, to and as_of.",
		dayOrNothing(other.From), dayOrNothing(other.To), other.AsOf)
}

// AlreadyPublished refuses a second table of the same days beside the one that stands.
func AlreadyPublished(standing string) error {
	return Refused("already_published", "Snapshot %s stands for the same from, to and as_of: name it in supersedes, and say in note why another takes its place.", standing)
}

// publishes is the question whose answer is published: of everybody, to whoever may read.
func (q Question) publishes() Question {
	q.Filter, q.Restricted = Filter{}, false
	return q
}

// Document is what the snapshot publishes, and Items are what stands behind it.
func (q Question) Document(s Snapshot) SnapshotDocument {
	q = q.publishes()
	return SnapshotDocument{
		Format: SnapshotFormat, ID: s.ID, About: q.about(), ProgrammeName: q.Programme.Name, PublishedAt: s.PublishedAt, PublishedBy: s.PublishedBy,
		Note: s.Note, Supersedes: s.Supersedes, DataFingerprint: s.DataFingerprint,
		Figures: q.FiguresOf("").Items, Profile: q.Profile().Profile, Definitions: q.definitions(""),
	}
}

// Items are the items of each indicator, in their order: as many in each bucket as the document's figure says.
func (q Question) Items() []SnapshotItem {
	q = q.publishes()
	known := q.known(q.Period.AsOf, q.Filter)
	items := []SnapshotItem{}
	for _, d := range q.definitions("") {
		for _, item := range d.evidence(known, q.Period) {
			items = append(items, SnapshotItem{Key: d.Key, EvidenceItem: item})
		}
	}
	return items
}

// SmallCells is how many numbers of the document are about fewer than k people.
func (d SnapshotDocument) SmallCells(k int) int {
	small := 0
	count := func(is bool) {
		if is {
			small++
		}
	}
	for _, f := range d.Figures {
		count(f.cells().small(k))
		count(smallCount(f.Confirmed, k) || smallCount(f.Provisional, k) || smallCount(f.Unconfirmed, k))
		for _, target := range f.Targets {
			count(target.measured != nil && target.measured.small(k))
		}
	}
	p := d.Profile
	count(smallCount(p.People, k))
	for _, rows := range [][]Share{p.Gender, p.EducationLevel, p.JusticeStatus, p.ReferrerKind, p.Barriers, {p.ExitsToWork}} {
		for _, row := range rows {
			count(smallCount(row.Count, k))
		}
	}
	count(smallCell(p.Age.youngest, k))
	count(smallCell(p.Age.oldest, k))
	count(smallCount(p.Age.Unknown, k))
	return small
}

// MustBeAccepted refuses to publish what is about few people to analysts unless whoever publishes has said that she knows.
func (in SnapshotInput) MustBeAccepted(smallCells, k int) error {
	if smallCells == 0 || in.SmallCellsAccepted != nil && *in.SmallCellsAccepted {
		return nil
	}
	return FieldFault("small_cells_accepted", "small_cells",
		"Analysts read a snapshot as published, and %d of its numbers are about fewer than %d people: send true to publish it all the same.", smallCells, k)
}

// Table is the page as a header and a row for each snapshot.
func (p SnapshotPage) Table() (header []string, rows [][]string) {
	header = []string{"id", "programme", "as_of", "from", "to", "note", "supersedes", "superseded_by", "small_cells", "published_at", "published_by", "sha256", "data_fingerprint", "small_cell_threshold"}
	for _, s := range p.Items {
		rows = append(rows, []string{s.ID, s.Programme, s.AsOf.String(), dayOrNothing(s.From), dayOrNothing(s.To), textOf(s.Note), textOf(s.Supersedes), textOf(s.SupersededBy),
			strconv.Itoa(s.SmallCells), s.PublishedAt.Format(time.RFC3339Nano), s.PublishedBy, s.Sha256, s.DataFingerprint, whole(s.SmallCellThreshold)})
	}
	return header, rows
}

func dayOrNothing(day *Date) string {
	if day == nil {
		return ""
	}
	return day.String()
}

// Table is the published figures as a header and rows, under the names they have wherever figures are read as CSV.
func (d SnapshotDocument) Table() (header []string, rows [][]string) {
	return Figures{About: d.About, Items: d.Figures}.Table()
}
