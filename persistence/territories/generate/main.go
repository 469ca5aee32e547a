// Command generate writes communes.csv.gz, the reference data of package territories, from the npm package
// @etalab/decoupage-administratif (INSEE code officiel géographique, EPCI, legal populations and La Poste's postal
// codes, under the Licence Ouverte):
//
//	npm pack @etalab/decoupage-administratif@6.0.0
//	go run ./persistence/territories/generate etalab-decoupage-administratif-6.0.0.tgz
//
// It runs from the root of the module. The same package gives the same bytes. A new edition of the package asks for
// another packageVersion here and a higher Revision in package territories.
package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// packageVersion is the edition of the npm package this generator was checked against: geography of 1 January 2026.
const packageVersion = "6.0.0"

// cantonsSomme holds the canton (INSEE COG, column CAN) of the communes the programme of the Somme targets. The npm
// package has no cantons.
//
//go:embed cantons-somme.csv
var cantonsSomme string

// columns are those of the written CSV, in order. Package territories reads them by this order and refuses another.
var columns = []string{
	"code", "name", "kind", "department_code", "department_name", "region_code", "region_name",
	"epci_code", "epci_name", "canton_code", "canton_name", "parent_code", "postal_codes", "population",
}

// The files of the npm package, with the fields used here.
type (
	commune struct {
		Code        string   `json:"code"`
		Name        string   `json:"nom"`
		Type        string   `json:"type"`
		Parent      string   `json:"commune"`
		Department  string   `json:"departement"`
		Region      string   `json:"region"`
		PostalCodes []string `json:"codesPostaux"`
		Population  *int     `json:"population"`
	}
	named struct {
		Code string `json:"code"`
		Name string `json:"nom"`
	}
	epci struct {
		named
		Members []named `json:"membres"`
	}
)

func main() {
	out := flag.String("out", "persistence/territories/communes.csv.gz", "file to write")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: generate [-out FILE] etalab-decoupage-administratif-%s.tgz\n", packageVersion)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(tgz, out string) error {
	files, err := readPackage(tgz)
	if err != nil {
		return fmt.Errorf("read %s: %w", tgz, err)
	}
	records, err := build(files)
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(file, sum), records); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows, sha256 %x\n", out, len(records), sum.Sum(nil))
	return nil
}

// readPackage returns the JSON files of the npm archive by their path in it.
func readPackage(tgz string) (map[string][]byte, error) {
	file, err := os.Open(tgz)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(header.Name, ".json") {
			if files[header.Name], err = io.ReadAll(archive); err != nil {
				return nil, err
			}
		}
	}
}

// build returns the records of the CSV, ordered by code.
//
// Kept are the communes of today and the municipal arrondissements of Paris, Lyon and Marseille, whose codes people's
// addresses carry. Left out are delegated and associated communes (parts of a commune of today, without postal codes
// of their own) and the overseas entries without a population (Terres australes et antarctiques, Clipperton): nobody
// resides there.
func build(files map[string][]byte) ([][]string, error) {
	var pkg struct {
		Version string `json:"version"`
	}
	var communes []commune
	var departments, regions []named
	var groups []epci
	for path, into := range map[string]any{
		"package/package.json":           &pkg,
		"package/data/communes.json":     &communes,
		"package/data/departements.json": &departments,
		"package/data/regions.json":      &regions,
		"package/data/epci.json":         &groups,
	} {
		if err := json.Unmarshal(files[path], into); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if pkg.Version != packageVersion {
		return nil, fmt.Errorf("the package is version %s, not %s: check what changed, then change packageVersion and territories.Revision", pkg.Version, packageVersion)
	}
	departmentNames, regionNames := byCode(departments), byCode(regions)
	epciOf := map[string]named{}
	for _, group := range groups {
		for _, member := range group.Members {
			epciOf[member.Code] = group.named
		}
	}
	cantonOf, err := readCantons()
	if err != nil {
		return nil, err
	}

	records := map[string][]string{}
	for _, c := range communes {
		if c.Type != "commune-actuelle" && c.Type != "arrondissement-municipal" || c.Population == nil {
			continue
		}
		if _, twice := records[c.Code]; twice {
			return nil, fmt.Errorf("%s %s stands twice", c.Code, c.Name)
		}
		department, region := departmentNames[c.Department], regionNames[c.Region]
		if department == "" || region == "" || len(c.PostalCodes) == 0 {
			return nil, fmt.Errorf("%s %s has no department, region or postal code", c.Code, c.Name)
		}
		group := epciOf[c.Code]
		if c.Parent != "" {
			group = epciOf[c.Parent]
		}
		canton := cantonOf[c.Code]
		delete(cantonOf, c.Code)
		slices.Sort(c.PostalCodes)
		records[c.Code] = []string{
			c.Code, plain(c.Name), "commune", c.Department, plain(department), c.Region, plain(region),
			group.Code, plain(group.Name), canton.Code, plain(canton.Name), c.Parent,
			strings.Join(c.PostalCodes, " "), strconv.Itoa(*c.Population),
		}
	}
	if len(cantonOf) > 0 {
		return nil, fmt.Errorf("cantons-somme.csv names communes that do not exist: %v", slices.Sorted(maps.Keys(cantonOf)))
	}
	ordered := make([][]string, 0, len(records))
	for _, code := range slices.Sorted(maps.Keys(records)) {
		ordered = append(ordered, records[code])
	}
	return ordered, nil
}

func readCantons() (map[string]named, error) {
	records, err := csv.NewReader(strings.NewReader(cantonsSomme)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cantons-somme.csv: %w", err)
	}
	cantons := map[string]named{}
	for _, record := range records[1:] {
		cantons[record[0]] = named{Code: record[1], Name: record[2]}
	}
	return cantons, nil
}

func byCode(list []named) map[string]string {
	names := map[string]string{}
	for _, item := range list {
		names[item.Code] = item.Name
	}
	return names
}

// plain collapses the odd double space of the source.
func plain(name string) string { return strings.Join(strings.Fields(name), " ") }

// write writes the CSV gzipped, without the name and time that would make the bytes differ from run to run.
func write(to io.Writer, records [][]string) error {
	zipped, err := gzip.NewWriterLevel(to, gzip.BestCompression)
	if err != nil {
		return err
	}
	rows := csv.NewWriter(zipped)
	if err := rows.Write(columns); err != nil {
		return err
	}
	if err := rows.WriteAll(records); err != nil {
		return err
	}
	return zipped.Close()
}
