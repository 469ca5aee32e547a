package domain

import (
	"errors"
	"testing"
	"time"
)

// A roll names 500 at most, so no workshop takes more, whatever its capacity says.
func TestNoWorkshopTakesMoreThanItsRollCanName(t *testing.T) {
	now := time.Date(2026, 2, 5, 13, 0, 0, 0, time.UTC)
	open := Workshop{Status: WorkshopPlanned, WorkshopInput: WorkshopInput{StartsAt: now.Add(time.Hour)}}
	if err := open.Register(MostRegistered - 1); err != nil {
		t.Errorf("the last place is refused: %v", err)
	}
	var refused *Error
	if err := open.Register(MostRegistered); !errors.As(err, &refused) || refused.Code != "workshop_full" {
		t.Errorf("one more: %v", err)
	}
	eight := 8
	open.Capacity = &eight
	if open.Room(8) || !open.Room(7) {
		t.Error("a capacity is not what it says")
	}
	for _, c := range []struct {
		status WorkshopStatus
		starts time.Duration
		gives  bool
	}{{WorkshopPlanned, time.Minute, true}, {WorkshopPlanned, 0, false}, {WorkshopPlanned, -time.Minute, false}, {WorkshopClosed, time.Minute, false}, {WorkshopCancelled, time.Minute, false}} {
		if got := (Workshop{Status: c.status, WorkshopInput: WorkshopInput{StartsAt: now.Add(c.starts)}}).GivesPlaces(now); got != c.gives {
			t.Errorf("%s, %s from now: %v", c.status, c.starts, got)
		}
	}
}
