package domain

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// The justice module is all that tells how a person stands with justice. Data on offences and
// measures may be processed by those whom a text allows only (RGPD, art. 10; loi 78-17, art. 46; décret 2019-536,
// art. 80), so a deployer without one switches the module off: none of this is then accepted,
// recorded or shown.
var (
	// JusticeFields are the fields, parameters and figures that are about nothing else.
	JusticeFields = []string{"justice_status"}

	// JusticeCodes are the values that tell of it in lists about other things, by nomenclature. That a SPIP
	// or the PJJ referred somebody tells by itself.
	JusticeCodes = map[string][]string{
		barriers.Name:          {string(BarrierProblematiqueJudiciaire)},
		strengths.Name:         {string(StrengthExperienceDetention)},
		exitKinds.Name:         {string(ExitIncarceration)},
		organisationKinds.Name: {string(OrganisationSPIP), string(OrganisationPJJ)},
	}
)

// WithoutJustice refuses an input that tells how a person stands with justice, where the module
// is off. It looks into objects and lists; null tells nothing.
func WithoutJustice(input any) error {
	var faults Faults
	faults.justiceIn("", reflect.ValueOf(input))
	return faults.Err()
}

func (f *Faults) justiceIn(field string, value reflect.Value) {
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return
		}
		value = value.Elem()
	}
	const off = "justice_module_off"
	switch value.Kind() {
	case reflect.String:
		if coded, ok := value.Interface().(interface{ Nomenclature() *Nomenclature }); ok {
			if slices.Contains(JusticeCodes[coded.Nomenclature().Name], value.String()) {
				f.Add(field, off, "Nothing about justice is recorded here: the justice module is off.")
			}
		}
	case reflect.Slice:
		for i := range value.Len() {
			f.justiceIn(field+"["+itoa(i)+"]", value.Index(i))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			declared := value.Type().Field(i)
			name, _, _ := strings.Cut(declared.Tag.Get("json"), ",")
			switch {
			case !declared.IsExported():
			case declared.Anonymous:
				f.justiceIn(field, value.Field(i))
			case slices.Contains(JusticeFields, name):
				if !value.Field(i).IsZero() {
					f.Add(strings.TrimPrefix(field+"."+name, "."), off, "Nothing about justice is recorded here: the justice module is off.")
				}
			default:
				f.justiceIn(strings.TrimPrefix(field+"."+name, "."), value.Field(i))
			}
		}
	}
}

// WithoutJustice is the list without the values of the justice module. Of a list of nothing else
// it says that there is none.
func (n *Nomenclature) WithoutJustice() (Nomenclature, error) {
	if slices.Contains(JusticeFields, n.Name) {
		return Nomenclature{}, Missing("nomenclature")
	}
	other := *n
	other.Terms = slices.DeleteFunc(slices.Clone(n.Terms), func(t Term) bool { return slices.Contains(JusticeCodes[n.Name], t.Code) })
	return other, nil
}

// NomenclaturesWithoutJustice are the lists without those of the justice module.
func NomenclaturesWithoutJustice() []*Nomenclature {
	var others []*Nomenclature
	for _, n := range Nomenclatures {
		if other, err := n.WithoutJustice(); err == nil {
			others = append(others, &other)
		}
	}
	return others
}

// WithoutJustice is the record without what the justice module tells: a SPIP's referral is one of
// whom nobody knows who referred her, an imprisonment an exit of the same group.
func (r Record) WithoutJustice() Record {
	r.JusticeStatus = nil
	if r.ReferrerKind != nil && tellsByReferrer(*r.ReferrerKind) {
		r.ReferrerKind = nil
	}
	if slices.ContainsFunc(r.Barriers, BarrierFact.tellsOfJustice) {
		r.Barriers = slices.DeleteFunc(slices.Clone(r.Barriers), BarrierFact.tellsOfJustice)
	}
	if r.ExitKind != nil && *r.ExitKind == ExitIncarceration {
		r.ExitKind = new(ExitAutre)
	}
	return r
}

func (b BarrierFact) tellsOfJustice() bool { return TellsOfJustice(b.Barrier) }

// tellsByReferrer tells whether being referred by that kind of organisation tells of justice by itself.
func tellsByReferrer(kind string) bool {
	return slices.Contains(JusticeCodes[organisationKinds.Name], kind)
}

// WithoutJustice is the question of a deployment whose justice module is off.
func (q Question) WithoutJustice() Question {
	q.Basis, q.withoutJustice = q.Basis.withoutJustice(), true
	return q
}

func (b Basis) withoutJustice() Basis {
	records := make([]Record, len(b.Records))
	for i, record := range b.Records {
		records[i] = record.WithoutJustice()
	}
	referrals := make([]ReferralRecord, len(b.Referrals))
	for i, referral := range b.Referrals {
		referrals[i] = referral.WithoutJustice()
	}
	b.Records, b.Referrals = records, referrals
	return b
}

