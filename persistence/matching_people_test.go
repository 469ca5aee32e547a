package persistence_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"o2r/domain"
)

// somebody is a made-up person as one record has her.
type somebody struct {
	id, first, last string
	birth           *domain.Date
	gender          *domain.Gender
	phone, email    *string
}

// crowdOf makes up people: from a seed, so that a run can be repeated, and knowing nothing of how
// records are compared. Names are weighted so that some are common.
type crowdOf struct {
	*rand.Rand
	ids int
}

var (
	women = strings.Fields(`Marie Nathalie Isabelle Sylvie Catherine Martine Christine Françoise Valérie Sandrine Stéphanie Véronique Céline Chantal Patricia Anne Brigitte Aurélie
		Julie Laurence Nicole Élodie Dominique Émilie Christelle Camille Caroline Léa Sarah Laetitia Audrey Mélanie Pauline Laura Delphine Karine Manon Sophie Virginie Claire Chloé
		Mathilde Marion Emma Fatima Amandine Séverine Jessica Morgane Corinne Océane Lucie Angélique Charlotte Jennifer Justine Sabrina Aïcha Khadija Nadia Samira Yasmina Fatoumata
		Aminata Mariam Awa Inès Zoé Jade Louise Alice Lina Anaïs Eva Clara Noémie Margaux Lisa Maëva Élise Estelle Gaëlle Solène Ophélie Mélissa Cindy Kelly Vanessa Alexandra Daniela
		Ana Maria Olga Svetlana Irina Mirela Roxane Rachida Zineb Hafida Leïla Ève`)
	men = strings.Fields(`Jean Pierre Michel Philippe Alain Nicolas Christophe Patrick Laurent Daniel Bernard David Stéphane Éric Julien Frédéric Thierry Olivier Pascal Sébastien
		Thomas Christian Gérard Alexandre Dominique Didier Maxime François Vincent Bruno Guillaume Kévin Jérôme Anthony Romain Alexis Quentin Lucas Hugo Théo Enzo Nathan Louis Paul
		Mohamed Ahmed Karim Rachid Mehdi Youssef Ali Ibrahim Mamadou Moussa Ousmane Abdoulaye Samuel Adrien Florian Benjamin Clément Arthur Valentin Jordan Dylan Steven Bryan Jonathan
		Mickaël Grégory Ludovic Fabrice Franck Yannick Yves Hervé Gilles Marc Serge Roger René André Raymond Georges Léo Tom Noé Evan Gabriel Raphaël Jules Adam Ilyes Sofiane Bilal
		Ivan Vasile Ion Pavel Dragan Cédric Loïc Rémi Damien Arnaud`)
	surnames = strings.Fields(`Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand Morel Fournier Girard Bonnet
		Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin
		Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard
		Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît
		Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert Berger Carpentier Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur Perez Boucher Fleury
		Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron Bertin Bailly Hervé Schneider Fernandez Collet Léger Bouvier
		Julien Prévost Millet Perrot Daniel Cousin Germain Breton Besson Langlois Rémy Pelletier Lévêque Perrier Leblanc Barré Lebrun Marchal Weber Mallet Hamon Boulanger Jacob Monnier
		Diallo Traoré Diarra Camara Keïta Benali Bouzid Haddad Mansouri Cherif Nguyen Tran Da_Silva Ferreira Pereira Popescu Petrović Kaya Yilmaz Delaporte Wacquez Delattre Caudron
		Hénocque Thuillier Boinet Vaquette Sueur Dobelle Mortelette Cailleux Fertelle Debray Devauchelle Lecointe Poiret Douchet Ternisien`)
	onsets  = strings.Fields("Ba Be Bo Bra Ca Cha Co Cra Da De Dou Du Fa Fle Fo Ga Gri Gui Ha Jo La Le Ma Me Mon Na No Pa Pe Plu Ra Ro Sa Se Ta Te Tri Va Ve Vi")
	middles = strings.Fields("b c d ff g l ll m n nn r rr s ss t tt v lm nd nt rt rd st bl dr")
	endings = strings.Fields("ain ard eau et ier in on ot oux ut ault ement ette igny elle aud eron illon erie ois")
)

