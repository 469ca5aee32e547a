package demo

import (
	"context"
	"strings"
	"time"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/territories"
)

// The organisations that others here speak of.
const (
	spip     = "spip-somme"
	dreets   = "dreets-hauts-de-france"
	doullens = "france-travail-doullens"
	services = "france-services-flixecourt"
	spipIDF  = "spip-ile-de-france"
)

var organisations = []domain.OrganisationInput{
	{Slug: "lilot", OrganisationNaming: domain.OrganisationNaming{Name: "L'Îlot", Kind: domain.OrganisationOperateur}},
	{Slug: dreets, OrganisationNaming: domain.OrganisationNaming{Name: "DREETS Hauts-de-France", Kind: domain.OrganisationFinanceur}},
	{Slug: spip, OrganisationNaming: domain.OrganisationNaming{Name: "SPIP de la Somme", Kind: domain.OrganisationSPIP}},
	{Slug: doullens, OrganisationNaming: domain.OrganisationNaming{Name: "France Travail Doullens", Kind: domain.OrganisationFranceTravail}},
	{Slug: services, OrganisationNaming: domain.OrganisationNaming{Name: "France Services Flixecourt", Kind: domain.OrganisationFranceServices}},
	{Slug: "mdsi-doullens", OrganisationNaming: domain.OrganisationNaming{Name: "MDSI de Doullens", Kind: domain.OrganisationMDSI}},
	{Slug: "ville-flixecourt", OrganisationNaming: domain.OrganisationNaming{Name: "Ville de Flixecourt", Kind: domain.OrganisationCommune}},
	{Slug: "mission-locale-exemple", OrganisationNaming: domain.OrganisationNaming{Name: "Mission locale de l'Exemple", Kind: domain.OrganisationMissionLocale}},
	{Slug: "association-exemple", OrganisationNaming: domain.OrganisationNaming{Name: "Association de l'Exemple", Kind: domain.OrganisationAssociation}},
	{Slug: "pepiniere-exemple", OrganisationNaming: domain.OrganisationNaming{Name: "Pépinière de l'Exemple", Kind: domain.OrganisationEmployeur}},
	{Slug: "operateur-idf", OrganisationNaming: domain.OrganisationNaming{Name: "Opérateur d'exemple en Île-de-France", Kind: domain.OrganisationOperateur}},
	{Slug: spipIDF, OrganisationNaming: domain.OrganisationNaming{Name: "SPIP d'exemple en Île-de-France", Kind: domain.OrganisationSPIP}},
}

var operators = map[string]string{Somme: "lilot", IleDeFrance: "operateur-idf"}

// programmes of the two operators. The Somme's hides no small cell: everybody in it is synthetic,
// and the published table itself shows cells of one person (« 1 femme », 4 %). The other keeps the
// usual threshold, so that suppression can be seen.
var programmes = []domain.ProgrammeInput{
	{Slug: Somme, Name: "O2R « En route vers l'emploi » Somme", StartsOn: day("2024-11-01"), EndsOn: day("2027-12-31"), SmallCellThreshold: new(1)},
	{Slug: IleDeFrance, Name: "O2R Île-de-France (exemple)", StartsOn: day("2024-11-01"), EndsOn: day("2027-12-31")},
}

