package persistence

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"o2r/domain"
)

// Who may be the same person is asked when somebody of the programme's staff looks, of the records
// as they stand then, and kept nowhere: what arrives only leaves the keys that it is found by. So a
// partner's post does the same whether anybody knows the person or not, and no answer outlives an
// erasure. It is asked among what the programme's staff reach, by the policies of the database too.

// Matches names the files of the referral's programme, and the other referrals to it, that may be of
// the same person. A caseworker learns that a colleague has such a file; to open it she says why.
// The look is audited.
func (s *Session) Matches(ctx context.Context, referralID string) (domain.PossibleMatches, error) {
	return fetch(ctx, s, func(t *tx) (domain.PossibleMatches, error) {
		referral, err := one[domain.Referral](t.referrals(), "referral", referralID)
		if err != nil {
			return domain.PossibleMatches{}, err
		}
		return t.matched("referral", referralID, referral.Programme)
	})
}

// Duplicates names the other files, and the referrals, that may be of the same person as this one, in
// the actor's programmes. The look is audited.
func (s *Session) Duplicates(ctx context.Context, participantID string) (domain.PossibleMatches, error) {
	return fetch(ctx, s, func(t *tx) (domain.PossibleMatches, error) {
		participant, err := t.participantNamed(t.participants, participantID)
		if err != nil {
			return domain.PossibleMatches{}, err
		}
		return t.matched("participant", participant.ID, "")
	})
}

func (t *tx) matched(kind, id, programme string) (domain.PossibleMatches, error) {
	if !t.actor.Staff() {
		return domain.PossibleMatches{}, domain.Denied("Your role may not do this.")
	}
	found, err := t.alike(kind, id)
	if err != nil {
		return domain.PossibleMatches{}, err
	}
	matches := slices.Clip(found[canonical([]string{id})[0]])
	if len(matches) > domain.MostMatches {
		matches = matches[:domain.MostMatches]
	}
	if err := t.sayWhichAsk(matches); err != nil {
		return domain.PossibleMatches{}, err
	}
	ids := make([]string, len(matches))
	for i, match := range matches {
		ids[i] = match.ID
	}
	return domain.PossibleMatches{Items: append([]domain.PossibleMatch{}, matches...)},
		t.audit(trace{action: "matched", kind: kind, ids: ids, whose: []string{id}, programme: programme})
}

// sayWhichAsk marks those that a caseworker opens with a reason only.
func (t *tx) sayWhichAsk(matches []domain.PossibleMatch) error {
	if !t.actor.Confined() || len(matches) == 0 {
		return nil
	}
	open := map[string]bool{}
	for _, query := range []*gorm.DB{t.participants(), t.referrals()} {
		var ids []string
		for _, match := range matches {
			ids = append(ids, match.ID)
		}
		var reached []string
		if err := query.Where(query.Statement.Table+".id IN ?", ids).Pluck(query.Statement.Table+".id", &reached).Error; err != nil {
			return err
		}
		for _, id := range reached {
			open[id] = true
		}
	}
	for i := range matches {
		matches[i].AsksForReason = !open[matches[i].ID]
	}
	return nil
}

// resembling names the participants who may be the same as one just recorded.
func (t *tx) resembling(participantID string) ([]string, error) {
	found, err := t.alike("participant", participantID)
	ids := []string{}
	for _, match := range found[participantID] {
		if match.Kind == "participant" && len(ids) < domain.MostMatches {
			ids = append(ids, match.ID)
		}
	}
	return ids, err
}

// probableMatches counts, of each referral that is still to be decided, the records that are likelier
// than not of the same person. To others than staff it is not said, nor asked.
func (t *tx) probableMatches(referrals []domain.Referral) (map[string]*int, error) {
	var open []string
	for _, referral := range referrals {
		if referral.Open() {
			open = append(open, referral.ID)
		}
	}
	if !t.actor.Staff() || len(open) == 0 {
		return nil, nil
	}
	found, err := t.alike("referral", open...)
	counts := map[string]*int{}
	for _, id := range open {
		n := 0
		for _, match := range found[id] {
			if match.Probable() {
				n++
			}
		}
		counts[id] = &n
	}
	return counts, err
}