func pick[T any](c *crowdOf, from []T) T { return from[c.IntN(len(from))] }

// common picks the first ones more often.
func common[T any](c *crowdOf, from []T) T {
	u := c.Float64()
	return from[int(float64(len(from))*u*u)]
}

func (c *crowdOf) chance(p float64) bool { return c.Float64() < p }

func (c *crowdOf) id() string {
	c.ids++
	return fmt.Sprintf("0197f0a0-0000-7000-8000-%012d", c.ids)
}

func (c *crowdOf) surname() string {
	name := pick(c, onsets) + pick(c, middles) + pick(c, endings)
	if c.chance(0.6) {
		name = strings.ReplaceAll(common(c, surnames), "_", " ")
	}
	if c.chance(0.04) {
		name = pick(c, []string{"de ", "Le ", "de la ", "du ", "d'", "L'", "El "}) + name
	}
	return name
}

func (c *crowdOf) firstName(gender domain.Gender) string {
	from := men
	if gender == domain.GenderFemale {
		from = women
	}
	name := common(c, from)
	if c.chance(0.12) {
		if second := common(c, from); second != name {
			name += pick(c, []string{"-", "-", " "}) + second
		}
	}
	return name
}

func (c *crowdOf) number() *string {
	number := fmt.Sprintf("0%d%08d", 6+c.IntN(2), c.IntN(100000000))
	return &number
}

func (c *crowdOf) mail(first, last string) *string {
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if r < 128 && unicode.IsLetter(r) {
			return r
		}
		return -1
	}, first+"."+last))
	mail := fmt.Sprintf("%s%d@example.org", name, c.IntN(1000))
	return &mail
}

func (c *crowdOf) day() *domain.Date {
	day := domain.NewDate(1958+c.IntN(50), 1, 1)
	if c.chance(0.97) {
		day = day.AddDays(c.IntN(365))
	}
	return &day
}

// anybody is a new person.
func (c *crowdOf) anybody() somebody {
	gender := pick(c, []domain.Gender{domain.GenderMale, domain.GenderMale, domain.GenderFemale})
	p := somebody{id: c.id(), first: c.firstName(gender), last: c.surname(), birth: c.day()}
	if c.chance(0.08) {
		p.last += pick(c, []string{"-", " "}) + c.surname()
	}
	if c.chance(0.7) {
		p.gender = &gender
	}
	if c.chance(0.8) {
		p.phone = c.number()
	}
	if c.chance(0.45) {
		p.email = c.mail(p.first, p.last)
	}
	return p
}

// besides is another person whom one might take for that one, and how she is related.
func (c *crowdOf) besides(p somebody, relation string) somebody {
	other := c.anybody()
	keep := func(odds float64, mine **string, hers *string) {
		if c.chance(odds) {
			*mine = hers
		}
	}
	for other.first == p.first {
		other = c.anybody()
	}
	switch relation {
	case "sibling":
		other.last = p.last
		keep(0.6, &other.phone, p.phone)
		keep(0.1, &other.email, p.email)
	case "twin":
		other.last, other.birth = p.last, p.birth
		keep(0.6, &other.phone, p.phone)
	case "namesake":
		other.first, other.last, other.gender = p.first, p.last, p.gender
		for other.birth.Equal(*p.birth) {
			other.birth = c.day()
		}
	case "parent of the same name":
		born := domain.NewDate(p.birth.Year()-20-c.IntN(20), 1, 1).AddDays(c.IntN(365))
		other.first, other.last, other.gender, other.birth = p.first, p.last, p.gender, &born
		keep(0.6, &other.phone, p.phone)
	case "same first name and day":
		other.first, other.gender, other.birth = p.first, p.gender, p.birth
	case "same telephone":
		other.phone = p.phone
	case "part of the names":
		other.first, other.last = strings.FieldsFunc(p.first, isJoint)[0], strings.FieldsFunc(p.last, isJoint)[0]
		for other.birth.Equal(*p.birth) {
			other.birth = c.day()
		}
	}
	return other
}

