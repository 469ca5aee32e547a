package persistence

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"o2r/domain"
)

var charters = support[domain.Charter, domain.Charter, *domain.Charter]{"charter", "charters", asIs[domain.Charter]}

// SignCharter records that a person signed the charter: once for each enrolment.
func (s *Session) SignCharter(ctx context.Context, enrolmentID string, in domain.CharterInput) (domain.Charter, error) {
	return charters.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.Charter, error) {
		return domain.Charter{AuthoredFact: fact, CharterInput: in}, t.maySign(enrolment, in)
	})
}

func (t *tx) maySign(enrolment domain.Enrolment, in domain.CharterInput) error {
	if err := in.Check(); err != nil {
		return err
	}
	return enrolment.MayRecord("signed_on", in.SignedOn, t.today)
}

// Charter reads the charter of an enrolment. The look is audited.
func (s *Session) Charter(ctx context.Context, enrolmentID string) (domain.Charter, error) {
	return fetch(ctx, s, func(t *tx) (domain.Charter, error) {
		enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", enrolmentID)
		if err != nil {
			return domain.Charter{}, err
		}
		charter, err := t.charter(enrolment)
		if err != nil {
			return domain.Charter{}, err
		}
		return charter, t.saw("charter", enrolment.Programme, charter.ID, enrolment.ID, enrolment.ParticipantID)
	})
}

func (t *tx) charter(enrolment domain.Enrolment) (domain.Charter, error) {
	var charter domain.Charter
	err := t.factsOf("charters", enrolment).Take(&charter).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return charter, domain.Missing("charter")
	}
	return charter, err
}

// ReplaceCharter corrects the charter of an enrolment.
func (s *Session) ReplaceCharter(ctx context.Context, enrolmentID string, match domain.Match, in domain.CharterInput) (domain.Charter, error) {
	return fetch(ctx, s, func(t *tx) (domain.Charter, error) {
		enrolment, err := one[domain.Enrolment](t.enrolments(), "enrolment", enrolmentID)
		if err != nil {
			return domain.Charter{}, err
		}
		charter, err := t.charter(enrolment)
		if err != nil {
			return domain.Charter{}, err
		}
		return charters.alter(t, "updated", "", enrolmentID, charter.ID, match, func(t *tx, enrolment domain.Enrolment, c *domain.Charter) error {
			c.CharterInput = in
			return t.maySign(enrolment, in)
		})
	})
}
