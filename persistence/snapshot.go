package persistence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"o2r/domain"
)

// snapshotRow is a snapshot with what was published.
type snapshotRow struct {
	domain.Snapshot
	Document string
	Justice  bool
	Items    int
}

func (snapshotRow) TableName() string { return "snapshots" }

// snapshotColumns are those of a snapshot as it is read, without what was published.
const snapshotColumns = `snapshots.id, snapshots.programme, snapshots.as_of, snapshots."from", snapshots."to", snapshots.note, snapshots.supersedes, snapshots.small_cells_accepted,
	snapshots.published_at, snapshots.published_by, snapshots.sha256, snapshots.data_fingerprint, snapshots.small_cells, snapshots.small_cell_threshold,
	(SELECT newer.id FROM snapshots newer WHERE newer.supersedes = snapshots.id) AS superseded_by`

// superseded is true of one that another took the place of.
const superseded = `EXISTS (SELECT FROM snapshots newer WHERE newer.supersedes = snapshots.id)`

// publishing is the lock that keeps a publication and an erasure apart: whose item it writes down is there when it is
// done, or gone before it looks. Publications share it; those of one programme wait for each other in nothingStands.
const publishing = graveyard + 1

// Snapshots lists what a programme published, the latest first.
func (s *Session) Snapshots(ctx context.Context, programme string, q domain.SnapshotQuery) (domain.SnapshotPage, error) {
	return fetch(ctx, s, func(t *tx) (domain.SnapshotPage, error) {
		if err := t.mayReadSnapshots(programme); err != nil {
			return domain.SnapshotPage{}, err
		}
		if err := q.Check(); err != nil {
			return domain.SnapshotPage{}, err
		}
		query := t.snapshots(programme).Select(snapshotColumns)
		if !q.AsOf.IsZero() {
			query = query.Where("snapshots.as_of = ?", q.AsOf)
		}
		if !q.From.IsZero() {
			query = query.Where("snapshots.published_at >= ?", q.From.Start())
		}
		if !q.To.IsZero() {
			query = query.Where("snapshots.published_at < ?", q.To.End())
		}
		switch q.State {
		case domain.SnapshotStanding:
			query = query.Where("NOT " + superseded)
		case domain.SnapshotSuperseded:
			query = query.Where(superseded)
		}
		found, err := newestFirst[domain.SnapshotView](query, q.Paging)
		return domain.SnapshotPage{Page: found}, err
	})
}

// Snapshot reads what is known of a snapshot, without what it published.
func (s *Session) Snapshot(ctx context.Context, programme, id string) (domain.SnapshotView, error) {
	return fetch(ctx, s, func(t *tx) (domain.SnapshotView, error) {
		if err := t.mayReadSnapshots(programme); err != nil {
			return domain.SnapshotView{}, err
		}
		return one[domain.SnapshotView](t.snapshots(programme).Select(snapshotColumns), "snapshot", id)
	})
}

// PublishedDocument reads what a snapshot published, to the byte.
func (s *Session) PublishedDocument(ctx context.Context, programme, id string) (sum, document string, err error) {
	row, err := fetch(ctx, s, func(t *tx) (snapshotRow, error) { return t.published(programme, id) })
	return row.Sha256, row.Document, err
}

func (t *tx) published(programme, id string) (snapshotRow, error) {
	if err := t.mayReadSnapshots(programme); err != nil {
		return snapshotRow{}, err
	}
	return one[snapshotRow](t.snapshots(programme), "snapshot", id)
}

// mayReadSnapshots finds the programme.
func (t *tx) mayReadSnapshots(programme string) error {
	_, err := t.programme(programme)
	return err
}