var relations = []string{"sibling", "sibling", "sibling", "twin", "namesake", "namesake", "parent of the same name", "same first name and day", "same telephone", "part of the names"}

// people are that many, some of them related.
func (c *crowdOf) people(n int) []somebody {
	var all []somebody
	hostel := c.number()
	for len(all) < n {
		p := c.anybody()
		if c.chance(0.03) {
			p.phone = hostel
		}
		all = append(all, p)
		if c.chance(0.12) && len(all) < n {
			all = append(all, c.besides(p, pick(c, relations)))
		}
		if c.chance(0.002) {
			hostel = c.number()
		}
	}
	return all
}

func isJoint(r rune) bool { return r == '-' || r == ' ' }

// plain is a name without accents.
var plain = strings.NewReplacer("é", "e", "è", "e", "ê", "e", "ë", "e", "É", "E", "È", "E", "à", "a", "ï", "i", "î", "i", "ô", "o", "ç", "c", "ć", "c")

// rewritten is the same record as another hand writes it: case, accents, hyphens, a number's and an
// address's form; and not everything is told each time.
func (c *crowdOf) rewritten(p somebody) somebody {
	p.id = c.id()
	hand := func(name string) string {
		switch c.IntN(5) {
		case 0:
			return strings.ToUpper(name)
		case 1:
			return strings.ToLower(name)
		case 2:
			return plain.Replace(strings.ReplaceAll(name, "-", " "))
		case 3:
			return strings.ToUpper(plain.Replace(strings.ReplaceAll(name, " ", "-")))
		}
		return name
	}
	p.first, p.last = hand(p.first), hand(p.last)
	if p.phone != nil {
		d := *p.phone
		form := pick(c, []string{
			d[:2] + " " + d[2:4] + " " + d[4:6] + " " + d[6:8] + " " + d[8:], "+33" + d[1:], "+33 (0)" + d[1:], "0033" + d[1:], d[:2] + "." + d[2:4] + "." + d[4:6] + "." + d[6:8] + "." + d[8:], d,
		})
		p.phone = &form
		switch {
		case c.chance(0.15):
			p.phone = c.number()
		case c.chance(0.2):
			p.phone = nil
		}
	}
	if p.email != nil {
		form := pick(c, []string{*p.email, strings.ToUpper(*p.email), strings.ToUpper((*p.email)[:1]) + (*p.email)[1:]})
		p.email = &form
		if c.chance(0.4) {
			p.email = nil
		}
	}
	if c.chance(0.3) {
		p.gender = nil
	}
	return p
}

