package domain

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// calendar is monthsLater as a date.
func calendar(d Date, months int) Date { return MustDate(monthsLater(d, months)) }

// Whatever the day of the exit, the window is that of the calendar, each day has one state, and time only moves it on.
func TestTheWindowOfACheckpoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ExitCheckpoint{ExitedOn: anyDay.Draw(t, "exited"), ExitKind: rapid.SampledFrom(FollowedKinds()).Draw(t, "kind"), FollowUpAgreed: rapid.Ptr(rapid.Bool(), true).Draw(t, "agreed")}
		opens, due, closes := calendar(c.ExitedOn, 5), calendar(c.ExitedOn, 6), calendar(c.ExitedOn, 7)
		if c.Opens() != opens || c.Due() != due || c.Closes() != closes || !opens.Before(due) || !due.Before(closes) {
			t.Fatalf("of an exit on %s: from %s by %s to %s, not from %s by %s to %s", c.ExitedOn, c.Opens(), c.Due(), c.Closes(), opens, due, closes)
		}
		order := []CheckpointState{CheckpointUpcoming, CheckpointDue, CheckpointOverdue}
		last := 0
		enrolment := Enrolment{ExitedOn: &c.ExitedOn}
		for day := c.ExitedOn; day.Before(closes.AddDays(40)); day = day.AddDays(1) {
			state, want := c.StateOn(day), CheckpointOverdue
			switch {
			case c.FollowUpAgreed != nil && !*c.FollowUpAgreed:
				want = CheckpointWaived
			case day.Before(opens):
				want = CheckpointUpcoming
			case day.Before(closes.AddDays(1)):
				want = CheckpointDue
			}
			if state != want {
				t.Fatalf("of an exit on %s, agreed %v, it is %s on %s, not %s", c.ExitedOn, c.FollowUpAgreed, state, day, want)
			}
			if at := slices.Index(order, state); at >= 0 && at < last {
				t.Fatalf("it goes back to %s on %s", state, day)
			} else if at >= 0 {
				last = at
			}
			// It can be concluded from the day it opens on, and is offered to be then.
			may := enrolment.MayConclude(OutcomeInput{ObservedOn: day}, day) == nil
			if offered := slices.Contains(c.View(day).AvailableActions, "record-outcome"); may != offered || may != !day.Before(opens) {
				t.Fatalf("of an exit on %s, on %s a result may be recorded: %t, is offered: %t", c.ExitedOn, day, may, offered)
			}
			done := c
			done.OutcomeID = new("o")
			if done.StateOn(day) != CheckpointDone {
				t.Fatal("a result does not end it")
			}
		}
	})
}

// Only exits to work or training are followed and owe one, and those that the rate of employment looks at are among them.
func TestWhichExitsOweACheckpoint(t *testing.T) {
	kinds := FollowedKinds()
	if len(kinds) != 11 {
		t.Errorf("%d kinds owe one: %v", len(kinds), kinds)
	}
	for _, code := range ExitKind("").Codes() {
		kind := ExitKind(code)
		owes := slices.Contains(kinds, kind)
		want := slices.Contains([]string{GroupEmploi, GroupFormationCertifianteOuQualifiante, GroupFormationAutre}, GroupOf(kind))
		if owes != want || GroupOf(kind) == GroupEmploi && !owes {
			t.Errorf("%s owes one: %t", kind, owes)
		}
	}
}

// Whatever the day of entry, nine and twelve months are those of the calendar, and each day asks for one thing at most.
func TestTheAlertsOfAPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Enrolment{EnrolmentInput: EnrolmentInput{EnteredOn: anyDay.Draw(t, "entered")}}
		nine, twelve := calendar(e.EnteredOn, 9), calendar(e.EnteredOn, 12)
		decided := e.EnteredOn.AddDays(rapid.IntRange(0, 380).Draw(t, "decided after"))
		until := nine.AddDays(rapid.IntRange(-5, 130).Draw(t, "until"))
		made, err := NewExtension(AuthoredFact{}, e, ExtensionInput{Reason: "Motif.", DecidedOn: decided, UntilOn: &until}, e.EnteredOn.AddDays(500))
		if legal := until.After(nine) && !until.After(twelve) && (!decided.After(until) || until.Equal(twelve)); legal != (err == nil) {
			t.Fatalf("entered %s, extended on %s until %s: %v", e.EnteredOn, decided, until, err)
		}
		x := &made
		if err != nil {
			x, until = nil, nine
		}
		for day := e.EnteredOn; day.Before(twelve.AddDays(20)); day = day.AddDays(1) {
			ends, got := e.SupportEndsOn(x, day), DurationAlert("")
			if alert := e.AlertOn(x, day); alert != nil {
				got = alert.Kind
				if alert.SinceOn.After(day) {
					t.Fatalf("%s on %s since %s", alert.Kind, day, alert.SinceOn)
				}
			}
			extended := x != nil && !day.Before(decided)
			wantEnds, want := nine, DurationAlert("")
			if extended {
				wantEnds = until
			}
			switch {
			case !day.Before(twelve):
				want = AlertOver12
			case extended && day.Before(until):
				want = AlertExtended
			case !day.Before(nine):
				want = AlertOver9
			case nine.DaysSince(day) <= 30:
				want = AlertApproaching
			}
			if got != want || ends != wantEnds {
				t.Fatalf("entered %s, extended %t on %s until %s: on %s %q until %s, not %q until %s", e.EnteredOn, extended, decided, until, day, got, ends, want, wantEnds)
			}
			left := e
			left.ExitedOn = &day
			voided := e
			voided.VoidedAt = new(day.Start())
			if left.AlertOn(x, day) != nil || voided.AlertOn(x, day) != nil {
				t.Fatal("a path that has ended, or was voided, asks for attention")
			}
		}
	})
}

