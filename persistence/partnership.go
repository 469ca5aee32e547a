package persistence

import (
	"bytes"
	"context"
	"encoding/json"

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
	query := t.Table("partnerships").Select("organisation_id", "disclosure").Where("programme = ?", slug)
	if !t.actor.Is(domain.Admin, domain.Coordinator, domain.Caseworker) {
		return list, t.only(query, "organisation_id = ?", t.organisation()).Find(&list.Items).Error
	}
	if err := t.Table("programmes").Where("slug = ?", slug).Pluck("partnerships_version", &list.Version).Error; err != nil {
		return list, err
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

// withheldFromPartner names the fields of a referral that the actor, a partner, reads in none of her
// programmes: what her organisation was not shown, the trail does not say it was.
func (t *tx) withheldFromPartner() ([]string, error) {
	profile, err := t.profiles()
	if err != nil {
		return nil, err
	}
	var most domain.Disclosure
	for _, programme := range t.actor.Programmes {
		if p := profile(programme); !most.Holds(p) {
			most = p
		}
	}
	return domain.WithheldUnder(most), nil
}

// forgetTold takes out of a kept answer about referrals what the actor, a partner, may know no more.
func (t *tx) forgetTold(answer []byte) ([]byte, error) {
	if !t.actor.Is(domain.Partner) {
		return answer, nil
	}
	profile, err := t.profiles()
	if err != nil {
		return nil, err
	}
	var kept map[string]any
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	if err := decoder.Decode(&kept); err != nil {
		return nil, err
	}
	forget(kept, profile)
	return json.Marshal(kept)
}

// forget goes through whatever holds referrals: each names its programme.
func forget(value any, profile func(string) domain.Disclosure) {
	switch value := value.(type) {
	case map[string]any:
		if programme, of := value["programme"].(string); of {
			for _, field := range domain.WithheldUnder(profile(programme)) {
				if _, there := value[field]; there {
					value[field] = nil
				}
			}
		}
		for _, part := range value {
			forget(part, profile)
		}
	case []any:
		for _, part := range value {
			forget(part, profile)
		}
	}
}

// profiles gives, by programme, how much the actor's organisation may know of its referrals. For
// anybody but a partner nothing is held back, and nothing is asked.
func (t *tx) profiles() (func(programme string) domain.Disclosure, error) {
	agreed := t.agreed // asked once in a transaction
	if agreed == nil {
		agreed = map[string]domain.Disclosure{}
	}
	if t.actor.Is(domain.Partner) && t.agreed == nil {
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
		t.agreed = agreed
	}
	return func(programme string) domain.Disclosure {
		if profile, said := agreed[programme]; said {
			return profile
		}
		return domain.DefaultDisclosure
	}, nil
}
