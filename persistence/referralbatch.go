package persistence

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"o2r/domain"
)

// ReferredRow is what became of one row of a batch: the referral that it made or that was there already, or
// why it was refused.
type ReferredRow struct {
	Referral domain.ReferralView
	Created  bool
	Refusal  error // a *domain.Error
}

// ReferAll refers each row as Refer would, in one transaction: a row that is refused refuses no other, and
// what is no refusal undoes all of them. Rows are taken in the order of their references, so that batches
// that share some wait for each other and never in a circle; the answer is in the order of the rows.
func (s *Session) ReferAll(ctx context.Context, rows []domain.ReferralInput) ([]ReferredRow, error) {
	return fetch(ctx, s, func(t *tx) ([]ReferredRow, error) {
		if err := t.mustHaveOrganisation(); err != nil {
			return nil, err
		}
		if err := t.expireReferrals(); err != nil {
			return nil, err
		}
		known, err := t.placesOf(rows)
		if err != nil {
			return nil, err
		}
		done, referrals := make([]ReferredRow, len(rows)), make([]domain.Referral, len(rows))
		for _, i := range byReference(rows) {
			var refusal *domain.Error
			programme, err := known.check(rows[i])
			if err == nil {
				referrals[i], done[i].Created, err = t.refer(programme, rows[i])
			}
			switch {
			case errors.As(err, &refusal):
				done[i].Refusal = err
			case err != nil:
				return nil, err
			}
		}
		onList, err := targeted(t, referrals, func(r domain.Referral) (string, *string) { return r.Programme, r.TerritoryCode })
		if err != nil {
			return nil, err
		}
		profile, err := t.profiles()
		if err != nil {
			return nil, err
		}
		matches, err := t.probableMatches(referrals)
		if err != nil {
			return nil, err
		}
		for i, referral := range referrals {
			if done[i].Refusal == nil {
				done[i].Referral = referral.View(t.actor, profile(referral.Programme), onList(referral.Programme, referral.TerritoryCode), matches[referral.ID])
			}
		}
		return done, nil
	})
}

// byReference is the order in which rows are taken: by reference, and of equal ones the first first.
func byReference(rows []domain.ReferralInput) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(textOf(rows[a].ExternalReference), textOf(rows[b].ExternalReference))
	})
	return order
}

func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// places are what rows name that only the database knows: a row that names nothing there is refused before
// it is written, since a statement that the database refuses would end the whole.
type places struct {
	programmes  map[string]domain.Programme
	refused     map[string]error // by programme
	territories map[string]bool
	sites       map[[2]string]bool // programme and site
}

func (t *tx) placesOf(rows []domain.ReferralInput) (places, error) {
	known := places{programmes: map[string]domain.Programme{}, refused: map[string]error{}, territories: map[string]bool{}, sites: map[[2]string]bool{}}
	var codes, sites []string
	for _, row := range rows {
		if _, asked := known.programmes[row.Programme]; !asked {
			programme, err := t.programmeNamed(row.Programme)
			if err != nil && !errors.Is(err, &domain.Error{Kind: domain.Invalid}) {
				return known, err
			}
			known.programmes[row.Programme], known.refused[row.Programme] = programme, err
		}
		if row.TerritoryCode != nil {
			codes = append(codes, *row.TerritoryCode)
		}
		if row.PreferredSiteID != nil {
			sites = append(sites, *row.PreferredSiteID)
		}
	}
	var found []string
	if err := t.Raw(`SELECT code FROM territories WHERE code = ANY (CAST(? AS text[]))`, array(codes)).Scan(&found).Error; err != nil {
		return known, err
	}
	for _, code := range found {
		known.territories[code] = true
	}
	var there []struct{ Programme, ID string }
	if err := t.Raw(`SELECT programme, id FROM sites WHERE id = ANY (CAST(? AS uuid[]))`, array(sites)).Scan(&there).Error; err != nil {
		return known, err
	}
	for _, site := range there {
		known.sites[[2]string{site.Programme, site.ID}] = true
	}
	return known, nil
}

// check gives the row's programme, or refuses what the database would.
func (p places) check(row domain.ReferralInput) (domain.Programme, error) {
	if err := p.refused[row.Programme]; err != nil {
		return domain.Programme{}, err
	}
	if row.TerritoryCode != nil && !p.territories[*row.TerritoryCode] {
		return domain.Programme{}, unknownTerritory
	}
	if row.PreferredSiteID != nil && !p.sites[[2]string{row.Programme, *row.PreferredSiteID}] {
		return domain.Programme{}, refusals["referrals_preferred_site_id_fkey"]
	}
	return p.programmes[row.Programme], nil
}