// Corrected entries never make more than twelve months, nor fewer than nine.
func TestAnExtensionOutlivesACorrectedEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entered, until := anyDay.Draw(t, "entered"), anyDay.Draw(t, "until")
		e := Enrolment{EnrolmentInput: EnrolmentInput{EnteredOn: entered}}
		ends := e.SupportEndsOn(&Extension{ExtensionInput: ExtensionInput{DecidedOn: entered, UntilOn: &until}}, entered)
		if ends.Before(calendar(entered, 9)) || ends.After(calendar(entered, 12)) {
			t.Fatalf("entered %s, until %s: %s", entered, until, ends)
		}
	})
}

// Whatever is said of the follow-up and when, a contact is recorded only on a day on which she agreed, until the checkpoint of her exit closes.
func TestNobodyIsContactedAgainstHerWill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exited := anyDay.Draw(t, "exited")
		today := exited.AddDays(rapid.IntRange(0, 260).Draw(t, "today"))
		e := Enrolment{EnrolmentInput: EnrolmentInput{EnteredOn: exited.AddDays(-30)}}
		if err := e.Leave(Exit{ExitedOn: exited, Kind: ExitCDI, FollowUpAgreed: rapid.Ptr(rapid.Bool(), true).Draw(t, "agreed")}, today); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 3).Draw(t, "says") {
			before := e
			in := FollowUpAgreementInput{Agreed: new(rapid.Bool().Draw(t, "agrees")), SaidOn: new(exited.AddDays(rapid.IntRange(-3, 260).Draw(t, "said"))),
				SaidBy: Counterpart(rapid.SampledFrom(Counterpart("").Codes()).Draw(t, "by")), ThirdParties: rapid.Ptr(rapid.Bool(), true).Draw(t, "others")}
			err := e.SayOfFollowUp(in, today)
			if *in.Agreed && in.SaidBy.third() && err == nil {
				t.Fatalf("%s agreed for her", in.SaidBy)
			}
			if err != nil {
				e = before // nothing is written
			} else if *e.FollowUpAgreed != *in.Agreed || (*in.Agreed) != (e.FollowUpRefusedOn == nil) || *in.Agreed && e.FollowUpAgreedOn == nil {
				t.Fatalf("said %+v, and kept %+v", in, e.FollowUpConsent)
			}
		}
		near := []Date{exited, exited.AddDays(100), calendar(exited, 6), calendar(exited, 7), today} // on and around each day that decides
		for _, said := range []*Date{e.FollowUpAgreedOn, e.FollowUpRefusedOn} {
			if said != nil {
				near = append(near, *said)
			}
		}
		c := e.FollowUpConsent
		for i := range 3 * len(near) {
			day := near[i/3].AddDays(i%3 - 1)
			for _, with := range []Counterpart{CounterpartPersonne, CounterpartEmployeur} {
				in := FollowUpInput{ContactedOn: day, Counterpart: with, Channel: ChannelPhone, Situation: OutcomeNeither}
				agreed := c.FollowUpAgreedOn != nil && !day.Before(*c.FollowUpAgreedOn) && (c.FollowUpRefusedOn == nil || !day.After(*c.FollowUpRefusedOn))
				may := agreed && !day.Before(exited) && !day.After(today) && !day.After(calendar(exited, 7)) &&
					(with == CounterpartPersonne || c.FollowUpThirdParties != nil && *c.FollowUpThirdParties)
				if err := e.MayFollowUp(in, today); (err == nil) != may {
					t.Fatalf("exit %s, said %+v: a contact with %s on %s: %v", exited, c, with, day, err)
				}
				if may && !(FollowUp{FollowUpInput: in}).View(e).OfThisExit {
					t.Fatal("a contact that may be made is of no exit")
				}
			}
		}
	})
}

// Two paths are made one only where she said the same on both: others are not asked about her by the word of one alone.
func TestPathsAreFoldedWhereTheAgreementIsTheSame(t *testing.T) {
	path := func(id string, agreed, others *bool) Enrolment {
		e := Enrolment{EnrolmentInput: EnrolmentInput{Programme: "p", EnteredOn: MustDate("2025-02-03")}, ExitedOn: new(MustDate("2025-08-31")), ExitKind: new(ExitCDI)}
		e.ID, e.FollowUpAgreed, e.FollowUpThirdParties = id, agreed, others
		return e
	}
	yes, no := new(true), new(false)
	for name, c := range map[string]struct {
		one, other Enrolment
		folds      bool
	}{
		"both agree":                      {path("a", yes, yes), path("b", yes, yes), true},
		"others are asked by neither":     {path("a", yes, no), path("b", yes, nil), true},
		"others are asked by the first":   {path("a", yes, yes), path("b", yes, no), false},
		"others are asked by the second":  {path("a", yes, nil), path("b", yes, yes), false},
		"one of them refuses":             {path("a", yes, nil), path("b", no, nil), false},
		"one of them was never asked":     {path("a", yes, nil), path("b", nil, nil), false},
		"the one that goes on is another": {path("a", yes, nil), Enrolment{EnrolmentInput: EnrolmentInput{Programme: "p", EnteredOn: MustDate("2025-02-03")}}, false},
	} {
		folds, err := Folds(Participant{}, []Enrolment{c.one}, []Enrolment{c.other})
		if c.folds != (err == nil && len(folds) == 1) {
			t.Errorf("%s: %v, %v", name, folds, err)
		}
	}
}