// targets of the convention of the Somme, as the report prints them. The one of Île-de-France
// is the number of people it is known to aim at.
var targets = map[string][]domain.Target{
	Somme: {
		{Indicator: domain.IndicatorBeneficiaries, Period: domain.WholeProgramme, Value: 179},
		{Indicator: domain.IndicatorBeneficiaries, Period: "2025", Value: 58},
		{Indicator: domain.IndicatorJusticeSupervised, Period: domain.WholeProgramme, Value: 60},
		{Indicator: domain.IndicatorYouthWithoutResources, Period: domain.WholeProgramme, Value: 20},
		{Indicator: domain.IndicatorLongTermUnemployed, Period: domain.WholeProgramme, Value: 20},
		{Indicator: domain.IndicatorEmploymentAt6Months, Period: domain.WholeProgramme, Value: 50},
		{Indicator: domain.IndicatorCertifyingTrainingExit, Period: domain.WholeProgramme, Value: 25},
		{Indicator: domain.IndicatorFranceTravailRegistration, Period: domain.WholeProgramme, Value: 85},
		{Indicator: domain.IndicatorAverageSupportDuration, Period: domain.WholeProgramme, Value: 9},
		{Indicator: domain.IndicatorIndividualAttendance, Period: domain.WholeProgramme, Value: 75},
		{Indicator: domain.IndicatorWorkshopAttendance, Period: domain.WholeProgramme, Value: 55},
	},
	IleDeFrance: {{Indicator: domain.IndicatorBeneficiaries, Period: domain.WholeProgramme, Value: 450}},
}

// agreed is how much each partner of the Somme may know of its referrals, by slug. It is invented: no
// agreement is published. Those who are not named read the status and the reason of a refusal.
var agreed = []struct {
	slug    string
	profile domain.Disclosure
}{
	{spip, domain.DiscloseAttendance}, {doullens, domain.DiscloseExitClass}, {services, domain.DiscloseFirstAppointment}, {"association-exemple", domain.DiscloseStatus},
}

// permanence is a site, and when people are received there.
type permanence struct {
	key     string // as in the table of people
	site    domain.SiteInput
	host    string // slug
	opened  time.Time
	weekday time.Weekday
	hours   []string // in Paris, summer and winter: the slots that follow from what is recorded
	held    domain.PermanenceInput
}

// The team receives on Tuesdays at Doullens, on Thursday afternoons at Flixecourt and, from 2026,
// at the SPIP in Amiens. The report does not say on which day there: Monday is invented, as are
// all addresses.
var permanences = []permanence{
	{"D", domain.SiteInput{Programme: Somme, Name: "France Travail Doullens", Address: new("1 rue de l'Exemple"), PostalCode: new("80600"), TerritoryCode: new("80253")},
		doullens, at("2025-03-10", "10:00"), time.Tuesday, []string{"09:00", "09:45", "10:30", "11:15", "14:00", "14:45", "15:30", "16:15"},
		domain.PermanenceInput{Label: "Mardi à Doullens", Weekday: domain.Mardi, StartTime: "09:00", EndTime: "17:00", BreakStartTime: new(domain.WallTime("12:00")), BreakEndTime: new(domain.WallTime("14:00"))}},
	{"F", domain.SiteInput{Programme: Somme, Name: "France Services Flixecourt", Address: new("2 rue de l'Exemple"), PostalCode: new("80420"), TerritoryCode: new("80318")},
		services, at("2025-03-10", "10:05"), time.Thursday, []string{"14:00", "14:45", "15:30", "16:15", "17:00"},
		domain.PermanenceInput{Label: "Jeudi après-midi à Flixecourt", Weekday: domain.Jeudi, StartTime: "14:00", EndTime: "17:45"}},
	{"A", domain.SiteInput{Programme: Somme, Name: "SPIP Amiens", Address: new("3 rue de l'Exemple"), PostalCode: new("80000"), TerritoryCode: new("80021")},
		spip, at("2026-01-05", "09:00"), time.Monday, []string{"10:00", "10:45", "11:30", "14:00", "14:45"},
		domain.PermanenceInput{Label: "Lundi au SPIP d'Amiens", Weekday: domain.Lundi, StartTime: "10:00", EndTime: "15:30", BreakStartTime: new(domain.WallTime("12:15")), BreakEndTime: new(domain.WallTime("14:00"))}},
	{"B", domain.SiteInput{Programme: IleDeFrance, Name: "Permanence d'exemple à Bobigny", Address: new("4 rue de l'Exemple"), PostalCode: new("93000"), TerritoryCode: new("93008")},
		"operateur-idf", at("2025-03-10", "10:10"), time.Wednesday, []string{"09:30", "10:15", "11:00", "14:00"},
		domain.PermanenceInput{Label: "Mercredi à Bobigny", Weekday: domain.Mercredi, StartTime: "09:30", EndTime: "14:45", BreakStartTime: new(domain.WallTime("11:45")), BreakEndTime: new(domain.WallTime("14:00"))}},
}

