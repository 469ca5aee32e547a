package persistence

import (
	"context"

	"o2r/domain"
)

// Partnerships reads what a programme agreed with the organisations that refer to it, in the order
// it was written. A partner reads its own agreement.
func (s *Session) Partnerships(ctx context.Context, slug string) (domain.PartnershipsOf, error) {
	return fetch(ctx, s, func(t *tx) (domain.PartnershipsOf, error) {
		if _, err := t.programme(slug); err != nil {
			return domain.PartnershipsOf{}, err
		}
		return t.partnershipsOf(slug)
	})
}

// ReplacePartnerships writes the whole list of a programme's agreements. What a partner may not
// know any more, it does not read from then on, also of what happened before.
func (s *Session) ReplacePartnerships(ctx context.Context, slug string, match domain.Match, in domain.PartnershipList) (domain.PartnershipsOf, error) {
	return fetch(ctx, s, func(t *tx) (domain.PartnershipsOf, error) {
		programme, err := t.programme(slug)
		if err != nil {
			return domain.PartnershipsOf{}, err
		}
		if _, err := one[domain.Programme](locked(t.programmes()), "programme", programme.ID); err != nil {
			return domain.PartnershipsOf{}, err
		}
		before, err := t.partnershipsOf(slug)
		if err != nil {
			return before, err
		}
		if !match.Allows(before.Version) {
			return before, domain.Outdated("list of partnerships")
		}
		if err := domain.CheckPartnerships(in.Items); err != nil {
			return before, err
		}
		if err := t.mustBeOrganisations(in.Items); err != nil {
			return before, err
		}
		if err := t.Exec(`DELETE FROM partnerships WHERE programme = ?`, slug).Error; err != nil {
			return before, err
		}
		for position, item := range in.Items {
			err := t.Exec(`INSERT INTO partnerships (programme, organisation_id, disclosure, position) VALUES (?, ?, ?, ?)`,
				slug, item.OrganisationID, item.Disclosure, position).Error
			if err != nil {
				return before, err
			}
		}
		if err := t.Exec(`UPDATE programmes SET partnerships_version = partnerships_version + 1 WHERE slug = ?`, slug).Error; err != nil {
			return before, err
		}
		after := domain.PartnershipsOf{PartnershipList: in, Version: before.Version + 1}
		return after, t.wrote(trace{action: "updated", kind: "partnerships", ids: []string{programme.ID}, programme: slug, fields: []string{"items"}})
	})
}

func (t *tx) partnershipsOf(slug string) (domain.PartnershipsOf, error) {
	list := domain.PartnershipsOf{PartnershipList: domain.PartnershipList{Items: []domain.Partnership{}}}
	if err := t.Table("programmes").Where("slug = ?", slug).Pluck("partnerships_version", &list.Version).Error; err != nil {
		return list, err
	}
	query := t.Table("partnerships").Select("organisation_id", "disclosure").Where("programme = ?", slug)
	if !t.actor.Is(domain.Admin, domain.Coordinator, domain.Caseworker) {
		query = t.only(query, "organisation_id = ?", t.organisation())
	}
	return list, query.Order("position").Find(&list.Items).Error
}

// mustBeOrganisations names each item whose organisation is not recorded.
func (t *tx) mustBeOrganisations(items []domain.Partnership) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.OrganisationID
	}
	var known []string
	if err := t.Raw(`SELECT id::text FROM organisations WHERE id = ANY (CAST(? AS uuid[]))`, array(canonical(ids))).Scan(&known).Error; err != nil {
		return err
	}
	return domain.CheckKnown(items, known)
}

// profiles gives, by programme, how much the actor's organisation may know of its referrals. For
// anybody but a partner nothing is held back, and nothing is asked.
func (t *tx) profiles() (func(programme string) domain.Disclosure, error) {
	agreed := map[string]domain.Disclosure{}
	if t.actor.Is(domain.Partner) {
		var own []struct {
			Programme  string
			Disclosure domain.Disclosure
		}
		if err := t.Table("partnerships").Where("organisation_id = ?", t.organisation()).Find(&own).Error; err != nil {
			return nil, err
		}
		for _, p := range own {
			agreed[p.Programme] = p.Disclosure
		}
	}
	return func(programme string) domain.Disclosure {
		if profile, said := agreed[programme]; said {
			return profile
		}
		return domain.DefaultDisclosure
	}, nil
}
