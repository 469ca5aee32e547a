package persistence

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"o2r/domain"
)

// Erasure reads that a person was erased: all there is left to read of her. The look is audited.
func (s *Session) Erasure(ctx context.Context, participantID string) (domain.Erasure, error) {
	return fetch(ctx, s, func(t *tx) (domain.Erasure, error) {
		done, err := t.erasure(participantID)
		if err != nil {
			return domain.Erasure{}, err
		}
		if done == nil {
			return domain.Erasure{}, domain.Missing("erasure")
		}
		return *done, t.saw("erasure", "", done.ParticipantID)
	})
}

func (t *tx) erasure(participantID string) (*domain.Erasure, error) {
	query := t.Table("erasures")
	if !t.actor.KeepsRights() {
		query = t.nobody(query)
	}
	var done domain.Erasure
	err := query.Where("participant_id = survivor_of(?)", participantID).Take(&done).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &done, err
}

// Erase takes a person's identity away, everywhere and for good, and leaves her figures as they
// were. Asked again, it answers as the first time.
func (s *Session) Erase(ctx context.Context, participantID string, in domain.ErasureInput) (domain.Erasure, error) {
	return fetch(ctx, s, func(t *tx) (domain.Erasure, error) {
		if done, err := t.erasure(participantID); err != nil || done != nil {
			return valueOf(done), err
		}
		participant, err := t.participantNamed(func() *gorm.DB { return locked(t.participants()) }, participantID)
		if errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			// Two asked at once, and the other was first.
			if done, err := t.erasure(participantID); err != nil || done != nil {
				return valueOf(done), err
			}
		}
		if err != nil {
			return domain.Erasure{}, err
		}
		if err := in.Check(); err != nil {
			return domain.Erasure{}, err
		}
		named, err := t.namesPerson(participant.ID, in.Reason)
		if err != nil {
			return domain.Erasure{}, err
		}
		if named {
			return domain.Erasure{}, domain.FieldFault("reason", "names_person", "The reason is kept after the person's file is gone: say it without her name, telephone number or e-mail address.")
		}
		return t.erase(participant, domain.ErasedOnRequest, in.Reason)
	})
}

func valueOf(done *domain.Erasure) domain.Erasure {
	if done == nil {
		return domain.Erasure{}
	}
	return *done
}

// erase does it, to a participant that the transaction holds locked. What each table keeps and
// loses stands in the catalogue that the tests read; a table added later has to take its place there.
func (t *tx) erase(p domain.Participant, origin domain.ErasureOrigin, reason string) (domain.Erasure, error) {
	done := domain.Erasure{ParticipantID: p.ID, ErasedAt: t.now, ErasedBy: t.actor.Subject, Origin: origin, Reason: reason}
	// Whoever was merged into her is she.
	var everybody []domain.Participant
	if err := locked(t.Table("participants")).Where("id IN (SELECT merged_with(?))", p.ID).Order("id").Find(&everybody).Error; err != nil {
		return done, err
	}
	if err := t.holdWithWaiting("participant_id", p.ID); err != nil {
		return done, err
	}
	var paths []domain.Enrolment
	if err := locked(t.Table("enrolments")).Where("participant_id = ?", p.ID).Order("id").Find(&paths).Error; err != nil {
		return done, err
	}
	err := t.Exec(`SELECT FROM workshops WHERE status = 'planned' AND starts_at > ? AND id IN (SELECT workshop_id FROM workshop_registrations WHERE enrolment_id = ANY (CAST(? AS uuid[])))
		ORDER BY id FOR UPDATE`, t.now, array(keys(paths))).Error
	if err != nil {
		return done, err
	}
	// Once her rows are held: from here on nobody is recorded until this is done.
	if err := t.Exec(`SELECT pg_advisory_xact_lock(?)`, graveyard).Error; err != nil {
		return done, err
	}
	for _, one := range everybody {
		if err := t.bury(one.Identity, one.Contact); err != nil {
			return done, err
		}
	}
	if err := t.buryRows(p.ID); err != nil {
		return done, err
	}
	done.Enrolments = len(paths)
	if err := t.forgetAnswers(append(keys(paths), keys(everybody)...)...); err != nil {
		return done, err
	}
	if err := t.eraseReasonsThatName(p.ID); err != nil {
		return done, err
	}
	for i := range paths {
		if err := t.erasePath(&paths[i], p.BirthDate, &done); err != nil {
			return done, err
		}
	}
	for _, one := range everybody {
		if err := t.eraseReferralsOf(one, &done); err != nil {
			return done, err
		}
	}
	for _, statement := range []string{
		`DELETE FROM field_changes WHERE CASE kind WHEN 'participant' THEN participant_id IN (SELECT merged_with(@id))
			WHEN 'enrolment' THEN record_id IN (SELECT id FROM enrolments WHERE participant_id = @id)
			ELSE enrolment_id IN (SELECT id FROM enrolments WHERE participant_id = @id) END`,
		`UPDATE rights_requests SET note = NULL, extension_reason = NULL, version = version + 1, updated_at = @now WHERE participant_id IN (SELECT merged_with(@id))`,
		`DELETE FROM merge_moves WHERE merge_id IN (SELECT id FROM merges WHERE participant_id IN (SELECT merged_with(@id)) OR duplicate_id IN (SELECT merged_with(@id)))`,
		`DELETE FROM calendars WHERE participant_id IN (SELECT merged_with(@id))`,
		`UPDATE merges SET reason = NULL WHERE participant_id IN (SELECT merged_with(@id)) OR duplicate_id IN (SELECT merged_with(@id))`,
		`UPDATE participants SET first_name = NULL, last_name = NULL, birth_date = NULL, phone = NULL, email = NULL, address = NULL,
			postal_code = NULL, territory_code = NULL, match_keys = NULL, restricted_at = NULL, restriction_reason = NULL,
			erased_at = @now, version = version + 1, updated_at = @now WHERE id IN (SELECT merged_with(@id))`,
	} {
		if err := t.Exec(statement, map[string]any{"id": p.ID, "now": t.now}).Error; err != nil {
			return done, err
		}
	}
	if err := t.Table("erasures").Create(&done).Error; err != nil {
		return done, err
	}
	return done, t.wrote(trace{action: "erased", kind: "participant", ids: []string{p.ID}, reason: reason})
}

