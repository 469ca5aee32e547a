package domain

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// Each profile shows what those before it show, and one thing more; a word that is none shows nothing.
func TestAProfileHoldsThoseBeforeIt(t *testing.T) {
	codes := DiscloseStatus.Codes()
	for i, own := range codes {
		for j, other := range codes {
			if got := Disclosure(own).Holds(Disclosure(other)); got != (j <= i) {
				t.Errorf("%s holds %s: %t", own, other, got)
			}
		}
	}
	for _, unknown := range []Disclosure{"", "STATUS", "all"} {
		if unknown.Holds(DiscloseStatus) || DiscloseExitClass.Holds(unknown) {
			t.Errorf("%q is taken for a profile", unknown)
		}
	}
	for action, least := range News {
		if !Known(least) {
			t.Errorf("%s asks for %q, which is no profile", action, least)
		}
	}
}

// What is named as withheld is what Under takes away, whatever the profile.
func TestWhatIsWithheldIsWhatAPartnerDoesNotRead(t *testing.T) {
	n, at, reason, note, class := 1, time.Unix(0, 0), DeclineInjoignable, "n", ExitClass(GroupEmploi)
	full := Facts{Status: ReferralAccepted, Decision: Decision{DeclineReason: &reason, DeclineNote: &note},
		Progress: Progress{FirstAppointmentAt: &at, MeetingsAttended: &n, MeetingsMissed: &n, ExitClass: &class}}
	for _, profile := range append(DiscloseStatus.Codes(), "") {
		encoded, err := json.Marshal(full.Under(Disclosure(profile)))
		if err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := json.Unmarshal(encoded, &read); err != nil {
			t.Fatal(err)
		}
		withheld := WithheldUnder(Disclosure(profile))
		for name, value := range read {
			if (value == nil) != slices.Contains(withheld, name) {
				t.Errorf("under %q, %s is %v, and among the withheld: %t", profile, name, value, slices.Contains(withheld, name))
			}
		}
	}
}

func TestWhatIsNewOnAPath(t *testing.T) {
	one, two, at, later, class := 1, 2, time.Unix(0, 0), time.Unix(60, 0), ExitClass(GroupEmploi)
	for _, row := range []struct {
		what          string
		before, after Progress
		news          []string
	}{
		{"nothing", Progress{}, Progress{}, nil},
		{"nought is as good as not yet", Progress{}, Progress{MeetingsAttended: new(int), MeetingsMissed: new(int)}, nil},
		{"the same instant elsewhere", Progress{FirstAppointmentAt: &at}, Progress{FirstAppointmentAt: new(at.UTC())}, nil},
		{"a meeting", Progress{}, Progress{FirstAppointmentAt: &at}, []string{"appointment_scheduled"}},
		{"moved", Progress{FirstAppointmentAt: &at}, Progress{FirstAppointmentAt: &later}, []string{"appointment_scheduled"}},
		{"gone", Progress{FirstAppointmentAt: &at}, Progress{}, []string{"appointment_scheduled"}},
		{"missed for attended", Progress{MeetingsAttended: &one, MeetingsMissed: new(int)}, Progress{MeetingsAttended: new(int), MeetingsMissed: &one}, []string{"attendance_recorded"}},
		{"one more", Progress{MeetingsAttended: &one}, Progress{MeetingsAttended: &two}, []string{"attendance_recorded"}},
		{"an exit", Progress{}, Progress{ExitClass: &class}, []string{"exited"}},
		{"all at once", Progress{}, Progress{FirstAppointmentAt: &at, MeetingsMissed: &one, ExitClass: &class}, []string{"appointment_scheduled", "attendance_recorded", "exited"}},
	} {
		if got := row.after.Since(row.before); !slices.Equal(got, row.news) {
			t.Errorf("%s: %q, not %q", row.what, got, row.news)
		}
	}
}