// Publish keeps a programme's table as it is now, for good, with where everybody stands in it. Who is being erased while it is
// made is either in it, and loses her name there too, or not.
func (s *Session) Publish(ctx context.Context, slug string, in domain.SnapshotInput) (domain.SnapshotView, error) {
	return fetch(ctx, s, func(t *tx) (domain.SnapshotView, error) {
		var none domain.SnapshotView
		if err := t.mayWrite("snapshot", "published"); err != nil {
			return none, err
		}
		programme, err := t.programme(slug)
		if err != nil {
			return none, err
		}
		period, err := in.Period(programme, t.today)
		if err != nil {
			return none, err
		}
		if err := t.mayStayForEver(slug, in.Note); err != nil {
			return none, err
		}
		if in.Supersedes != nil {
			former, err := one[snapshotRow](t.snapshots(slug).Select(`snapshots.id, snapshots.as_of, snapshots."from", snapshots."to"`), "snapshot", *in.Supersedes)
			if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
				err = unknownSnapshot
			}
			if err == nil {
				err = period.TakesThePlaceOf(former.Snapshot)
			}
			if err != nil {
				return none, err
			}
		}
		if err := t.nothingStands(slug, in, period); err != nil {
			return none, err
		}
		question := domain.Question{Programme: programme, Period: period}
		mark, err := t.gatherToPublish(&question)
		if err != nil {
			return none, err
		}
		in.From, in.To = &period.From, &period.To
		row := snapshotRow{Justice: !t.withoutJustice, Snapshot: domain.Snapshot{
			ID: newID(), Programme: slug, SnapshotInput: in, PublishedAt: t.now, PublishedBy: t.actor.Subject, DataFingerprint: mark,
		}}
		document := question.Document(row.Snapshot)
		row.SmallCells, row.SmallCellThreshold = document.SmallCells(programme.Threshold()), new(programme.Threshold())
		if err := in.MustBeAccepted(row.SmallCells, programme.Threshold()); err != nil {
			return none, err
		}
		if row.Document, err = t.canonicalJSON(document); err != nil {
			return none, err
		}
		row.Sha256 = sumOf(row.Document)
		items, err := t.itemsToKeep(slug, question.Items())
		if err != nil {
			return none, err
		}
		row.Items = len(items)
		if err := t.Create(&row).Error; err != nil {
			return none, err
		}
		if err := t.keepItems(row.Snapshot, items); err != nil {
			return none, err
		}
		return domain.SnapshotView{Snapshot: row.Snapshot}, t.wrote(trace{action: "published", kind: "snapshot", ids: []string{row.ID}, programme: slug, fields: filledFields(in), reason: row.InTrail()})
	})
}

// mayStayForEver refuses a note that names somebody: an erasure would not reach it.
func (t *tx) mayStayForEver(programme string, note *string) error {
	if note == nil {
		return nil
	}
	named, err := t.namesAnybody(programme, *note)
	if err == nil && named {
		err = domain.FieldFault("note", "names_person", "Analysts read the note, and nobody can ever take it back: say it without a participant's name, telephone number or e-mail address.")
	}
	return err
}

// nothingStands refuses a second table of the same days beside the one that stands: the former is named, or stays. No index can
// tell which stand, since another row says so; therefore publications of one programme wait for each other here, until the
// transaction ends, and each reads what the one before it committed (read committed: the statement sees it).
func (t *tx) nothingStands(slug string, in domain.SnapshotInput, period domain.Period) error {
	if err := t.Exec(`SELECT pg_advisory_xact_lock(hashtextextended('snapshots of ' || ?, 0))`, slug).Error; err != nil {
		return err
	}
	if in.Supersedes != nil {
		return nil // that it stands, snapshots_supersedes_key says
	}
	var standing []string
	err := t.snapshots(slug).Where(`snapshots.as_of = ? AND snapshots."from" = ? AND snapshots."to" = ?`, period.AsOf, period.From, period.To).
		Where(`NOT `+superseded).Order("snapshots.id DESC").Limit(1).Pluck("snapshots.id", &standing).Error
	if err != nil || len(standing) == 0 {
		return err
	}
	return domain.AlreadyPublished(standing[0])
}

// gatherToPublish gathers what the figures are made of, all of one instant, and its fingerprint; nobody is erased until the
// transaction ends. Where somebody writes meanwhile, also to the programme while this one waited for its turn, it is done again.
func (t *tx) gatherToPublish(question *domain.Question) (fingerprint string, err error) {
	if err := t.Exec(`SELECT pg_advisory_xact_lock_shared(?)`, publishing).Error; err != nil {
		return "", err
	}
	before, err := t.fingerprint(question.Programme.Slug)
	if err != nil {
		return "", err
	}
	if err := t.gatherFor(question); err != nil {
		return "", err
	}
	after, err := t.fingerprint(question.Programme.Slug)
	if err != nil {
		return "", err
	}
	programme, err := t.programme(question.Programme.Slug)
	if err == nil && (before != after || programme.Version != question.Programme.Version) {
		err = errMeanwhile
	}
	return after, err
}