// alike finds, for each of those records of a kind, the others that may be of the same person, the
// likeliest first: a referral's in its programme, a participant's in the actor's programmes, whoever
// follows them. What it costs does not grow with how many are on file: see match_candidates.
func (t *tx) alike(kind string, ids ...string) (map[string][]domain.PossibleMatch, error) {
	of := map[string]string{
		"referral":    `SELECT s.id AS subject, c.kind, c.record_id FROM referrals s, LATERAL match_candidates(ARRAY[s.programme], s.match_keys) c WHERE s.id = ANY (CAST(? AS uuid[]))`,
		"participant": `SELECT s.id AS subject, c.kind, c.record_id FROM participants s, LATERAL match_candidates(CAST(? AS text[]), s.match_keys) c WHERE s.id = ANY (CAST(? AS uuid[]))`,
	}
	arguments := []any{array(ids)}
	if kind == "participant" {
		arguments = []any{domain.Codes(t.actor.Programmes), array(ids)}
	}
	var pairs []pair
	if err := t.Raw(of[kind], arguments...).Scan(&pairs).Error; err != nil {
		return nil, err
	}
	return t.weighed(kind, ids, pairs)
}

// pair is a record and another that may be of the same person, since they share a key.
type pair struct{ Subject, Kind, RecordID string }

// weighed says how alike the two of each pair are, where the actor's programmes reach both.
func (t *tx) weighed(kind string, ids []string, pairs []pair) (map[string][]domain.PossibleMatch, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	sought := map[string][]string{kind: ids}
	for _, pair := range pairs {
		sought[pair.Kind] = append(sought[pair.Kind], pair.RecordID)
	}
	known := map[string]recognised{}
	for of, scoped := range map[string]*gorm.DB{"participant": t.wholeProgramme().participants(), "referral": t.wholeProgramme().referrals()} {
		if err := load(scoped, of, sought[of], known); err != nil {
			return nil, err
		}
	}
	if err := t.asSurvivors(sought["participant"], known); err != nil {
		return nil, err
	}
	traits := map[string]domain.Traits{}
	for id, record := range known {
		traits[id] = record.traits()
	}
	found := map[string][]domain.PossibleMatch{}
	for _, pair := range pairs {
		subject, there := known[pair.Subject]
		other, reached := known[pair.RecordID]
		if !there || !reached || subject.ID == other.ID || led(subject, other) {
			continue
		}
		if likeness := domain.Compare(traits[pair.Subject], traits[pair.RecordID]); likeness.Class != "" {
			found[pair.Subject] = append(found[pair.Subject], domain.PossibleMatch{Kind: pair.Kind, ID: other.ID, Likeness: likeness})
		}
	}
	for subject, matches := range found {
		domain.ByLikelihood(matches)
		seen := map[string]bool{} // who is found under several names is named once, as the likeliest of them
		found[subject] = slices.DeleteFunc(matches, func(m domain.PossibleMatch) bool {
			again := seen[m.ID]
			seen[m.ID] = true
			return again
		})
	}
	return found, nil
}

// asSurvivors adds those who were merged into another file, as that other: she is known by both names.
// Whose survivor the actor does not reach stays unknown.
func (t *tx) asSurvivors(ids []string, known map[string]recognised) error {
	merged := t.Table("participants").Where("participants.id = ANY (CAST(? AS uuid[])) AND participants.merged_into IS NOT NULL", array(ids)).Session(&gorm.Session{})
	var led []struct{ Duplicate, Survivor string }
	if err := merged.Select("participants.id AS duplicate, survivor_of(participants.id) AS survivor").Scan(&led).Error; err != nil || len(led) == 0 {
		return err
	}
	survivors := make([]string, len(led))
	for i, pair := range led {
		survivors[i] = pair.Survivor
	}
	duplicates, reached := map[string]recognised{}, map[string]recognised{}
	if err := load(merged, "participant", ids, duplicates); err != nil {
		return err
	}
	if err := load(t.wholeProgramme().participants(), "participant", survivors, reached); err != nil {
		return err
	}
	for _, pair := range led {
		if _, there := reached[pair.Survivor]; there {
			as := duplicates[pair.Duplicate]
			as.ID = pair.Survivor
			known[pair.Duplicate] = as
		}
	}
	return nil
}

// led tells whether one is a referral that is known to be of the other's person.
func led(a, b recognised) bool {
	return a.ParticipantID != nil && *a.ParticipantID == b.ID || b.ParticipantID != nil && *b.ParticipantID == a.ID
}

// load reads what the records are compared by, as far as the scope reaches.
func load(scoped *gorm.DB, kind string, ids []string, into map[string]recognised) error {
	if len(ids) == 0 {
		return nil
	}
	table, led := "participants", "NULL::uuid"
	if kind == "referral" {
		table, led = "referrals", "coalesce(referrals.participant_id, (SELECT e.participant_id FROM enrolments e WHERE e.referral_id = referrals.id))"
	}
	var records []recognised
	err := scoped.Where(table+".id = ANY (CAST(? AS uuid[]))", array(ids)).
		Select(table + ".id, " + led + " AS participant_id, fold_first, fold_last, birth_date, gender, phone, email").Scan(&records).Error
	for _, record := range records {
		into[record.ID] = record
	}
	return err
}
