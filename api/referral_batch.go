package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"o2r/api/rest"
	"o2r/domain"
)

// A batch of 500 rows at their longest, in letters with accents, and how long it may take.
const (
	batchLimit = 4 << 20
	batchTime  = 30 * time.Second
)

// referralBatch is what became of each row of a batch.
type referralBatch struct {
	Items    []referralRow `json:"items" doc:"One for each row, in the order of the rows." maxItems:"500" nullable:"false"`
	Created  int           `json:"created" doc:"How many referrals were made." minimum:"0" maximum:"500" example:"498"`
	Existing int           `json:"existing" doc:"How many rows were sent before, with the same content." minimum:"0" maximum:"500" example:"1"`
	Refused  int           `json:"refused" doc:"How many rows were refused: nothing of them was written." minimum:"0" maximum:"500" example:"1"`
}

type referralRow struct {
	Index    int                  `json:"index" doc:"Which row it is, counted from 0." minimum:"0" maximum:"499" example:"0"`
	Status   int                  `json:"status" doc:"What the row would have been answered as a request of its own: 201 where it made a referral, 200 where that was there already, 409 or 422 where it was refused." minimum:"200" maximum:"499" example:"201"`
	Referral *domain.ReferralView `json:"referral" doc:"The referral; null where the row was refused."`
	Problem  *rest.Problem        `json:"problem" doc:"Why the row was refused (RFC 9457), with its faults located in the whole body: body.items[3].birth_date; null where it was not."`
}

// batched is the answer to a batch.
type batched struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true where the request had been answered before and this is that answer again." maxLength:"4" example:"true"`
	Body     referralBatch
}

func (a *API) referralBatch(parties Access) {
	type input = With[rest.Rows[domain.ReferralInput]]
	doc := Doc{ID: "createReferralBatch", Tag: "Referrals", Summary: "Refer several people",
		Text: "Refers 1 to 500 people, each row as if it were sent by itself: a faulty row, also one with an unknown field or of a wrong type, is refused in its place and refuses no other. What is no JSON, or no list of 1 to 500 items, is refused whole. " +
			"The same rows sent again answer with the referrals already there where they have an external_reference. An Idempotency-Key is of the whole: under it the answer is repeated, refused rows included, so corrected rows take a new key. Should the request fail (5xx), nothing of it was written.",
		Limit: batchLimit, Time: batchTime, Batch: true, keyed: true}
	register(a, http.MethodPost, "/v1/referrals/batch", parties, doc, []int{409}, func(ctx context.Context, in *input) (*batched, error) {
		return keptOnce(ctx, a, doc.ID, in,
			func(ctx context.Context) (*batched, error) {
				made, err := a.referEach(ctx, in.Body.Each(a.server))
				return &batched{Body: made}, err
			},
			func(*batched) string { return "batch" },
			func(answer *batched) { answer.Replayed = "true" })
	})
}

// referEach refers the rows that can be read, and says of each what became of it.
func (a *API) referEach(ctx context.Context, rows []rest.Row[domain.ReferralInput]) (referralBatch, error) {
	answer := referralBatch{Items: make([]referralRow, len(rows))}
	var good []domain.ReferralInput
	var place []int
	for i := range rows {
		answer.Items[i].Index = i
		tidy(&rows[i].Value)
		err := domain.WithoutNIR(&With[domain.ReferralInput]{Body: rows[i].Value})
		if len(rows[i].Faults) > 0 {
			err = rest.NewProblem(http.StatusUnprocessableEntity, "", "", rows[i].Faults...)
		}
		if err != nil {
			answer.Items[i].refuse(ctx, err)
			continue
		}
		good, place = append(good, rows[i].Value), append(place, i)
	}
	done, err := a.session(ctx).ReferAll(ctx, good)
	if err != nil {
		return referralBatch{}, err
	}
	for n, row := range done {
		item := &answer.Items[place[n]]
		switch {
		case row.Refusal != nil:
			item.refuse(ctx, row.Refusal)
		case row.Created:
			item.Status, item.Referral = http.StatusCreated, &row.Referral
			answer.Created++
		default:
			item.Status, item.Referral = http.StatusOK, &row.Referral
			answer.Existing++
		}
	}
	answer.Refused = len(rows) - answer.Created - answer.Existing
	return answer, nil
}

func (r *referralRow) refuse(ctx context.Context, err error) {
	var problem *rest.Problem
	if !errors.As(err, &problem) {
		problem = problemOf(ctx, err)
	}
	said := *problem
	said.RequestID = rest.RequestID(ctx)
	if said.Status == http.StatusUnprocessableEntity {
		said.Detail = "The row breaks the rules named in errors; nothing of it was written."
	}
	said.Errors = make([]domain.FieldError, len(problem.Errors))
	for i, fault := range problem.Errors {
		fault.Location = rest.InRow(r.Index, fault.Location)
		said.Errors[i] = fault
	}
	r.Status, r.Problem = said.Status, &said
}
