package persistence

import (
	"context"

	"gorm.io/gorm"

	"o2r/domain"
)

func requestStamp(r *domain.RightsRequest) *domain.Stamp { return &r.Stamp }

// rightsRequests are the data protection officer's.
func (t *tx) rightsRequests() *gorm.DB {
	query := t.Table("rights_requests")
	if !t.actor.KeepsRights() {
		return t.nobody(query)
	}
	return query
}

// NewRightsRequest enters a request in the register.
func (s *Session) NewRightsRequest(ctx context.Context, in domain.RightsRequestInput) (domain.RightsRequest, error) {
	return fetch(ctx, s, func(t *tx) (domain.RightsRequest, error) {
		if err := t.aboutSurvivor(&in); err != nil {
			return domain.RightsRequest{}, err
		}
		request := domain.RightsRequest{Stamp: t.stamp(), RightsRequestInput: in, DueOn: in.DueOn()}
		if err := t.checkRequest(in, false); err != nil {
			return request, err
		}
		if err := t.Create(&request).Error; err != nil {
			return request, err
		}
		return request, t.wrote(trace{action: "created", kind: "rights_request", ids: about(request), fields: filledFields(in)})
	})
}

// ReplaceRightsRequest writes what became of a request.
func (s *Session) ReplaceRightsRequest(ctx context.Context, id string, match domain.Match, in domain.RightsRequestInput) (domain.RightsRequest, error) {
	return fetch(ctx, s, func(t *tx) (domain.RightsRequest, error) {
		var before domain.RightsRequestInput
		after, err := change(t, t.rightsRequests(), "rights request", id, match, requestStamp, func(r *domain.RightsRequest) error {
			before = r.RightsRequestInput
			if err := t.aboutSurvivor(&in); err != nil {
				return err
			}
			r.RightsRequestInput, r.DueOn = in, in.DueOn()
			return t.checkRequest(in, before.ExtensionReason != nil)
		})
		if err != nil {
			return after, err
		}
		return after, t.wrote(trace{action: "updated", kind: "rights_request", ids: about(after), fields: changedFields(before, in)})
	})
}

// aboutSurvivor makes a request about whoever the identifier leads to.
func (t *tx) aboutSurvivor(in *domain.RightsRequestInput) error {
	if in.ParticipantID == nil {
		return nil
	}
	survivor, err := t.survivorOf(*in.ParticipantID)
	in.ParticipantID = &survivor
	return err
}

// about names a request and the person it is about, so that her file's trail holds it.
func about(r domain.RightsRequest) []string {
	if r.ParticipantID == nil {
		return []string{r.ID}
	}
	return []string{r.ID, *r.ParticipantID}
}

func (t *tx) checkRequest(in domain.RightsRequestInput, extended bool) error {
	if err := in.Check(t.today, extended); err != nil {
		return err
	}
	if in.ParticipantID == nil {
		return nil
	}
	var known bool // an erased person's request is answered when she is erased
	err := t.Raw(`SELECT EXISTS (SELECT FROM participants WHERE id = ?)`, *in.ParticipantID).Scan(&known).Error
	if err == nil && !known {
		err = domain.FieldFault("participant_id", "unknown", "There is no such participant.")
	}
	return err
}

// RightsRequest reads one request. The look is audited.
func (s *Session) RightsRequest(ctx context.Context, id string) (domain.RightsRequest, error) {
	return fetch(ctx, s, func(t *tx) (domain.RightsRequest, error) {
		request, err := one[domain.RightsRequest](t.rightsRequests(), "rights request", id)
		if err != nil {
			return request, err
		}
		return request, t.saw("rights_request", "", about(request)...)
	})
}

// RightsRequests lists the register, the latest entered first. The looks are audited.
func (s *Session) RightsRequests(ctx context.Context, q domain.RightsRequestQuery) (domain.Page[domain.RightsRequest], error) {
	return fetch(ctx, s, func(t *tx) (domain.Page[domain.RightsRequest], error) {
		query := where(t.rightsRequests(), "rights_requests.status", q.Status)
		query = where(query, "rights_requests.kind", q.Kind)
		if q.ParticipantID != "" {
			query = query.Where("rights_requests.participant_id IN (SELECT merged_with(survivor_of(?)))", q.ParticipantID)
		}
		if q.Overdue {
			query = query.Where("rights_requests.status = ? AND rights_requests.due_on < ?", domain.RightsOpen, t.today)
		}
		found, err := newestFirst[domain.RightsRequest](query, q.Paging)
		if err != nil {
			return found, err
		}
		var ids []string
		for _, request := range found.Items {
			ids = append(ids, about(request)...)
		}
		return found, t.saw("rights_request", "", ids...)
	})
}
