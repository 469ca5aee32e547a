package demo

import (
	"fmt"
	"strconv"
	"strings"

	"o2r/domain"
)

// The table that the published figures come from: one row a person, all of it invented.
//
//	age        on entry: 910 years over 26 people, 35 on average, from 24 to 56
//	diploma    16 CAP or BEP, 4 brevet, 6 none
//	lives      all on the targeted list but Victor (Albert); Québec lives in Amiens Nord
//	seeks      registered with France Travail on entry, since when; "no"; "?" where nobody knows.
//	           Since a year or more: Alpha, Delta, Hôtel, Kilo, Oscar, Victor, 6 of the 25 known
//	reg        registered when last looked up in 2025: 20 of the 25 known
//	none, dis  without resources, disengaged: of those under 26, which is Tango alone
//	2025       a letter a meeting, the first on the day of entry:
//	           P came, A did not, J did not and justified it, E called it off, C the service did.
//	           166 P over 244 P, A, J and E; the 12 C count nowhere
//	2026       the same; . is still to come
//
// Exits are in exits.go. The report gives these counts, not who is who: that Roméo is the one
// unknown both as a job seeker and as registered is the plainest reading of 24 % and 80 %.
const somme = `
name       gender  age  diploma       justice        lives     at  referred by              entered     seeks       reg  none  dis  2025              2026
Alpha      male    35   cap_bep       milieu_ouvert  80253     D   spip-somme               2025-04-01  2023-05-02  yes  no    yes  PPCPPEAEAPPPPPPP  -
Bravo      male    28   cap_bep       milieu_ouvert  80253     D   spip-somme               2025-04-01  2024-10-14  yes  no    no   PPEAP             -
Charlie    male    41   brevet        milieu_ouvert  80318     F   spip-somme               2025-04-03  no          yes  no    yes  PPEEPAPPPPAPPC    -
Delta      male    30   cap_bep       milieu_ouvert  80071     D   spip-somme               2025-04-08  2024-02-19  yes  no    no   PPPAAPAPPAPPPP    -
Écho       male    33   cap_bep       milieu_ouvert  80711     F   france-travail-doullens  2025-04-10  2024-09-02  yes  no    no   PPEPEPEPC         -
Fox-Trot   male    47   sans_diplome  milieu_ouvert  80253     D   spip-somme               2025-04-15  no          no   yes   yes  PPPPPPPJAPPJAP    A
Golf       male    27   cap_bep       milieu_ouvert  80495     D   spip-somme               2025-04-22  no          yes  no    no   PJPEPPJCPP        -
Hôtel      male    38   cap_bep       milieu_ouvert  80296     F   spip-somme               2025-04-24  2022-11-07  yes  no    yes  PPPJPPJPPEPA      PP
India      male    26   sans_diplome  milieu_ouvert  80445     D   spip-somme               2025-04-29  no          no   yes   yes  PPPEPPCPPAA       -
Juliette   female  31   brevet        milieu_ouvert  80253     D   mdsi-doullens            2025-05-06  2024-12-02  yes  no    no   PPPPPJJAP         -
Kilo       male    45   cap_bep       milieu_ouvert  80318     F   ville-flixecourt         2025-05-15  2024-01-08  yes  no    yes  PECPPPPAAPPA      PA
Lima       male    36   cap_bep       milieu_ouvert  80749     D   spip-somme               2025-05-20  2025-01-06  yes  no    no   PPEPPPJPJ         -
Mike       male    29   sans_diplome  milieu_ouvert  80122     D   spip-somme               2025-05-27  no          yes  yes   no   PJPECPJEPPPP      PEP
Novembre   male    32   cap_bep       milieu_ouvert  80093     F   spip-somme               2025-06-05  no          no   ?     yes  PEPPPPPEA         -
Oscar      male    40   cap_bep       milieu_ouvert  80168     D   france-travail-doullens  2025-06-10  2024-05-13  yes  no    no   PAPPJPPPACPP      PPJP
Papa       male    56   sans_diplome  milieu_ouvert  80085     D   spip-somme               2025-06-10  2025-02-03  no   no    yes  PJPJPPJPEPP       PAPP
Québec     male    34   cap_bep       milieu_ouvert  QP080003  F   spip-somme               2025-06-26  no          yes  no    yes  PAEPPPPPCA        -
Roméo      male    31   cap_bep       milieu_ouvert  80055     D   spip-somme               2025-06-17  ?           ?    ?     ?    PPPPEAPPPE        P
Sierra     male    37   brevet        milieu_ouvert  80070     D   association-exemple      2025-06-17  no          yes  no    no   PPPECPPPPAA       PPPP
Tango      male    24   sans_diplome  milieu_ouvert  80011     F   mission-locale-exemple   2025-06-19  no          yes  yes   no   PJPPPAPJPP        PPAPP
Uniforme   male    30   cap_bep       milieu_ouvert  80624     D   spip-somme               2025-07-01  2024-11-18  yes  no    no   PPJPAPPPAC        PPEP
Victor     male    43   cap_bep       milieu_ouvert  80016     D   spip-somme               2025-07-29  2024-07-15  yes  no    yes  PAPPJPEP          PPPJP
Whisky     male    28   sans_diplome  milieu_ouvert  80318     F   spip-somme               2025-08-21  no          no   ?     yes  PCPJEPPP          PPAPEPP
X-Ray      male    35   cap_bep       milieu_ouvert  80253     D   spip-somme               2025-11-25  2025-06-02  yes  no    no   PPPE              PPPAPPEPPPPP
Yankee     male    27   brevet        milieu_ouvert  80123     F   spip-somme               2025-12-04  no          yes  no    yes  PEP               PPAPPPEPPJPPCPPPPP..
Zoulou     male    47   cap_bep       milieu_ouvert  80798     D   france-travail-doullens  2025-12-09  2025-03-10  yes  no    no   PAP               PPPPAPPEPPPPJPPPP..
`

