package persistence

import (
	"context"
	"slices"
	"time"

	"o2r/domain"
)

// Register takes a place in a workshop or, where it is full and she would wait, one on its waiting list. The workshop is
// held meanwhile, so that its capacity is never passed and its list keeps its order.
func (s *Session) Register(ctx context.Context, id string, match domain.Match, in domain.RegistrationInput) (domain.WorkshopView, error) {
	return s.changePlaces(ctx, id, in.EnrolmentID, match, "registered", func(t *tx, w *domain.Workshop, enrolment *domain.Enrolment) (string, error) {
		if err := enrolment.MayMeet("enrolment_id", w.StartsAt); err != nil {
			return "", err
		}
		if err := w.MustBePlanned(); err != nil {
			return "", err
		}
		waiting, err := t.waitingFor(w.ID, enrolment.ID)
		if err != nil {
			return "", err
		}
		// Whoever waits comes first, and that may be she.
		given, err := t.givePlaces(*w)
		if err != nil {
			return "", err
		}
		if slices.Contains(given, enrolment.ID) {
			return "registered", nil
		}
		registered, err := t.registrations(w.ID, everybody)
		if err != nil {
			return "", err
		}
		switch {
		case slices.ContainsFunc(registered, func(r domain.Registration) bool { return r.EnrolmentID == enrolment.ID }):
			return "", refusals["workshop_registrations_pkey"] // also where the last place is her own
		case waiting && (w.GivesPlaces(t.now) || !w.Room(len(registered))):
			return "", refusals["workshop_requests_waiting_key"]
		case waiting: // it has begun, and she is there after all
			return "registered", t.placeFromList(*w, enrolment.ID)
		case !w.Room(len(registered)) && in.WaitingList != nil && *in.WaitingList:
			return "listed", t.list(*w, enrolment.ID)
		}
		if err := w.Register(len(registered)); err != nil {
			return "", err
		}
		return "registered", t.place(*w, enrolment.ID)
	})
}