// fingerprint is that of all that the programme's figures are made of. It tells how many rows there are no more than it
// tells anything else.
func (t *tx) fingerprint(programme string) (string, error) {
	var mark string
	err := t.Raw(`SELECT fingerprint_of_figures(?)`, programme).Scan(&mark).Error
	return sumOf(mark), err
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// canonicalJSON is the document as RFC 8785 writes it. Where the justice module is off, it does not even name what it leaves out.
func (t *tx) canonicalJSON(document domain.SnapshotDocument) (string, error) {
	text, err := json.Marshal(document)
	if err == nil && t.withoutJustice {
		var whole map[string]json.RawMessage
		var profile map[string]json.RawMessage
		if err = errors.Join(json.Unmarshal(text, &whole), json.Unmarshal(whole["profile"], &profile)); err == nil {
			delete(profile, "justice_status")
			if whole["profile"], err = json.Marshal(profile); err == nil {
				text, err = json.Marshal(whole)
			}
		}
	}
	if err != nil {
		return "", err
	}
	canonical := jsontext.Value(text)
	err = canonical.Canonicalize()
	return string(canonical), err
}

// unnamedIn are the enrolments and the referrals of a programme of whom nobody is told whose they are; true of those who were
// erased, of whom that is for good.
func (t *tx) unnamedIn(programme string) (map[string]bool, error) {
	var rows []struct {
		ID     string
		Erased bool
	}
	err := t.Raw(`SELECT e.id, p.erased_at IS NOT NULL AS erased FROM enrolments e JOIN participants p ON p.id = e.participant_id WHERE e.programme = @programme AND num_nonnulls(p.restricted_at, p.erased_at) > 0
		UNION ALL SELECT r.id, r.erased_at IS NOT NULL FROM referrals r WHERE r.programme = @programme AND r.frozen`, map[string]any{"programme": programme}).Scan(&rows).Error
	unnamed := map[string]bool{}
	for _, row := range rows {
		unnamed[row.ID] = row.Erased
	}
	return unnamed, err
}

// itemsToKeep are the items without who was erased, and without the facts of whose file is restricted: those are not copied.
func (t *tx) itemsToKeep(programme string, items []domain.SnapshotItem) ([]domain.SnapshotItem, error) {
	unnamed, err := t.unnamedIn(programme)
	for i, item := range items {
		for _, id := range []*string{item.EnrolmentID, item.ReferralID} {
			if id == nil {
				continue
			}
			if erased, found := unnamed[*id]; found {
				items[i].FactsGone = true
				if erased {
					items[i].EvidenceItem = item.Withheld()
				}
			}
		}
	}
	return items, err
}

// itemRow is an item as it is kept.
type itemRow struct {
	Key           string          `json:"key"`
	EnrolmentID   *string         `json:"enrolment_id"`
	MeetingID     *string         `json:"meeting_id"`
	BarrierID     *string         `json:"barrier_id"`
	ReferralID    *string         `json:"referral_id"`
	TerritoryCode *string         `json:"territory_code"`
	Bucket        domain.Bucket   `json:"bucket"`
	Amount        int             `json:"amount"`
	Facts         json.RawMessage `json:"facts"`
}

func (t *tx) keepItems(snapshot domain.Snapshot, items []domain.SnapshotItem) error {
	const atOnce = 2000
	position := 0
	for chunk := range slices.Chunk(items, atOnce) {
		rows := make([]itemRow, len(chunk))
		for i, item := range chunk {
			rows[i] = itemRow{item.Key, item.EnrolmentID, item.MeetingID, item.BarrierID, item.ReferralID, item.TerritoryCode, item.Bucket, item.Amount, nil}
			if !item.FactsGone {
				facts, err := json.Marshal(item.Facts)
				if err != nil {
					return err
				}
				rows[i].Facts = facts
			}
		}
		text, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		err = t.Exec(`INSERT INTO snapshot_items (snapshot_id, position, programme, key, enrolment_id, meeting_id, barrier_id, referral_id, territory_code, bucket, amount, facts)
			SELECT ?, ? + n, ?, key, enrolment_id, meeting_id, barrier_id, referral_id, territory_code, bucket, amount, nullif(facts, 'null')
			FROM ROWS FROM (jsonb_to_recordset(CAST(? AS jsonb)) AS (key text, enrolment_id uuid, meeting_id uuid, barrier_id uuid, referral_id uuid, territory_code text, bucket text, amount integer, facts jsonb))
				WITH ORDINALITY AS rows (key, enrolment_id, meeting_id, barrier_id, referral_id, territory_code, bucket, amount, facts, n)`,
			snapshot.ID, position, snapshot.Programme, string(text)).Error
		if err != nil {
			return err
		}
		position += len(chunk)
	}
	// That all are there is asked now, while the transaction is still the one who published; see Together.
	for _, when := range []string{"IMMEDIATE", "DEFERRED"} {
		if err := t.Exec(`SET CONSTRAINTS snapshots_whole ` + when).Error; err != nil {
			return err
		}
	}
	return nil
}

// keptItem is an item as it is read.
type keptItem struct {
	SnapshotID                                    string
	PublishedAt                                   time.Time
	AsOf                                          domain.Date
	Key                                           string
	EnrolmentID, MeetingID, BarrierID, ReferralID *string
	TerritoryCode                                 *string
	Bucket                                        domain.Bucket
	Amount                                        int
	Facts                                         *string
}

const keptColumns = `snapshot_items.snapshot_id, snapshot_items.key, snapshot_items.enrolment_id, snapshot_items.meeting_id, snapshot_items.barrier_id,
	snapshot_items.referral_id, snapshot_items.territory_code, snapshot_items.bucket, snapshot_items.amount, snapshot_items.facts::text AS facts`

// evidence is the item as it was, without what is gone since.
func (k keptItem) evidence() (domain.SnapshotItem, error) {
	item := domain.SnapshotItem{Key: k.Key, FactsGone: k.Facts == nil, EvidenceItem: domain.EvidenceItem{
		EnrolmentID: k.EnrolmentID, MeetingID: k.MeetingID, BarrierID: k.BarrierID, ReferralID: k.ReferralID, TerritoryCode: k.TerritoryCode,
		Bucket: k.Bucket, Amount: k.Amount, Facts: []domain.Fact{},
	}}
	if k.Facts == nil {
		return item, nil
	}
	return item, json.Unmarshal([]byte(*k.Facts), &item.Facts)
}

func (t *tx) keptItems(snapshotID string) ([]domain.SnapshotItem, error) {
	var rows []keptItem
	if err := t.Table("snapshot_items").Select(keptColumns).Where("snapshot_id = ?", snapshotID).Order("position").Scan(&rows).Error; err != nil {
		return nil, err
	}
	items := make([]domain.SnapshotItem, len(rows))
	for i, row := range rows {
		var err error
		if items[i], err = row.evidence(); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// forgetPublished takes out of what was published whose the items of those enrolments or referrals were, and why they stood
// there: they go on counting.
func (t *tx) forgetPublished(column string, ids ...string) error {
	return t.overPublished(`enrolment_id = NULL, meeting_id = NULL, barrier_id = NULL, referral_id = NULL, facts = NULL WHERE `+column+` = ANY (CAST(@ids AS uuid[]))`, ids)
}

// forgetPublishedJustice takes out of what was published how people stood with justice.
func (t *tx) forgetPublishedJustice(enrolmentIDs ...string) error {
	return t.overPublished(`facts = NULL WHERE key = '`+domain.IndicatorJusticeSupervised+`' AND enrolment_id = ANY (CAST(@ids AS uuid[]))`, enrolmentIDs)
}

func (t *tx) overPublished(change string, ids []string) error {
	if err := t.Exec(`SELECT pg_advisory_xact_lock(?)`, publishing).Error; err != nil {
		return err
	}
	return t.Exec(`UPDATE snapshot_items SET `+change, map[string]any{"ids": array(ids)}).Error
}

// exportPublished are the places of a person in what was published, of the actor's programmes where she does not keep
// everybody's rights.
func (t *tx) exportPublished(file *domain.PersonFile) error {
	query := t.Table("snapshot_items").Joins("JOIN snapshots ON snapshots.id = snapshot_items.snapshot_id").
		Where("snapshot_items.enrolment_id = ANY (CAST(? AS uuid[])) OR snapshot_items.referral_id = ANY (CAST(? AS uuid[]))", array(keys(file.Enrolments)), array(keys(file.Referrals)))
	if !t.actor.KeepsRights() {
		query = query.Where("snapshots.programme IN ?", t.actor.Programmes)
	}
	if t.withoutJustice {
		query = query.Where("NOT snapshots.justice")
	}
	var rows []keptItem
	err := query.Select("snapshots.published_at, snapshots.as_of, " + keptColumns).Order("snapshots.published_at, snapshot_items.snapshot_id, snapshot_items.position").Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, row := range rows {
		item, err := row.evidence()
		if err != nil {
			return err
		}
		file.Published = append(file.Published, domain.PublishedItem{
			SnapshotID: row.SnapshotID, PublishedAt: row.PublishedAt, AsOf: row.AsOf, Key: row.Key, EnrolmentID: row.EnrolmentID, MeetingID: row.MeetingID,
			BarrierID: row.BarrierID, ReferralID: row.ReferralID, Bucket: row.Bucket, Amount: row.Amount, Facts: item.Facts,
		})
	}
	return nil
}

var unknownSnapshot = domain.FieldFault("supersedes", "unknown", "The programme has no such snapshot.")