// Three of them come back in 2026: the same people, enrolled a second time.
const sommeAgain = `
name       gender  age  diploma       justice               lives     at  referred by              entered     seeks       reg  none  dis  2025              2026
India      male    28   sans_diplome  milieu_ouvert         80445     D   spip-somme               2026-06-16  no          no   yes   yes  -                 PPAPPPEPP..
Novembre   male    33   cap_bep       milieu_ouvert         80093     F   mdsi-doullens            2026-09-10  2026-03-02  yes  no    no   -                 PPPAP.
Kilo       male    46   cap_bep       sortant_de_detention  80318     A   spip-somme               2026-10-12  no          no   yes   yes  -                 PPP..
`

// The people of the other operator.
const ileDeFrance = `
name       gender  age  diploma       justice        lives     at  referred by              entered     seeks       reg  none  dis  2025              2026
Bêta       female  22   bac           milieu_ouvert  93008     B   spip-ile-de-france       2025-09-03  no          yes  yes   yes  PPAPEP            PP
Gamma      male    51   sans_diplome  aucune         93001     B   spip-ile-de-france       2025-10-01  2023-04-03  yes  no    no   PAPP              PPPE
Epsilon    male    29   cap_bep       milieu_ouvert  75119     B   spip-ile-de-france       2025-11-12  no          no   no    yes  PPJ               PPPPAP
Thêta      female  38   brevet        milieu_ferme   93066     B   spip-ile-de-france       2026-03-04  2025-01-13  yes  no    no   -                 PPEPPPAP.
Oméga      male    44   cap_bep       milieu_ouvert  95018     B   spip-ile-de-france       2026-09-02  ?           ?    ?     ?    -                 PPAP.
`

// row is one line of the tables.
type row struct {
	name      string
	gender    domain.Gender
	age       int
	territory string
	site      string // key of the permanence
	referrer  string // slug
	entered   domain.Date
	situation domain.Situation
	// Whether registered with France Travail when last looked up in 2025; nil where nobody looked.
	registered     *bool
	in2025, in2026 string
	number         int // place in its table, from 1
	family         string
}

// read reads a table, whose columns are words set apart by white space.
func read(table, family string) ([]row, error) {
	var rows []row
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		f := strings.Fields(line)
		if len(f) != 15 {
			return nil, fmt.Errorf("row %q has %d columns", line, len(f))
		}
		age, err := strconv.Atoi(f[2])
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", line, err)
		}
		entered, err := domain.ParseDate(f[8])
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", line, err)
		}
		r := row{
			name: f[0], gender: domain.Gender(f[1]), age: age, territory: f[5], site: f[6], referrer: f[7], entered: entered,
			registered: maybe(f[10]), in2025: strings.Trim(f[13], "-"), in2026: strings.Trim(f[14], "-"),
			number: len(rows) + 1, family: family,
		}
		r.situation = domain.Situation{
			JusticeStatus:    new(domain.JusticeStatus(f[4])),
			EducationLevel:   new(domain.EducationLevel(f[3])),
			WithoutResources: maybe(f[11]),
			Disengaged:       maybe(f[12]),
		}
		if err := r.seeks(f[9]); err != nil {
			return nil, fmt.Errorf("row %q: %w", line, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// seeks fills in the situation with France Travail on entry, and with it why the person may be
// taken on: somebody who is not registered is « invisible ».
func (r *row) seeks(since string) error {
	s := &r.situation
	switch since {
	case "?":
	case "no":
		s.JobSeeker, s.EligibilityGround = new(false), new(domain.GroundInvisible)
	default:
		day, err := domain.ParseDate(since)
		if err != nil {
			return err
		}
		s.JobSeeker, s.JobSeekerSince, s.EligibilityGround = new(true), &day, new(domain.GroundVulnerabilite)
		if s.Disengaged != nil && *s.Disengaged {
			s.EligibilityGround, s.LastNetworkContactOn = new(domain.GroundSansContactDepuis5Mois), new(r.entered.AddMonths(-7))
			if s.LastNetworkContactOn.Before(day) {
				s.LastNetworkContactOn = &day
			}
		}
	}
	return nil
}

func (r row) identity() domain.Identity {
	return domain.Identity{FirstName: r.name, LastName: r.family, BirthDate: new(r.born()), Gender: &r.gender}
}

// contact is a telephone number kept for fiction, and a mailbox that cannot be.
func (r row) contact(programme string) domain.Contact {
	series, mailbox := 1, "demo"
	if programme == IleDeFrance {
		series, mailbox = 2, "demo-idf"
	}
	return domain.Contact{
		Phone:         new(fmt.Sprintf("06 39 98 %02d %02d", series, r.number)),
		Email:         new(fmt.Sprintf("%s-%02d@example.org", mailbox, r.number)),
		TerritoryCode: &r.territory,
	}
}

// born is a day of birth that makes the person as old as the table says on entry.
func (r row) born() domain.Date {
	return r.entered.AddMonths(-12 * r.age).AddDays(-(7 + 37*r.number%350))
}

// maybe reads what may be unknown.
func maybe(text string) *bool {
	if text == "?" {
		return nil
	}
	return new(text == "yes")
}
