package api

import (
	"context"
	"encoding/json"
	"net/http"

	"o2r/domain"
	"o2r/persistence"
)

// SnapshotID is the part of a path that names a snapshot.
type SnapshotID struct {
	ID string `path:"id" doc:"Identifier of the snapshot." format:"uuid" minLength:"36" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000021"`
}

type snapshotOf struct {
	BySlug
	SnapshotID
}

type documentOf struct {
	BySlug
	SnapshotID
	Known
}

type snapshotsOf struct {
	BySlug
	domain.SnapshotQuery
}

type publication struct {
	BySlug
	Body domain.SnapshotInput
}

type comparisonOf struct {
	BySlug
	SnapshotID
	Known
	domain.ComparisonQuery
}

// snapshotPage is a page of snapshots, in JSON or as a table.
type snapshotPage struct {
	Link string `header:"Link" doc:"The next page (RFC 8288), where there is one." example:"</v1/programmes/o2r-somme/snapshots?cursor=eyJpZCI6IjAxOTdmMGEwIn0>; rel=\"next\""`
	Body domain.SnapshotPage
}

// publishedDocument is what was published: as JSON the very text that was kept, as CSV its table.
type publishedDocument struct {
	domain.SnapshotDocument
	text string
}

// published is what never changes.
type published struct {
	Status             int
	ETag               string   `header:"ETag" doc:"The hash of what was published: it never changes." maxLength:"100" example:"\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""`
	CacheControl       string   `header:"Cache-Control" doc:"Whoever asked may keep the answer, and need not ask again." maxLength:"100" example:"private, max-age=31536000, immutable"`
	ContentDisposition string   `header:"Content-Disposition" doc:"The name of the file, of one to open in a spreadsheet: programme, snapshot and the day that it is of." maxLength:"300" example:"attachment; filename=\"o2r-somme-published-0197f0a0-0000-7000-8000-000000000021-2025-12-31.csv\""`
	Vary               []string `header:"Vary" doc:"What the answer depends on: another caller's may be that there is none." maxLength:"100" example:"Authorization"`
	Body               publishedDocument
}

// Exact is the text that the hash is of.
func (d publishedDocument) Exact() string { return d.text }

// forEver is how long an answer may be kept that never changes; by whoever asked, since others may not see it.
const forEver = "private, max-age=31536000, immutable"

const verifying = " Anybody checks it: `curl -s -H \"Authorization: Bearer $TOKEN\" $URL/document | sha256sum` prints the sha256 that `curl -s -H \"Authorization: Bearer $TOKEN\" $URL | jq -r .sha256` reads." +
	" The document is canonical JSON already, so that a copy that was printed otherwise gives the same hash once it is made canonical again (RFC 8785)."

// snapshots serves tables as they were published.
func (a *API) snapshots() {
	const path = "/v1/programmes/{programme}/snapshots"
	readers := Staff.And(domain.Analyst)
	register(a, http.MethodGet, path, readers,
		Doc{ID: "listSnapshots", Tag: "Figures", Summary: "List what a programme published", Text: "The programme's tables as they were published, the latest first: who published each, when, of which days, its hash, and what took its place. As CSV, the page.", Also: []string{csvType}},
		[]int{404},
		func(ctx context.Context, in *snapshotsOf) (*snapshotPage, error) {
			page, err := a.session(ctx).Snapshots(ctx, in.Programme, in.SnapshotQuery)
			return &snapshotPage{Link: nextLink(ctx, page.NextCursor), Body: page}, err
		})
	read(a, path+"/{id}", readers,
		Doc{ID: "getSnapshot", Tag: "Figures", Summary: "Read about a snapshot", Text: "Who published it, when, with which note, of which days, and the hash of the document." + verifying},
		func(ctx context.Context, s *persistence.Session, in *snapshotOf) (domain.SnapshotView, error) {
			return s.Snapshot(ctx, in.Programme, in.ID)
		})
	create(a, path, Only(domain.Coordinator),
		Doc{ID: "createSnapshot", Tag: "Figures", Summary: "Publish a programme's table", Text: "Keeps the table as the records say it now, for good: the ten indicators of the convention with what was promised for the programme and its years, those beyond it, the profile, the definitions used, and a fingerprint of the data. " +
			"Nobody can change or withdraw it, and whatever is recorded, merged or erased later leaves it as it is; one that proves wrong is superseded by another, with a note that says why. Of the same from, to and as_of one stands: to publish another without naming it in supersedes answers 409 (already_published), and names it.\n\n" +
			"**Analysts of the programme read it as published: nothing in it is suppressed.** Where numbers in it are about fewer people than the programme's threshold, small_cells_accepted says that this is meant. A snapshot that is published twice within a month tells by its difference of whoever entered or left in between."},
		func(ctx context.Context, s *persistence.Session, in *publication) (domain.SnapshotView, error) {
			return s.Publish(ctx, in.Programme, in.Body)
		})
	register(a, http.MethodGet, path+"/{id}/document", readers,
		Doc{ID: "getSnapshotDocument", Tag: "Figures", Summary: "Read what was published", Text: "The document as it was published, to the byte, whoever asks and whatever the records say today; as CSV (Accept: text/csv) its table." + verifying, Also: []string{csvType}},
		[]int{404}, a.document)
	a.alsoHeld(path + "/{id}/document")
	measure(a, path+"/{id}/compare", readers,
		Doc{ID: "compareSnapshot", Tag: "Figures", Summary: "Explain what differs from what was published", Text: "Figure by figure, what was published beside what the records say now of the same days (or of others: from, to, as_of), or beside another snapshot (with): numerator, denominator, unknown and value, and whether the definition is another. What the records say now is shown as elsewhere: an analyst's days fall on month boundaries, and small cells are suppressed for her, and for a caseworker unless she gives an Access-Reason.\n\n" +
			"For a coordinator also person by person: which enrolments, referrals and territories entered a figure, left it or changed bucket since, and the facts that did. Paths that a merge folded are told of under the path that stands; those who were erased, or whose file is restricted, count and are not named. Added up, they are the difference. At most 1,000 at once are named (limit, offset), of people_in_all. Whom the answer names is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *comparisonOf) (persistence.Shown[domain.Comparison], error) {
			return s.CompareSnapshot(ctx, in.Programme, in.ID, in.ComparisonQuery)
		})
}

// document answers what was published. Whoever holds it holds it for good.
func (a *API) document(ctx context.Context, in *documentOf) (*published, error) {
	sum, text, err := a.session(ctx).PublishedDocument(ctx, in.Programme, in.ID)
	if err != nil {
		return nil, err
	}
	answer := &published{Status: http.StatusOK, ETag: `"` + sum + `"`, CacheControl: forEver, Vary: []string{"Authorization"}, Body: publishedDocument{text: text}}
	if mediaOf(ctx) == csvType {
		answer.ETag = `"` + sum + `-csv"`
		if err := json.Unmarshal([]byte(text), &answer.Body.SnapshotDocument); err != nil {
			return nil, err
		}
		answer.ContentDisposition = asFile(ctx, answer.Body)
	}
	if in.holds(answer.ETag) {
		answer.Status, answer.ContentDisposition = http.StatusNotModified, ""
	}
	return answer, nil
}
