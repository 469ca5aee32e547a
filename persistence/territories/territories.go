// Package territories is the reference data of where people live: every French commune, the priority quarters the
// programmes name, and the provisional list the programme of the Somme targets; and how that data gets into the
// database. What a territory is to the rest of the API, and how it is queried, belongs in domain and persistence.
//
// # Communes
//
// communes.csv.gz is written by the command in generate from the npm package @etalab/decoupage-administratif 6.0.0
// (https://github.com/datagouv/decoupage-administratif, Licence Ouverte): INSEE code officiel géographique of
// 1 January 2026, EPCI 2026, legal municipal populations, La Poste's postal codes. It has 35,008 rows:
//
//   - 34,963 communes of today, of which 34,875 in metropolitan France and the five overseas departments and 88 in the
//     overseas collectivities; six entries without a population (Terres australes et antarctiques françaises,
//     Clipperton) are left out, since nobody resides there;
//   - the 45 municipal arrondissements of Paris (20), Lyon (9) and Marseille (16). The INSEE code of an address there is
//     the arrondissement's, so they are communes like the others, with the city as ParentCode and the city's EPCI. The
//     city stands beside them, with all its postal codes: add up populations over rows without a ParentCode.
//
// Delegated and associated communes are no rows: they are parts of a commune of today. Cantons are filled for the 105
// communes of the Somme's list only.
//
// # Quarters
//
// quarters.csv has the priority quarters, each part of a commune. Amiens Nord carries QP080003, its code in the
// geography of 2015, because that one is attested; its code in the geography of 2024 is probably QN08003M, which nobody
// has verified. Should it be, the row gets the new code and Revision goes up: the old code is then ended, not lost. A
// quarter has no postal codes of its own: living there follows from the address, never from a postal code.
package territories

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Dataset names the communes and quarters of this package among the data sets of territory_editions.
const Dataset = "communes-et-quartiers"

// Revision goes up by one whenever communes.csv.gz or quarters.csv changes; a test holds it to that. Load never goes
// back to a lower one, so that an older binary started beside a newer one does not undo its work.
const Revision = 1

// Version says in words what Revision was made from.
const Version = "COG 2026, @etalab/decoupage-administratif 6.0.0"

// Vintage is the civil date whose geography this revision describes.
const Vintage = "2026-01-01"

// The kinds of territory.
const (
	Commune = "commune"
	Quarter = "quartier"
)

// A Row is one territory as the reference data gives it. An empty string is a fact the data does not have.
type Row struct {
	Code           string
	Kind           string // Commune or Quarter
	Name           string
	DepartmentCode string
	DepartmentName string
	RegionCode     string
	RegionName     string
	EPCICode       string // SIREN of the intercommunality; a few islands and the overseas collectivities have none
	EPCIName       string
	CantonCode     string
	CantonName     string
	ParentCode     string   // the city of an arrondissement, the commune of a quarter
	PostalCodes    []string // ascending; empty for a quarter
	Population     *int     // municipal population; nil when unknown
	Note           string   // in French, for people
}

var (
	//go:embed communes.csv.gz
	communesGz []byte
	//go:embed quarters.csv
	quartersCSV []byte
)

// SHA256 is the digest, in hexadecimal, of the embedded files: of communes.csv.gz followed by quarters.csv.
var SHA256 = sync.OnceValue(func() string {
	digest := sha256.New()
	digest.Write(communesGz)
	digest.Write(quartersCSV)
	return hex.EncodeToString(digest.Sum(nil))
})