// Unregister gives a place back before the roll is called, or one on the waiting list. What becomes free goes to who
// waits first, at once.
func (s *Session) Unregister(ctx context.Context, id string, match domain.Match, in domain.UnregistrationInput) (domain.WorkshopView, error) {
	return s.changePlaces(ctx, id, in.EnrolmentID, match, "unregistered", func(t *tx, w *domain.Workshop, enrolment *domain.Enrolment) (string, error) {
		if err := w.MustBePlanned(); err != nil {
			return "", err
		}
		var taken []time.Time
		err := t.Raw(`DELETE FROM workshop_registrations WHERE workshop_id = ? AND enrolment_id = ? RETURNING created_at`, w.ID, enrolment.ID).Scan(&taken).Error
		if err != nil {
			return "", err
		}
		gaveUp := t.Exec(`UPDATE workshop_requests SET state = ?, settled_at = ? WHERE workshop_id = ? AND enrolment_id = ? AND state = ?`,
			domain.RequestWithdrawn, t.now, w.ID, enrolment.ID, domain.RequestWaiting)
		switch {
		case gaveUp.Error != nil:
			return "", gaveUp.Error
		case len(taken) == 0 && gaveUp.RowsAffected == 0:
			return "", domain.Refused("not_registered", "This enrolment has no place in the workshop, and waits for none.")
		case len(taken) > 0:
			err = t.Exec(`INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				newID(), w.Programme, w.ID, enrolment.ID, taken[0], domain.RequestWithdrawn, t.now).Error
		}
		return "unregistered", err
	})
}

// changePlaces is changeWorkshop for what gives or takes places. The enrolment that it is about, where it is about one, and
// those that may get a place are held before the workshop is; see locked. The rule says what was done.
func (s *Session) changePlaces(ctx context.Context, id, enrolmentID string, match domain.Match, action string, rule func(*tx, *domain.Workshop, *domain.Enrolment) (string, error)) (domain.WorkshopView, error) {
	return fetch(ctx, s, func(t *tx) (domain.WorkshopView, error) {
		planned, err := one[domain.Workshop](t.workshops(), "workshop", id)
		if err == nil && !match.Allows(planned.Version) { // said before anything of the body is
			err = domain.Outdated("workshop")
		}
		if err != nil {
			return domain.WorkshopView{}, err
		}
		if err := t.Exec(`SELECT FROM enrolments WHERE id = ? OR id IN (SELECT enrolment_id FROM workshop_requests WHERE workshop_id = ? AND state = 'waiting') ORDER BY id FOR UPDATE`,
			optional(enrolmentID), id).Error; err != nil {
			return domain.WorkshopView{}, err
		}
		var enrolment *domain.Enrolment
		if enrolmentID != "" {
			found, err := t.enrolmentNamed(t.enrolments().Where("enrolments.programme = ?", planned.Programme), "enrolment_id", enrolmentID)
			if err != nil {
				return domain.WorkshopView{}, err
			}
			enrolment = &found
		}
		fields := []string{"registrations"}
		workshop, err := change(t, t.workshops(), "workshop", id, match, workshopStamp, func(w *domain.Workshop) error {
			before := *w
			if action, err = rule(t, w, enrolment); err != nil {
				return err
			}
			if _, err = t.givePlaces(*w); err != nil {
				return err
			}
			switch changed := changedFields(before, *w); {
			case action == "listed":
				fields = []string{"waiting"}
			case len(changed) > 0:
				fields = changed
			}
			return nil
		})
		if err != nil {
			return domain.WorkshopView{}, err
		}
		view, err := t.viewWorkshop(workshop)
		if err != nil {
			return domain.WorkshopView{}, err
		}
		whose := registered(view)
		if enrolment != nil {
			whose = append(whose, enrolment.ID)
		}
		return view, t.wrote(trace{action: action, kind: "workshop", ids: []string{workshop.ID}, whose: whose, programme: workshop.Programme, fields: fields})
	})
}

// eligible are the requests of those who wait and may get a place: not of a voided path, nor of somebody whose file is
// frozen, who keeps her turn, nor of somebody who has a place by now, since another file of hers had one.
const eligible = `state = 'waiting' AND EXISTS (SELECT FROM enrolments e WHERE e.id = workshop_requests.enrolment_id AND e.voided_at IS NULL AND NOT e.frozen)
	AND NOT EXISTS (SELECT FROM workshop_registrations r WHERE r.workshop_id = workshop_requests.workshop_id AND r.enrolment_id = workshop_requests.enrolment_id)`

// givePlaces gives the places that are free to those who wait, in their order, and tells to whom. The workshop is held.
func (t *tx) givePlaces(w domain.Workshop) (given []string, err error) {
	if !w.GivesPlaces(t.now) {
		return nil, nil
	}
	var waiting []struct{ EnrolmentID string }
	// Who enters the programme after the workshop is passed over too: it may have been moved.
	err = t.Table("workshop_requests").Where("workshop_id = ?", w.ID).Where(eligible).
		Where("EXISTS (SELECT FROM enrolments e WHERE e.id = workshop_requests.enrolment_id AND e.entered_on <= ?)", domain.DayOf(w.StartsAt)).Order("place").Find(&waiting).Error
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	registered, err := t.registrations(w.ID, everybody)
	if err != nil {
		return nil, err
	}
	for _, next := range waiting {
		if !w.Room(len(registered) + len(given)) {
			break
		}
		err := t.placeFromList(w, next.EnrolmentID)
		if err == nil {
			err = t.bySystem().wrote(trace{action: "place_given", kind: "workshop", ids: []string{w.ID}, whose: []string{next.EnrolmentID}, programme: w.Programme, fields: []string{"registrations"}})
		}
		if err != nil {
			return nil, err
		}
		given = append(given, next.EnrolmentID)
	}
	return given, nil
}

// placeFromList gives a place to somebody who waits for one.
func (t *tx) placeFromList(w domain.Workshop, enrolmentID string) error {
	err := t.Exec(`UPDATE workshop_requests SET state = ?, settled_at = ? WHERE workshop_id = ? AND enrolment_id = ? AND state = ?`,
		domain.RequestRegistered, t.now, w.ID, enrolmentID, domain.RequestWaiting).Error
	if err != nil {
		return err
	}
	return t.place(w, enrolmentID)
}

func (t *tx) place(w domain.Workshop, enrolmentID string) error {
	return t.Exec(`INSERT INTO workshop_registrations (programme, workshop_id, enrolment_id, status, created_at) VALUES (?, ?, ?, ?, ?)`,
		w.Programme, w.ID, enrolmentID, domain.AttendanceScheduled, t.now).Error
}

// list puts somebody at the end of the waiting list.
func (t *tx) list(w domain.Workshop, enrolmentID string) error {
	var waiting int64
	if err := t.Table("workshop_requests").Where("workshop_id = ? AND state = ?", w.ID, domain.RequestWaiting).Count(&waiting).Error; err != nil {
		return err
	}
	if err := w.Wait(int(waiting)); err != nil {
		return err
	}
	return t.Exec(`INSERT INTO workshop_requests (id, programme, workshop_id, enrolment_id, requested_at, state) VALUES (?, ?, ?, ?, ?, ?)`,
		newID(), w.Programme, w.ID, enrolmentID, t.now, domain.RequestWaiting).Error
}

func (t *tx) waitingFor(workshopID, enrolmentID string) (bool, error) {
	var waits int64
	err := t.Table("workshop_requests").Where("workshop_id = ? AND enrolment_id = ? AND state = ?", workshopID, enrolmentID, domain.RequestWaiting).Count(&waits).Error
	return waits > 0, err
}

// lapseWaiting ends the waiting for a workshop that takes nobody any more.
func (t *tx) lapseWaiting(workshopID string) error {
	return t.Exec(`UPDATE workshop_requests SET state = ?, settled_at = ? WHERE workshop_id = ? AND state = ?`, domain.RequestLapsed, t.now, workshopID, domain.RequestWaiting).Error
}

// requests moves the places on waiting lists from a folded path to the one that stands. Where both wait, the earlier turn
// is hers, and the two are exchanged; where the path that stands has a place, the folded one's turn stays, unseen.
func (m merging) requests(from, to, programme string) error {
	var moves []struct{ ID, WorkshopID, Way string }
	err := m.Raw(`SELECT f.id, f.workshop_id, 'out' AS way FROM workshop_requests f LEFT JOIN workshop_requests s ON s.workshop_id = f.workshop_id AND s.enrolment_id = @to AND s.state = 'waiting'
			WHERE f.enrolment_id = @from AND f.state = 'waiting' AND (s.id IS NULL OR s.place > f.place)
				AND NOT EXISTS (SELECT FROM workshop_registrations r WHERE r.workshop_id = f.workshop_id AND r.enrolment_id = @to)
		UNION ALL SELECT s.id, s.workshop_id, 'back' FROM workshop_requests s JOIN workshop_requests f ON f.workshop_id = s.workshop_id AND f.enrolment_id = @from AND f.state = 'waiting'
			WHERE s.enrolment_id = @to AND s.state = 'waiting' AND s.place > f.place
				AND NOT EXISTS (SELECT FROM workshop_registrations r WHERE r.workshop_id = s.workshop_id AND r.enrolment_id = @to)`,
		map[string]any{"from": from, "to": to}).Scan(&moves).Error
	if err != nil || len(moves) == 0 {
		return err
	}
	ways, workshops := map[string][]string{}, []string{}
	for _, move := range moves {
		ways[move.Way] = append(ways[move.Way], move.ID)
		workshops = append(workshops, move.WorkshopID)
	}
	err = m.linksDeferred(func() error {
		for way, ids := range ways {
			source, target := from, to
			if way == "back" {
				source, target = to, from
			}
			if err := m.moveRequests(ids, source, target); err != nil {
				return err
			}
			if err := m.note(domain.MoveWorkshopRequest, source, target, ids...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return m.placesMoved(workshops, from, to, programme)
}

func (t *tx) moveRequests(ids []string, from, to string) error {
	return t.Exec(`UPDATE workshop_requests SET enrolment_id = ? WHERE id = ANY (CAST(? AS uuid[])) AND enrolment_id = ?`, to, array(ids), from).Error
}

// requestsBack moves them back, whatever became of them.
func (m merging) requestsBack(moves []domain.Move) error {
	return m.linksDeferred(func() error {
		for way, ids := range ways(moves) {
			if err := m.moveRequests(ids, way.to, way.from); err != nil {
				return err
			}
		}
		return nil
	})
}

// placesFreed gives the places that a merge freed, since one person had two, to those who wait. The workshops are held.
func (t *tx) placesFreed(foldedID string) error {
	var workshops []domain.Workshop
	err := t.Table("workshops").Where("status = ? AND id IN (SELECT workshop_id FROM workshop_registrations WHERE enrolment_id = ?)", domain.WorkshopPlanned, foldedID).Order("id").Find(&workshops).Error
	for _, workshop := range workshops {
		if err == nil {
			_, err = t.givePlaces(workshop)
		}
	}
	return err
}