// reported is when the table of 2025 was published: the day is invented.
var reported = at("2026-01-20", "09:00")

var admin = actor(nil, domain.Admin, "")

// setUp records what stands before anybody is referred: organisations, programmes, targets, the
// targeted territories. The sites open as the story goes.
func setUp(ctx context.Context, store *persistence.Store) (*story, error) {
	s := newStory()
	convention := store.At(at("2024-11-04", "09:00"))
	for _, organisation := range organisations {
		made, err := convention.As(admin).NewOrganisation(ctx, organisation)
		if err != nil {
			return nil, err
		}
		s.organisations[made.Slug] = made.ID
	}
	for _, programme := range programmes {
		programme.OperatorID = s.organisations[operators[programme.Slug]]
		if _, err := convention.As(admin).NewProgramme(ctx, programme); err != nil {
			return nil, err
		}
		lead := convention.At(at("2024-11-04", "10:00")).As(s.actor(domain.Coordinator, programme.Slug))
		if _, err := lead.ReplaceTargets(ctx, programme.Slug, domain.Match{}, domain.TargetList{Items: targets[programme.Slug]}); err != nil {
			return nil, err
		}
	}
	list, err := targeted()
	if err != nil {
		return nil, err
	}
	recruited := store.At(at("2025-03-10", "09:00")).As(s.actor(domain.Coordinator, Somme))
	partnerships := domain.PartnershipList{}
	for _, partner := range agreed {
		partnerships.Items = append(partnerships.Items, domain.Partnership{OrganisationID: s.organisations[partner.slug], Disclosure: partner.profile})
	}
	if _, err := recruited.ReplacePartnerships(ctx, Somme, domain.Match{}, partnerships); err != nil {
		return nil, err
	}
	if _, err := recruited.ReplaceTargetedTerritories(ctx, Somme, domain.Match{}, list); err != nil {
		return nil, err
	}
	for _, p := range permanences {
		s.add(p.opened, s.actor(domain.Coordinator, p.site.Programme), "open "+p.site.Name, func(ctx context.Context, session *persistence.Session) error {
			p.site.HostID = new(s.organisations[p.host])
			site, err := session.NewSite(ctx, p.site)
			if err != nil {
				return err
			}
			s.sites[p.key] = site.ID
			held := p.held
			held.Programme, held.SiteID, held.CaseworkerID = p.site.Programme, site.ID, new(s.actor(domain.Caseworker, p.site.Programme).Subject)
			held.StartsOn, held.SlotMinutes, held.SlotCapacity = domain.DayOf(p.opened), minutes, 2 // two people receive
			made, err := session.NewPermanence(ctx, held)
			s.permanences[p.key] = made.ID
			return err
		})
	}
	s.exceptions()
	s.add(reported, s.actor(domain.Coordinator, Somme), "publish the table of 2025", func(ctx context.Context, session *persistence.Session) error {
		_, err := session.Publish(ctx, Somme, domain.SnapshotInput{AsOf: published, Note: new("Tableau de l'année 2025, tel que remis avec le rapport d'activité (données fictives).")})
		return err
	})
	return s, nil
}

// targeted is the reconstructed list of 105 communes and Amiens Nord, with what a reader has to
// know before relying on it.
func targeted() (domain.TargetedListInput, error) {
	list, err := territories.SommeTargeted()
	if err != nil {
		return domain.TargetedListInput{}, err
	}
	in := domain.TargetedListInput{
		Provisional: new(list.Provisional),
		Method:      new(list.Notice + "\n" + list.Method),
		Source:      new(strings.Join(list.Source, "\n")),
	}
	for _, item := range list.Items {
		in.Items = append(in.Items, domain.TargetedInput{TerritoryCode: item.Code, Sector: new(item.Sector)})
	}
	return in, nil
}