// erasePath keeps of a path what its figures are made of.
func (t *tx) erasePath(path *domain.Enrolment, birth *domain.Date, done *domain.Erasure) error {
	age := path.Erased(birth)
	if err := t.save(path, &path.Stamp); err != nil {
		return err
	}
	if err := t.Exec(`UPDATE enrolments SET age_kept = ?, frozen = true WHERE id = ?`, age, path.ID).Error; err != nil {
		return err
	}
	if err := t.Exec(`UPDATE jobs SET employer = NULL, version = version + 1, updated_at = ? WHERE enrolment_id = ?`, t.now, path.ID).Error; err != nil {
		return err
	}
	// Codes and days stay, for the figures; texts go, and where she worked.
	for _, emptied := range []string{
		"diagnostics SET note = NULL", "enrolment_barriers SET set_aside_reason = NULL", "enrolment_strengths SET detail = NULL", "charters SET note = NULL",
		"objectives SET label = NULL, abandon_reason = NULL", "actions SET note = NULL",
		"enrolment_proposals SET note = NULL, organisation_id = CASE WHEN kind = 'emploi' OR organisation_id IN (SELECT id FROM organisations WHERE kind IN ('employeur', 'siae')) THEN NULL ELSE organisation_id END",
		"immersions SET host_id = NULL, objectives = NULL, note = NULL, cancel_reason = NULL",
		"follow_ups SET note = NULL", "extensions SET reason = NULL, revoke_reason = NULL",
	} {
		if err := t.Exec(`UPDATE `+emptied+`, version = version + 1, updated_at = ? WHERE enrolment_id = ?`, t.now, path.ID).Error; err != nil {
			return err
		}
	}
	if err := t.forgetPublished("enrolment_id", path.ID); err != nil {
		return err
	}
	err := t.Exec(`UPDATE appointment_moves SET reason = NULL WHERE appointment_id IN (SELECT id FROM appointments WHERE enrolment_id = ?)`, path.ID).Error
	if err != nil {
		return err
	}
	err = t.leaveWorkshops(path.ID, t.now)
	if err == nil {
		err = t.leavePlaces(path.ID)
	}
	if err != nil {
		return err
	}
	meetings := t.Exec(`UPDATE appointments SET purpose = NULL, note = NULL, version = version + 1, updated_at = ? WHERE enrolment_id = ?`, t.now, path.ID)
	done.Appointments += int(meetings.RowsAffected)
	return meetings.Error
}

