package domain

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func assessed(id, day string, strengths Strengths, barriers ...Finding) Diagnostic {
	d := Diagnostic{DiagnosticInput: DiagnosticInput{AssessedOn: MustDate(day), Barriers: barriers, Strengths: strengths}}
	d.ID = id
	return d
}

func weighed(barrier Barrier, impact Impact, priority bool) Finding {
	return Finding{Barrier: barrier, Weight: Weight{Impact: &impact, Priority: &priority}}
}

func TestWhatADiagnosticSaysOtherwise(t *testing.T) {
	plain, strong, urgent := Finding{Barrier: BarrierSante}, weighed(BarrierSante, ImpactFort, false), weighed(BarrierSante, ImpactFort, true)
	house := Finding{Barrier: BarrierLogement}
	for _, row := range []struct {
		name                       string
		before                     *Diagnostic
		now                        Diagnostic
		added, gone, changed, more string
	}{
		{"the first", nil, assessed("b", "2025-02-03", Strengths{StrengthLangues}, plain), `["sante"]`, `[]`, `[]`, `["langues"] []`},
		{"the first, empty", nil, assessed("b", "2025-02-03", nil), `[]`, `[]`, `[]`, `[] []`},
		{"the same", new(assessed("a", "2025-02-03", nil, plain)), assessed("b", "2025-03-03", nil, plain), `[]`, `[]`, `[]`, `[] []`},
		{"the same, weighed alike", new(assessed("a", "2025-02-03", nil, strong)), assessed("b", "2025-03-03", nil, weighed(BarrierSante, ImpactFort, false)), `[]`, `[]`, `[]`, `[] []`},
		{"weighed for the first time", new(assessed("a", "2025-02-03", nil, plain)), assessed("b", "2025-03-03", nil, strong), `[]`, `[]`,
			`[{"barrier":"sante","impact":"fort","priority":false,"impact_before":null,"priority_before":null}]`, `[] []`},
		{"a priority now", new(assessed("a", "2025-02-03", nil, strong)), assessed("b", "2025-03-03", nil, urgent), `[]`, `[]`,
			`[{"barrier":"sante","impact":"fort","priority":true,"impact_before":"fort","priority_before":false}]`, `[] []`},
		{"no longer said how much", new(assessed("a", "2025-02-03", nil, strong)), assessed("b", "2025-03-03", nil, plain), `[]`, `[]`,
			`[{"barrier":"sante","impact":null,"priority":null,"impact_before":"fort","priority_before":false}]`, `[] []`},
		{"another barrier", new(assessed("a", "2025-02-03", nil, plain)), assessed("b", "2025-03-03", nil, house), `["logement"]`, `["sante"]`, `[]`, `[] []`},
		{"another strength", new(assessed("a", "2025-02-03", Strengths{StrengthLangues, StrengthAutonomie})), assessed("b", "2025-03-03", Strengths{StrengthAutonomie, StrengthEntourage}), `[]`, `[]`, `[]`, `["entourage"] ["langues"]`},
	} {
		view := row.now.Since(row.before)
		text := func(value any) string {
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			return string(encoded)
		}
		if got := []string{text(view.BarriersAdded), text(view.BarriersGone), text(view.BarriersChanged), text(view.StrengthsAdded) + " " + text(view.StrengthsGone)}; !slices.Equal(got, []string{row.added, row.gone, row.changed, row.more}) {
			t.Errorf("%s: %q", row.name, got)
		}
		if (view.PreviousID == nil) != (row.before == nil) || text(view.Barriers) == "null" || text(view.Strengths) == "null" {
			t.Errorf("%s: %s", row.name, text(view))
		}
	}
}

// A barrier goes from open to in progress to lifted or set aside, and back by saying why; each other way is refused.
func TestTheStatesOfABarrier(t *testing.T) {
	today := MustDate("2025-06-10")
	do := map[string]func(*EnrolmentBarrier) error{
		"start":     func(b *EnrolmentBarrier) error { return b.Start(BarrierStart{}, today) },
		"lift":      func(b *EnrolmentBarrier) error { return b.Lift(BarrierLift{}, today) },
		"set-aside": func(b *EnrolmentBarrier) error { return b.SetAside(SettingAside{}, today) },
		"reopen":    func(b *EnrolmentBarrier) error { return b.Reopen() },
	}
	reached := map[string][]string{"open": nil, "in_progress": {"start"}, "lifted": {"start", "lift"}, "set_aside": {"set-aside"}}
	want := map[string]map[string]BarrierState{
		"open":        {"start": BarrierInProgress, "lift": BarrierLifted, "set-aside": BarrierSetAside},
		"in_progress": {"lift": BarrierLifted, "set-aside": BarrierSetAside},
		"lifted":      {"reopen": BarrierOpen},
		"set_aside":   {"reopen": BarrierOpen},
	}
	for from, steps := range reached {
		for action, act := range do {
			b := OpenBarrier(AuthoredFact{}, BarrierInput{Barrier: BarrierSante, AssessedOn: MustDate("2025-02-03")}, nil)
			for _, step := range steps {
				if err := do[step](&b); err != nil {
					t.Fatal(from, step, err)
				}
			}
			offered := slices.Contains(b.View().AvailableActions, action)
			err := act(&b)
			to, allowed := want[from][action]
			switch {
			case allowed != offered:
				t.Errorf("%s offers %s: %t", from, action, offered)
			case allowed && (err != nil || b.State != to):
				t.Errorf("%s, %s: %s, %v", from, action, b.State, err)
			case !allowed && !errors.Is(err, &Error{Kind: Conflict, Code: "barrier_" + from}):
				t.Errorf("%s, %s: %v", from, action, err)
			}
		}
	}
}

