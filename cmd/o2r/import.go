package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

type importCommand struct {
	Participants  importRows        `cmd:"" help:"Record people from a file of rows, all or none."`
	Enrolments    importRows        `cmd:"" help:"Open people's paths from a file of rows; a path that has ended may say so."`
	Appointments  importRows        `cmd:"" help:"Record individual meetings, held ones with what became of them."`
	Exits         importRows        `cmd:"" help:"End paths."`
	Workshops     importRows        `cmd:"" help:"Record collective sessions."`
	Registrations importRows        `cmd:"" help:"Record who was registered for workshops, and who came."`
	Territories   importTerritories `cmd:"" help:"Replace a programme's targeted territories from a CSV with the columns territory_code and sector."`
	Contours      importContours    `cmd:"" help:"Load the contours of territories, for maps, from a GeoJSON FeatureCollection whose features have the property code."`
}

type importTerritories struct {
	databaseSettings
	File        string `arg:"" type:"existingfile" help:"CSV in UTF-8, separated by commas or semicolons."`
	Programme   string `required:"" placeholder:"SLUG" help:"Programme whose list is replaced."`
	Provisional bool   `help:"The list is a reconstruction, not the convention's own."`
	Method      string `placeholder:"TEXT" help:"How the list was made."`
	Source      string `placeholder:"TEXT" help:"Where it comes from."`
	Validate    bool   `help:"Only say what is wrong with the file; write nothing."`
}

// Run says of each faulty row which line of the file it is.
func (c *importTerritories) Run(ctx context.Context) error { return inLines(c.run(ctx)) }

// item is how a fault names a row: row 2 of the file is items[0].
var item = regexp.MustCompile(`^body\.items\[([0-9]+)\]\.?`)

// inLines rewords faults for somebody who holds the file: by line and column.
func inLines(err error) error {
	var refusal *domain.Error
	var problem *rest.Problem
	var faults []domain.FieldError
	switch {
	case errors.As(err, &refusal):
		faults = refusal.Fields
	case errors.As(err, &problem):
		faults = problem.Errors
	}
	if len(faults) == 0 {
		return err
	}
	text := "the file was refused, and nothing was written"
	for _, fault := range faults {
		where := fault.Location
		if found := item.FindStringSubmatch(where); found != nil {
			row, _ := strconv.Atoi(found[1])
			where = strings.TrimSpace(fmt.Sprintf("line %d %s", row+2, item.ReplaceAllString(where, "")))
		}
		text += "\n  " + where + ": " + fault.Message
	}
	return errors.New(text)
}

func (c *importTerritories) run(ctx context.Context) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var list domain.TargetedListInput
	if err := rest.DecodeCSV(text, &list); err != nil {
		return err
	}
	list.Provisional = &c.Provisional
	if c.Method != "" {
		list.Method = &c.Method
	}
	if c.Source != "" {
		list.Source = &c.Source
	}
	if err := domain.WithoutNIR(struct{ Body domain.TargetedListInput }{list}); err != nil {
		return err
	}
	return c.load(ctx, c.Validate, func(s *persistence.Session) (string, error) {
		return fmt.Sprintf("%d territories", len(list.Items)), s.CheckTargetedTerritories(ctx, c.Programme, list)
	}, func(s *persistence.Session) (string, error) {
		written, err := s.ReplaceTargetedTerritories(ctx, c.Programme, domain.Match{}, list)
		return fmt.Sprintf("version %d of the list of %s: %d territories", written.Version, c.Programme, len(written.Items)), err
	})
}

// load writes what a file holds, or only checks it against what is recorded, and says which it did.
func (s databaseSettings) load(ctx context.Context, validate bool, check, write func(*persistence.Session) (string, error)) (err error) {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	does, after := write, ""
	if validate {
		does, after = check, ", nothing wrong; nothing was written"
	}
	said, err := does(db.As(operator()))
	if err == nil {
		fmt.Println(said + after)
	}
	return err
}