// slips are the ways in which the second record of a person differs from the first. Each gives false
// where the person is not one to whom it can happen.
var slips = []struct {
	name string
	make func(*crowdOf, *somebody) bool
}{
	{"accents, case, hyphens", func(*crowdOf, *somebody) bool { return true }},
	{"names swapped", func(_ *crowdOf, p *somebody) bool { p.first, p.last = p.last, p.first; return true }},
	{"one of two first names", func(c *crowdOf, p *somebody) bool { return oneOf(c, &p.first) }},
	{"compound written together", func(_ *crowdOf, p *somebody) bool {
		parts := strings.FieldsFunc(p.first, isJoint)
		p.first = strings.Join(parts, "")
		return len(parts) == 2
	}},
	{"one of two surnames", func(c *crowdOf, p *somebody) bool {
		return strings.Count(p.last, "-") == 1 && !strings.Contains(p.last, " ") && oneOf(c, &p.last)
	}},
	{"a second surname", func(c *crowdOf, p *somebody) bool {
		if strings.ContainsFunc(p.last, isJoint) {
			return false
		}
		names := []string{p.last, c.surname()}
		c.Shuffle(2, func(i, j int) { names[i], names[j] = names[j], names[i] })
		p.last = strings.Join(names, pick(c, []string{"-", " "}))
		return true
	}},
	{"another surname", func(c *crowdOf, p *somebody) bool { p.last = c.surname(); return true }}, // told apart by a telephone number or address: see contact
	{"particles", func(c *crowdOf, p *somebody) bool {
		before, rest, found := strings.Cut(p.last, " ")
		if !found || !slices.Contains([]string{"de", "du", "le", "el", "da"}, strings.ToLower(before)) {
			return false
		}
		p.last = pick(c, []string{rest, before + rest, before + "-" + rest})
		return true
	}},
	{"a digit of the day of birth", func(c *crowdOf, p *somebody) bool { return digitOff(c, p) }},
	{"day and month swapped", func(_ *crowdOf, p *somebody) bool {
		if p.birth.Day() > 12 || p.birth.Day() == int(p.birth.Month()) {
			return false
		}
		swapped := domain.MustDate(fmt.Sprintf("%d-%02d-%02d", p.birth.Year(), p.birth.Day(), int(p.birth.Month())))
		p.birth = &swapped
		return true
	}},
	{"a typing error in the first name", func(c *crowdOf, p *somebody) bool { return mistyped(c, &p.first) }},
	{"a typing error in the surname", func(c *crowdOf, p *somebody) bool { return mistyped(c, &p.last) }},
	{"no day of birth", func(_ *crowdOf, p *somebody) bool { p.birth = nil; return true }}, // see contact
	{"two slips at once", func(c *crowdOf, p *somebody) bool {
		two := []func() bool{
			func() bool { return mistyped(c, &p.first) }, func() bool { return mistyped(c, &p.last) }, func() bool { return digitOff(c, p) },
			func() bool { p.first, p.last = p.last, p.first; return true },
		}
		c.Shuffle(len(two), func(i, j int) { two[i], two[j] = two[j], two[i] })
		return two[0]() && two[1]()
	}},
}

// contact are the slips after which a telephone number or an address is all that tells who it is.
var contact = []string{"another surname", "no day of birth"}

func oneOf(c *crowdOf, name *string) bool {
	parts := strings.FieldsFunc(*name, isJoint)
	*name = pick(c, parts)
	return len(parts) == 2
}

func digitOff(c *crowdOf, p *somebody) bool {
	for range 50 {
		written := []byte(p.birth.String())
		at := pick(c, []int{2, 3, 5, 6, 8, 9})
		digit := byte('0' + c.IntN(10))
		if digit == written[at] {
			continue
		}
		written[at] = digit
		if date, err := domain.ParseDate(string(written)); err == nil && date.Year() < 2010 {
			p.birth = &date
			return true
		}
	}
	return false
}

// mistyped makes one error of the keyboard, anywhere: a letter exchanged, left out, doubled by another, or two swapped.
func mistyped(c *crowdOf, name *string) bool {
	letters := []rune(strings.ToLower(*name))
	if len(letters) < 3 {
		return false
	}
	at, other := c.IntN(len(letters)-1), rune('a'+c.IntN(26))
	switch c.IntN(4) {
	case 0:
		letters[at] = other
	case 1:
		letters = slices.Delete(letters, at, at+1)
	case 2:
		letters = slices.Insert(letters, at, other)
	case 3:
		letters[at], letters[at+1] = letters[at+1], letters[at]
	}
	wrong := string(letters)
	changed := wrong != strings.ToLower(*name)
	*name = wrong
	return changed
}

// again is a person's second record, with that slip.
func (c *crowdOf) again(p somebody, slip int) (somebody, bool) {
	twin := p
	if !slips[slip].make(c, &twin) {
		return somebody{}, false
	}
	twin = c.rewritten(twin)
	if slices.Contains(contact, slips[slip].name) && (p.phone == nil || twin.phone == nil || !strings.HasSuffix(digits(*twin.phone), (*p.phone)[1:])) && (p.email == nil || twin.email == nil) {
		return somebody{}, false
	}
	return twin, true
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}