func TestWhichDaysABarrierHas(t *testing.T) {
	today := MustDate("2025-06-10")
	day := func(text string) *Date {
		if text == "" {
			return nil
		}
		return new(MustDate(text))
	}
	for _, row := range []struct{ started, lifted, field string }{
		{"", "", ""}, {"2025-02-03", "2025-02-03", ""}, {"2025-02-03", "2025-06-10", ""}, {"2025-03-03", "2025-03-03", ""},
		{"2025-02-02", "2025-03-03", "body.started_on"}, {"2025-06-11", "2025-06-11", "body.started_on"},
		{"2025-03-03", "2025-03-02", "body.lifted_on"}, {"2025-03-03", "2025-06-11", "body.lifted_on"}, {"2025-03-03", "2025-02-02", "body.lifted_on"},
	} {
		b := OpenBarrier(AuthoredFact{}, BarrierInput{AssessedOn: MustDate("2025-02-03")}, nil)
		err := b.Start(BarrierStart{StartedOn: day(row.started)}, today)
		if err == nil {
			err = b.Lift(BarrierLift{LiftedOn: day(row.lifted)}, today)
		}
		if row.field == "" && err != nil || row.field != "" && !faulty(err, row.field) {
			t.Errorf("from %s to %s: %v", row.started, row.lifted, err)
		}
	}
	lifted := EnrolmentBarrier{State: BarrierLifted, LiftedOn: day("2025-03-03")}
	aside := EnrolmentBarrier{State: BarrierSetAside, SetAsideOn: day("2025-03-03")}
	for text, known := range map[string]bool{"2025-03-02": true, "2025-03-03": true, "2025-03-04": false} {
		if lifted.KnownOn(MustDate(text)) != known || aside.KnownOn(MustDate(text)) != known || !(EnrolmentBarrier{State: BarrierInProgress}).KnownOn(MustDate(text)) {
			t.Errorf("on %s: known %t", text, known)
		}
	}
}

func TestWhenAnObjectiveIsOverdue(t *testing.T) {
	today := MustDate("2025-06-10")
	for name, row := range map[string]struct {
		state ObjectiveState
		due   *Date
		want  bool
	}{
		"due yesterday":          {ObjectiveOpen, new(MustDate("2025-06-09")), true},
		"due today":              {ObjectiveOpen, new(today), false},
		"due tomorrow":           {ObjectiveOpen, new(MustDate("2025-06-11")), false},
		"due on no day":          {ObjectiveOpen, nil, false},
		"reached, due yesterday": {ObjectiveReached, new(MustDate("2025-06-09")), false},
		"abandoned":              {ObjectiveAbandoned, new(MustDate("2025-06-09")), false},
	} {
		o := Objective{ObjectiveInput: ObjectiveInput{DueOn: row.due}, State: row.state}
		if o.Overdue(today) != row.want || o.View(today).Overdue != row.want {
			t.Errorf("%s: overdue %t", name, !row.want)
		}
	}
}

func TestTheStatesOfAnObjective(t *testing.T) {
	today := MustDate("2025-06-10")
	do := map[string]func(*Objective) error{
		"reach":   func(o *Objective) error { return o.Reach(ObjectiveReach{}, today) },
		"abandon": func(o *Objective) error { return o.Abandon(ObjectiveAbandon{Reason: "Par choix."}, today) },
		"reopen":  func(o *Objective) error { return o.Reopen() },
	}
	for from, steps := range map[string][]string{"open": nil, "reached": {"reach"}, "abandoned": {"abandon"}} {
		for action, act := range do {
			o := Objective{ObjectiveInput: ObjectiveInput{AgreedOn: MustDate("2025-02-03")}, State: ObjectiveOpen}
			for _, step := range steps {
				if err := do[step](&o); err != nil {
					t.Fatal(from, step, err)
				}
			}
			allowed := (from == "open") != (action == "reopen")
			if slices.Contains(o.View(today).AvailableActions, action) != allowed {
				t.Errorf("%s offers %s: %t", from, action, !allowed)
			}
			if err := act(&o); allowed && err != nil || !allowed && !errors.Is(err, &Error{Kind: Conflict, Code: "objective_" + from}) {
				t.Errorf("%s, %s: %v", from, action, err)
			}
		}
	}
}