// unlinked are the referrals that led nowhere and plainly speak of the person: of her names and
// her day of birth, or of her names and a telephone number or e-mail of hers where one of the two
// days is not known.
const unlinked = `(referrals.participant_id IS NULL AND NOT referrals.sandbox AND NOT EXISTS (SELECT FROM enrolments WHERE enrolments.referral_id = referrals.id)
	AND fold(referrals.last_name || ' ' || referrals.first_name) IN (fold(@name), fold(@swapped))
	AND (referrals.birth_date = @birth
		OR (num_nulls(referrals.birth_date, CAST(@birth AS date)) > 0
			AND (right(regexp_replace(referrals.phone, '[^0-9]', '', 'g'), 9) = right(regexp_replace(CAST(@phone AS text), '[^0-9]', '', 'g'), 9)
				OR lower(btrim(referrals.email)) = lower(btrim(CAST(@email AS text)))))))`

func speaksOf(p domain.Participant) map[string]any {
	return map[string]any{
		"id": p.ID, "name": p.LastName + " " + p.FirstName, "swapped": p.FirstName + " " + p.LastName,
		"birth": p.BirthDate, "phone": p.Phone, "email": p.Email,
	}
}

// eraseReferralsOf erases the referrals that led to the person. When she asked for it, also those
// that led nowhere and plainly speak of her; retention leaves these to a rule of their own, since
// one of them may be of somebody who comes back.
func (t *tx) eraseReferralsOf(p domain.Participant, done *domain.Erasure) error {
	hers := ofPerson
	if done.Origin == domain.ErasedOnRequest {
		hers = "(" + ofPerson + " OR " + unlinked + ")"
	}
	var referrals []domain.Referral
	if err := locked(t.referrals()).Where(hers, speaksOf(p)).Order("referrals.id").Find(&referrals).Error; err != nil {
		return err
	}
	done.Referrals += len(referrals)
	for _, referral := range referrals {
		if err := t.eraseReferral(referral); err != nil {
			return err
		}
	}
	return nil
}

// eraseReferral keeps of a referral when it came, from which organisation, and what became of it.
// One that is still open is withdrawn: there is nobody left to decide about.
func (t *tx) eraseReferral(r domain.Referral) error {
	if err := t.forgetAnswers(r.ID); err != nil {
		return err
	}
	if r.Open() {
		if err := r.Withdraw(t.now); err != nil {
			return err
		}
		if err := t.save(&r, &r.Stamp); err != nil {
			return err
		}
		if err := t.bySystem().wrote(trace{action: "withdrawn", kind: "referral", ids: []string{r.ID}, programme: r.Programme, fields: []string{"decided_at", "status"}, partner: r.OrganisationID, facts: &domain.Facts{Status: r.Status}, sandbox: r.Sandbox}); err != nil {
			return err
		}
	}
	err := t.Exec(`UPDATE referrals SET external_reference = NULL, first_name = NULL, last_name = NULL, birth_date = NULL, gender = NULL,
		phone = NULL, email = NULL, postal_code = NULL, territory_code = NULL, justice_status = NULL, barriers = '{}', reason = NULL,
		referrer_name = NULL, referrer_email = NULL, referrer_phone = NULL, decline_note = NULL, resembles_erased = false, match_keys = NULL,
		first_appointment_at = NULL, meetings_attended = NULL, meetings_missed = NULL, exit_class = NULL,
		frozen = true, erased_at = @now, version = version + 1, updated_at = @now WHERE id = @id`,
		map[string]any{"id": r.ID, "now": t.now}).Error
	if err != nil {
		return err
	}
	if err := t.forgetPublished("referral_id", r.ID); err != nil {
		return err
	}
	// What was told of her before is told no more.
	if err := t.Exec(`UPDATE events SET facts = '{}' WHERE kind = 'referral' AND record_id = ?`, r.ID).Error; err != nil {
		return err
	}
	if err := callOff(t.DB, t.now, "referral_id = ?", r.ID); err != nil {
		return err
	}
	return t.wrote(trace{action: "erased", kind: "referral", ids: []string{r.ID}, programme: r.Programme, partner: r.OrganisationID, facts: &domain.Facts{Status: r.Status}, sandbox: r.Sandbox})
}