// WithoutJustice is the copy of a person's file without what the justice module tells, whatever it
// is written as. Its History was asked for without.
func (f PersonFile) WithoutJustice() PersonFile {
	f.Enrolments = slices.Clone(f.Enrolments)
	for i, e := range f.Enrolments {
		f.Enrolments[i].JusticeStatus = nil
		if e.ExitKind != nil && *e.ExitKind == ExitIncarceration {
			f.Enrolments[i].ExitKind = new(ExitAutre)
		}
	}
	for i := range f.Enrolments {
		f.Enrolments[i].supportWithoutJustice()
	}
	f.Referrals = slices.Clone(f.Referrals)
	for i, r := range f.Referrals {
		f.Referrals[i].JusticeStatus = nil
		f.Referrals[i].Barriers = slices.DeleteFunc(slices.Clone(r.Barriers), TellsOfJustice)
	}
	f.Accesses = slices.Clone(f.Accesses)
	for i, access := range f.Accesses {
		f.Accesses[i].Fields = FieldsWithoutJustice(access.Fields)
	}
	return f
}

// TellsOfJustice tells whether a code tells how a person stands with justice.
func TellsOfJustice[C Coded](code C) bool {
	return slices.Contains(JusticeCodes[code.Nomenclature().Name], string(code))
}

// WordsTellOfJustice tells whether a title or a name says in its words that it is about justice, or a justice service's. It
// knows the usual words, and would rather find one too many: it decides what is left out where others may read.
func WordsTellOfJustice(text string) bool {
	plain := withoutAccents.Replace(strings.ToLower(text))
	for word := range strings.FieldsFuncSeq(plain+" "+strings.ReplaceAll(plain, ".", ""), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(wordsOfJustice, word) {
			return true
		}
	}
	return slices.ContainsFunc(stemsOfJustice, func(stem string) bool { return strings.Contains(plain, stem) })
}

var (
	wordsOfJustice = []string{"spip", "cpip", "pjj", "ppsmj", "jap", "tig", "peine", "peines"}
	stemsOfJustice = []string{"justice", "judiciaire", "tribunal", "probation", "penitent", "prison", "detention", "detenu", "carcer", "ecrou", "condamn",
		"delinquan", "maison d'arret", "semi-libert", "liberation", "interet general", "bracelet"}

	// As names are written here: composed letters, or letters with their accent after them.
	withoutAccents = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o", "û", "u", "ù", "u", "ü", "u",
		"\u0300", "", "\u0301", "", "\u0302", "", "\u0308", "", "\u0327", "", "’", "'", "‑", "-")
)

// WithoutJustice is what a diagnostic found, without what tells of justice.
func (in DiagnosticInput) WithoutJustice() DiagnosticInput {
	in.Barriers = slices.DeleteFunc(slices.Clone(in.Barriers), Finding.tellsOfJustice)
	in.Strengths = slices.DeleteFunc(slices.Clone(in.Strengths), TellsOfJustice)
	return in
}

// KeepingJustice is what is written of a diagnostic that held more than the writer was shown: what tells of justice
// stays on file, unseen, when the rest is corrected.
func (in DiagnosticInput) KeepingJustice(held DiagnosticInput) DiagnosticInput {
	in.Barriers, in.Strengths = slices.Clone(in.Barriers), slices.Clone(in.Strengths)
	for _, found := range held.Barriers {
		if found.tellsOfJustice() {
			in.Barriers = append(in.Barriers, found)
		}
	}
	for _, strength := range held.Strengths {
		if TellsOfJustice(strength) {
			in.Strengths = append(in.Strengths, strength)
		}
	}
	return in
}

func (f Finding) tellsOfJustice() bool { return TellsOfJustice(f.Barrier) }

// supportWithoutJustice takes out of a copied path the barriers and strengths that tell of justice, and what leads to them.
func (e *EnrolmentFile) supportWithoutJustice() {
	e.Diagnostics = slices.Clone(e.Diagnostics)
	for i, d := range e.Diagnostics {
		e.Diagnostics[i].DiagnosticInput = d.WithoutJustice()
	}
	hidden := map[string]bool{}
	e.Barriers = slices.DeleteFunc(slices.Clone(e.Barriers), func(b EnrolmentBarrier) bool {
		hidden[b.ID] = TellsOfJustice(b.Barrier)
		return hidden[b.ID]
	})
	e.Strengths = slices.DeleteFunc(slices.Clone(e.Strengths), func(s EnrolmentStrength) bool { return TellsOfJustice(s.Strength) })
	e.Objectives, e.Actions = slices.Clone(e.Objectives), slices.Clone(e.Actions)
	for i := range e.Objectives {
		e.Objectives[i].Unlink(hidden)
	}
	for i := range e.Actions {
		e.Actions[i].Unlink(hidden)
	}
}

// Unlink takes away that the objective is about one of those barriers.
func (o *Objective) Unlink(barriers map[string]bool) { o.BarrierID = unlinked(o.BarrierID, barriers) }

// Unlink takes away that the action was about one of those barriers.
func (a *Action) Unlink(barriers map[string]bool) { a.BarrierID = unlinked(a.BarrierID, barriers) }

func unlinked(id *string, barriers map[string]bool) *string {
	if id != nil && barriers[*id] {
		return nil
	}
	return id
}

// FieldsWithoutJustice are the names but those of the justice module.
func FieldsWithoutJustice(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(JusticeFields, name) })
}
