package persistence

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"o2r/domain"
)

// ErrUnavailable says that the database cannot be reached or is too busy now: the same
// request may go through later.
var ErrUnavailable = errors.New("the database is not available")

// PostgreSQL's names for what can go wrong; see its appendix A.
const (
	foreignKeyViolation  = "23503"
	uniqueViolation      = "23505"
	exclusionViolation   = "23P01"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	queryCanceled        = "57014"
	lockNotAvailable     = "55P03"
)

// Refusals that only the database can make for certain, by the constraint that makes them.
var refusals = map[string]error{
	"organisations_slug_key":                   domain.Refused("slug_taken", "Another organisation has this slug."),
	"programmes_slug_key":                      domain.Refused("slug_taken", "Another programme has this slug."),
	"programmes_operator_id_fkey":              domain.FieldFault("operator_id", "unknown", "There is no such organisation."),
	"permanences_programme_fkey":               domain.FieldFault("programme", "unknown", "There is no such programme."),
	"permanences_site_id_fkey":                 domain.FieldFault("site_id", "unknown", "The programme has no such site."),
	"occurrence_changes_site_id_fkey":          domain.FieldFault("site_id", "unknown", "The programme has no such site."),
	"appointments_permanence_id_fkey":          unknownPermanence,
	"appointments_slot_place_key":              domain.ErrSlotTaken,
	"sites_name_key":                           domain.Refused("name_taken", "Another site of the programme has this name."),
	"sites_programme_fkey":                     domain.FieldFault("programme", "unknown", "There is no such programme."),
	"sites_host_id_fkey":                       domain.FieldFault("host_id", "unknown", "There is no such organisation."),
	"sites_territory_code_fkey":                unknownTerritory,
	"participants_organisation_id_fkey":        errNoOrganisation,
	"referrals_organisation_id_fkey":           errNoOrganisation,
	"participants_territory_code_fkey":         unknownTerritory,
	"enrolments_territory_code_fkey":           unknownTerritory,
	"enrolments_site_id_fkey":                  domain.FieldFault("site_id", "unknown", "The programme has no such site."),
	"enrolments_referral_id_fkey":              domain.FieldFault("referral_id", "unknown", "The programme has no such referral."),
	"enrolments_referral_sandbox_check":        domain.FieldFault("referral_id", "unknown", "The programme has no such referral."),
	"enrolments_referral_id_key":               domain.Refused("referral_used", "This referral has already opened an enrolment."),
	"enrolments_once_at_a_time":                domain.Refused("already_enrolled", "The participant is already enrolled in this programme at that time: end or void that enrolment first."),
	"referrals_territory_code_fkey":            unknownTerritory,
	"referrals_preferred_site_id_fkey":         domain.FieldFault("preferred_site_id", "unknown", "The programme has no such site."),
	"appointments_site_id_fkey":                domain.FieldFault("site_id", "unknown", "The programme has no such site."),
	"workshop_moves_to_site_id_fkey":           domain.FieldFault("site_id", "unknown", "The programme has no such site."),
	"workshops_site_id_fkey":                   domain.FieldFault("site_id", "unknown", "The programme has no such site."),
	"clients_organisation_id_fkey":             domain.FieldFault("organisation_id", "unknown", "There is no such organisation."),
	"enrolment_barriers_unsettled_key":         domain.Refused("barrier_unsettled", "This barrier is already to be dealt with on this enrolment: change that one, or settle it first."),
	"enrolment_strengths_strength_key":         domain.Refused("strength_noted", "This strength is already noted on this enrolment: correct that one."),
	"charters_enrolment_id_key":                domain.Refused("charter_signed", "The charter of this enrolment is signed: correct it with PUT."),
	"enrolment_barriers_organisation_id_fkey":  domain.FieldFault("organisation_id", "unknown", "There is no such organisation."),
	"actions_organisation_id_fkey":             domain.FieldFault("organisation_id", "unknown", "There is no such organisation."),
	"enrolment_proposals_organisation_id_fkey": domain.FieldFault("organisation_id", "unknown", "There is no such organisation."),
	"extensions_standing_key":                  domain.Refused("extended_already", "This enrolment is extended already: correct that extension, or revoke it first."),
	"snapshots_supersedes_fkey":                unknownSnapshot,
	"snapshots_supersedes_key":                 domain.Refused("superseded", "Another snapshot took the place of this one already: name the latest."),
	"workshop_requests_waiting_key":            domain.Refused("already_waiting", "This enrolment waits for a place in the workshop already."),
	"workshop_registrations_pkey":              domain.Refused("already_registered", "This enrolment is already registered for the workshop."),
}

// A token is the word of whoever issued it: its organisation may be left out, or not recorded here.
var errNoOrganisation = &domain.Error{Kind: domain.Forbidden, Code: "no_organisation", Message: "Your token names no organisation that is recorded here, and this would belong to it: ask for another token."}

var unknownPermanence = domain.FieldFault("permanence_id", "unknown", "The programme has no such permanence.")

var unknownTerritory = domain.FieldFault("territory_code", "unknown_territory", "There is no commune or priority quarter with this code: see GET /v1/territories.")

// errMeanwhile says that somebody changed a record between the look at it and the hold of it, or between two looks: whoever
// looks again sees that.
var errMeanwhile = fmt.Errorf("%w: a record was changed while it was being read", ErrUnavailable)

// retriable tells whether the same transaction may well succeed when run again.
func retriable(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, errMeanwhile) || errors.As(err, &pg) && (pg.Code == serializationFailure || pg.Code == deadlockDetected)
}

// translate turns what the database refused into what the caller can understand, and a lost
// connection into ErrUnavailable. Everything else stays ours.
func translate(err error) error {
	var pg *pgconn.PgError
	var lost *net.OpError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &pg):
		switch pg.Code {
		case foreignKeyViolation, uniqueViolation, exclusionViolation:
			if refusal, known := refusals[pg.ConstraintName]; known {
				return refusal
			}
		case queryCanceled, lockNotAvailable, serializationFailure, deadlockDetected, "57P01", "57P02", "57P03", "53300":
			return errors.Join(ErrUnavailable, err)
		}
	case errors.Is(err, errMeanwhile):
		return errors.Join(ErrUnavailable, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &lost), errors.As(err, &connect), errors.Is(err, driver.ErrBadConn), pgconn.Timeout(err):
		return errors.Join(ErrUnavailable, err)
	}
	return err
}
