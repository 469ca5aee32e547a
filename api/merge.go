package api

import (
	"context"
	"net/http"

	"o2r/domain"
)

type merge struct {
	ByID
	Body domain.MergeInput
}

type unmerge struct {
	ByID
	Body domain.UnmergeInput
}

// person is a participant, at the place where she is found since she was merged.
type person struct {
	ETag     string `header:"ETag" doc:"Version of the record; send it back in If-Match when changing it." example:"\"1\""`
	Location string `header:"Content-Location" doc:"Where the participant is, if the one that was asked for was merged into her." maxLength:"100" example:"/v1/participants/0197f0a0-0000-7000-8000-000000000001"`
	Body     domain.Participant
}

func (a *API) merges() {
	register(a, http.MethodGet, "/v1/participants/{id}", Staff.And(domain.DPO),
		Doc{ID: "getParticipant", Tag: "People", Summary: "Read a participant", Text: "One person's identity and contact. Of somebody who was merged into another, that other: her id stands in the answer, and Content-Location says where she is. The look is audited."},
		[]int{404},
		func(ctx context.Context, in *ByID) (*person, error) {
			found, err := a.session(ctx).Participant(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			answer := &person{ETag: etag(found), Body: found}
			if found.ID != in.ID {
				answer.Location = "/v1/participants/" + found.ID
			}
			return answer, nil
		})
	register(a, http.MethodPost, "/v1/participants/{id}/merge", Only(domain.Coordinator),
		Doc{ID: "mergeParticipants", Tag: "People", Summary: "Merge a duplicate into a participant", Text: `Two files of one person become one: the participant of the path survives, and the duplicate's enrolments, referrals, history and requests are hers from then on. ` +
			`Both have to be within the caller's reach, and followed only where her token reaches (409 other_programme). The survivor's identity is not changed: complete it first. ` +
			"\n\n" + `Where both are enrolled in one programme at the same time, the enrolment that was entered first stands; what was recorded on the other goes to it (of one meeting or workshop recorded on both, the record that says more), and the other is voided and names it in folded_into. ` +
			`Its entry situation and referral are not carried over. Two paths that do not end alike are refused (409 exits_differ), with what to correct. ` +
			"\n\n" + `Every identifier goes on resolving: the duplicate's leads to the survivor wherever a participant is named, and is refused only where one is rewritten. Figures count the person once. For 30 days POST …/unmerge puts everything back. ` +
			`Merging again what is merged answers as the first time.`},
		[]int{404, 409},
		func(ctx context.Context, in *merge) (*plain[domain.MergeView], error) {
			done, err := a.session(ctx).Merge(ctx, in.ID, in.Body)
			return &plain[domain.MergeView]{Body: done}, err
		})
	register(a, http.MethodPost, "/v1/participants/{id}/unmerge", Only(domain.Coordinator),
		Doc{ID: "unmergeParticipants", Tag: "People", Summary: "Undo a merge", Text: `Puts everything back that the merge of that duplicate moved, within 30 days (afterwards 409 too_late); the history keeps that it was. What was recorded meanwhile stays on the path on which it was recorded. ` +
			`Later merges into the same file are undone first (409 merged_since). Asked again, it answers as the first time.`},
		[]int{404, 409},
		func(ctx context.Context, in *unmerge) (*plain[domain.MergeView], error) {
			done, err := a.session(ctx).Unmerge(ctx, in.ID, in.Body)
			return &plain[domain.MergeView]{Body: done}, err
		})
}
