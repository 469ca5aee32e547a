package persistence

import (
	"context"

	"gorm.io/gorm"

	"o2r/domain"
)

var extensions = support[domain.Extension, domain.ExtensionView, *domain.Extension]{"extension", "extensions",
	each(func(_ *tx, x domain.Extension) domain.ExtensionView { return x.View() })}

// Extend records why, and until when, a path lasts longer than nine months.
func (s *Session) Extend(ctx context.Context, enrolmentID string, in domain.ExtensionInput) (domain.ExtensionView, error) {
	return extensions.begin(ctx, s, enrolmentID, in, func(t *tx, fact domain.AuthoredFact, enrolment domain.Enrolment) (domain.Extension, error) {
		return domain.NewExtension(fact, enrolment, in, t.today)
	})
}

// Extension reads one extension. The look is audited.
func (s *Session) Extension(ctx context.Context, enrolmentID, id string) (domain.ExtensionView, error) {
	return extensions.read(ctx, s, enrolmentID, id)
}

// Extensions lists the extensions of a path, revoked ones too, the latest recorded first.
func (s *Session) Extensions(ctx context.Context, enrolmentID string, paging domain.Paging) (domain.Page[domain.ExtensionView], error) {
	return extensions.list(ctx, s, enrolmentID, paging, nil)
}

// ReplaceExtension corrects an extension that stands.
func (s *Session) ReplaceExtension(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ExtensionInput) (domain.ExtensionView, error) {
	return extensions.change(ctx, s, "updated", "", enrolmentID, id, match, func(t *tx, enrolment domain.Enrolment, x *domain.Extension) error {
		return x.Correct(enrolment, in, t.today)
	})
}

// RevokeExtension takes an extension back.
func (s *Session) RevokeExtension(ctx context.Context, enrolmentID, id string, match domain.Match, in domain.ExtensionRevocation) (domain.ExtensionView, error) {
	return extensions.change(ctx, s, "revoked", "", enrolmentID, id, match, func(t *tx, _ domain.Enrolment, x *domain.Extension) error { return x.Revoke(in, t.today) })
}

// standingExtensions are those that stand of enrolments that the actor reaches, by enrolment: one statement.
func (t *tx) standingExtensions(enrolmentIDs []string) (map[string]*domain.Extension, error) {
	standing := map[string]*domain.Extension{}
	if len(enrolmentIDs) == 0 {
		return standing, nil
	}
	var found []domain.Extension
	err := t.Table("extensions").Where("extensions.enrolment_id IN ? AND extensions.revoked_on IS NULL", enrolmentIDs).Find(&found).Error
	for i := range found {
		standing[found[i].EnrolmentID] = &found[i]
	}
	return standing, err
}

// duration is a path with the extension that stands, if any, as far as its length asks.
type duration struct {
	domain.Enrolment
	ExtensionID, ExtensionBy  *string
	ExtendedOn, ExtendedUntil *domain.Date
}

func (d duration) extension() *domain.Extension {
	if d.ExtensionID == nil {
		return nil
	}
	x := domain.Extension{ExtensionInput: domain.ExtensionInput{DecidedOn: *d.ExtendedOn, DecidedBy: d.ExtensionBy, UntilOn: d.ExtendedUntil}}
	x.ID = *d.ExtensionID
	return &x
}

// supportEnds says Enrolment.SupportEndsOn in SQL, of the extension that stands. (least would pass over a null.)
const supportEnds = `CAST(greatest(enrolments.entered_on + interval '9 months',
	CASE WHEN extended.id IS NOT NULL THEN least(extended.until_on, enrolments.entered_on + interval '12 months') END) AS date)`

// durations is one statement: the paths among a set of enrolments whose length asks attention today, for one of those
// kinds of alert where any is given. Order it by supportEnds. The enrolments are a scoped query of that table, narrowed at will.
func (t *tx) durations(enrolments *gorm.DB, kinds ...domain.DurationAlert) *gorm.DB {
	if len(kinds) == 0 {
		kinds = []domain.DurationAlert{domain.AlertApproaching, domain.AlertOver9, domain.AlertExtended, domain.AlertOver12}
	}
	return enrolments.
		Joins("LEFT JOIN extensions extended ON extended.enrolment_id = enrolments.id AND extended.revoked_on IS NULL AND extended.decided_on <= ?", t.today).
		Where("enrolments.voided_at IS NULL AND (enrolments.exited_on IS NULL OR enrolments.exited_on > ?)", t.today).
		Where(`CASE WHEN CAST(@today AS date) >= enrolments.entered_on + interval '12 months' THEN 'over_12_months'
			WHEN CAST(@today AS date) >= `+supportEnds+` THEN 'over_9_months'
			WHEN `+supportEnds+` > enrolments.entered_on + interval '9 months' THEN 'extended'
			WHEN CAST(@today AS date) >= CAST(enrolments.entered_on + interval '9 months' AS date) - CAST(@days AS integer) THEN 'approaching_9_months' END IN @kinds`,
			map[string]any{"today": t.today, "days": domain.AlertDays, "kinds": kinds}).
		Select("enrolments.*, extended.id AS extension_id, extended.decided_by AS extension_by, extended.decided_on AS extended_on, extended.until_on AS extended_until")
}

func (t *tx) viewAlerts(found []duration) []domain.AlertView {
	views := []domain.AlertView{}
	for _, d := range found {
		if alert := d.AlertView(d.extension(), t.today); alert != nil {
			views = append(views, *alert)
		}
	}
	return views
}

// Alerts lists the alerts of all enrolments in the actor's reach, those whose support ends first before the others. The
// looks are audited.
func (s *Session) Alerts(ctx context.Context, q domain.AlertQuery) (domain.Page[domain.ListedAlert], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.ListedAlert], error) {
		enrolments := where(where(t.enrolments(), "enrolments.programme", q.Programme), "enrolments.caseworker_id", q.Caseworker)
		var kinds []domain.DurationAlert
		if q.Kind != "" {
			kinds = append(kinds, q.Kind)
		}
		found, err := soonestFirst(t.durations(enrolments, kinds...), q.Paging, "alerts", supportEnds, "enrolments.id",
			func(d duration) (*domain.Date, string) { return new(d.SupportEndsOn(d.extension(), t.today)), d.ID })
		var paths map[string]listedPath
		if err == nil {
			paths, err = t.whose(namedBy(found.Items, func(d duration) string { return d.ID }))
		}
		if err != nil {
			return domain.Page[domain.ListedAlert]{}, err
		}
		whose := []string{}
		for _, d := range found.Items {
			whose = append(whose, d.ID, d.ParticipantID)
		}
		alerts := domain.Page[domain.AlertView]{Items: t.viewAlerts(found.Items), NextCursor: found.NextCursor}
		return mapped(alerts, func(a domain.AlertView) domain.ListedAlert {
			return domain.ListedAlert{AlertView: a, PersonNames: paths[a.EnrolmentID].PersonNames}
		}), t.saw("alert", q.Programme, whose...)
	})
}
