package domain

import "strings"

// What an answer is called as a file: the programme, what it is, and the day that it is of. Nothing in it is about a person:
// which people a filter picked out is not said.

func (a About) fileName(what ...string) string {
	return strings.Join(append(append([]string{a.Programme}, what...), a.AsOf.String()), "-")
}

// FileName is what the table is called.
func (f Figures) FileName() string { return f.fileName("indicators") }

// FileName is what the tables are called.
func (f FiguresOfEach) FileName() string {
	if len(f.Items) == 1 {
		return f.Items[0].FileName()
	}
	last := Date{}
	for _, of := range f.Items {
		last = laterOf(last, of.AsOf)
	}
	return itoa(len(f.Items)) + "-programmes-indicators-" + last.String()
}

// FileName is what the figure is called.
func (f FigureAnswer) FileName() string { return f.fileName(f.Key) }

// FileName is what the breakdown is called.
func (b Breakdown) FileName() string { return b.fileName(b.Key, "by", strings.Join(Names(b.By), "-")) }

// FileName is what the series is called.
func (s Series) FileName() string { return s.fileName(s.Key, "by", string(s.Step)) }

// FileName is what the profile is called.
func (p ProfileAnswer) FileName() string { return p.fileName("profile") }

// FileName is what the evidence is called.
func (e EvidenceAnswer) FileName() string { return e.fileName(e.Key, "evidence") }

// FileName is what the map is called.
func (m Map) FileName() string { return m.fileName("map") }

// FileName is what the figures of referrals are called.
func (f ReferralFigures) FileName() string {
	what := "referrals"
	if f.Programme != nil {
		what = *f.Programme + "-referrals"
	}
	return what + "-" + f.From.String() + "-" + f.To.String()
}

// FileName is what the published table is called: its snapshot too, since others may be of the same day.
func (d SnapshotDocument) FileName() string { return d.fileName("published", d.ID) }

// FileName is what the report is called, in French as all of it.
func (r Report) FileName() string { return r.fileName("rapport", itoa(r.Year), "au") }