// Communes returns the communes and municipal arrondissements, ordered by code. It reads the embedded file each time:
// some 100 milliseconds.
func Communes() ([]Row, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(communesGz))
	if err != nil {
		return nil, fmt.Errorf("read communes.csv.gz: %w", err)
	}
	records, err := readCSV(unzipped, "code,name,kind,department_code,department_name,region_code,region_name,"+
		"epci_code,epci_name,canton_code,canton_name,parent_code,postal_codes,population")
	if err != nil {
		return nil, fmt.Errorf("read communes.csv.gz: %w", err)
	}
	rows := make([]Row, len(records))
	for i, f := range records {
		population, err := strconv.Atoi(f[13])
		if err != nil {
			return nil, fmt.Errorf("read communes.csv.gz: population of %s: %w", f[0], err)
		}
		rows[i] = Row{
			Code: f[0], Name: f[1], Kind: f[2],
			DepartmentCode: f[3], DepartmentName: f[4], RegionCode: f[5], RegionName: f[6],
			EPCICode: f[7], EPCIName: f[8], CantonCode: f[9], CantonName: f[10],
			ParentCode: f[11], PostalCodes: strings.Fields(f[12]), Population: &population,
		}
	}
	return rows, nil
}

// All returns the communes and, after them, the quarters with the department, region and EPCI of their commune.
func All() ([]Row, error) {
	rows, err := Communes()
	if err != nil {
		return nil, err
	}
	records, err := readCSV(bytes.NewReader(quartersCSV), "code,name,parent_code,note")
	if err != nil {
		return nil, fmt.Errorf("read quarters.csv: %w", err)
	}
	byCode := make(map[string]Row, len(rows))
	for _, row := range rows {
		byCode[row.Code] = row
	}
	for _, f := range records {
		parent, found := byCode[f[2]]
		if !found {
			return nil, fmt.Errorf("read quarters.csv: %s is in %s, which is no commune", f[0], f[2])
		}
		rows = append(rows, Row{
			Code: f[0], Name: f[1], Kind: Quarter,
			DepartmentCode: parent.DepartmentCode, DepartmentName: parent.DepartmentName,
			RegionCode: parent.RegionCode, RegionName: parent.RegionName,
			EPCICode: parent.EPCICode, EPCIName: parent.EPCIName,
			ParentCode: parent.Code, PostalCodes: []string{}, Note: f[3],
		})
	}
	return rows, nil
}

// A TargetedList is the list of territories a programme aims at, as one version of it was drawn up.
type TargetedList struct {
	Programme   string   `json:"programme"`
	Provisional bool     `json:"provisional"`
	Notice      string   `json:"notice"` // what a reader must know before relying on it, in French
	Method      string   `json:"method"` // how the list was composed, in French
	Source      []string `json:"source"` // one public source a line, in French
	Items       []TargetedItem
}

// A TargetedItem is one territory of a list and the sector the programme groups it under.
type TargetedItem struct {
	Code   string
	Sector string
}

var (
	//go:embed o2r-somme-targeted.csv
	sommeCSV []byte
	//go:embed o2r-somme-targeted.json
	sommeJSON []byte
)

// SommeTargeted returns the provisional list of the programme o2r-somme: 105 communes ordered by code, then the quarter
// Amiens Nord. The official list was not found; the number is published, the composition is a reconstruction that
// Method explains, and the sectors are a proposal.
func SommeTargeted() (TargetedList, error) {
	var list TargetedList
	if err := json.Unmarshal(sommeJSON, &list); err != nil {
		return TargetedList{}, fmt.Errorf("read o2r-somme-targeted.json: %w", err)
	}
	records, err := readCSV(bytes.NewReader(sommeCSV), "code,sector")
	if err != nil {
		return TargetedList{}, fmt.Errorf("read o2r-somme-targeted.csv: %w", err)
	}
	for _, f := range records {
		list.Items = append(list.Items, TargetedItem{Code: f[0], Sector: f[1]})
	}
	return list, nil
}

// readCSV returns the records below a header that must be exactly the one given.
func readCSV(from io.Reader, header string) ([][]string, error) {
	records, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || strings.Join(records[0], ",") != header {
		return nil, fmt.Errorf("the header is not %s", header)
	}
	return records[1:], nil
}
