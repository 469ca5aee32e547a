package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"o2r/domain"
	"o2r/domain/recount"
	"o2r/domain/verify"
	"o2r/persistence"
	"o2r/persistence/postgres"
)

type figuresCommand struct {
	Verify figuresVerify `cmd:"" help:"Count every figure of a programme a second time, by other code from the rows as they lie in the tables, and say where the two counts differ. Ends with 0 where they agree, with 1 where they differ, and with 2 where they could not be compared."`
}

type figuresVerify struct {
	databaseSettings
	moduleSettings
	Programme string      `required:"" placeholder:"SLUG" help:"The programme."`
	AsOf      domain.Date `name:"as-of" placeholder:"DAY" help:"The day whose state is described, such as 2025-12-31; today in Europe/Paris when left out."`
}

// errDiffers ends the command with a failure once the differences are printed.
var errDiffers = errors.New("the two counts differ: one of them is wrong")

// Run ends with errDiffers where the counts differ, and with any other error where they could not be compared: it makes no database
// to find nothing in.
func (c *figuresVerify) Run(ctx context.Context) (err error) {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	if os.Getenv("DATABASE_URL") == "" && !postgres.Holds(dir) {
		return fmt.Errorf("there is no database in %s: name its folder with O2R_DATA_DIR or --data-dir, or its PostgreSQL with DATABASE_URL", dir)
	}
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	both, err := db.As(lead(c.Programme)).VerifyFigures(ctx, c.Programme, persistence.FiguresQuery{PeriodInput: domain.PeriodInput{AsOf: c.AsOf}})
	if err != nil {
		return err
	}
	return c.compare(ctx, both, os.Stdout, os.Stderr)
}

// compare prints each figure with both values, then what else was compared and what differs. It names nobody.
func (c *figuresVerify) compare(ctx context.Context, both verify.Both, out, progress io.Writer) error {
	began := time.Now()
	shown := began
	answers, compared := 0, 0
	var differences []string
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "figure of %s on %s\tanswered\trecounted\t\n", c.Programme, both.Question.Period.AsOf)
	for line := range both.Everything() {
		if err := ctx.Err(); err != nil {
			return err
		}
		answers, compared = answers+1, compared+line.Compared
		if line.Recounted != "" && !c.withholds(line.What) {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.What, line.Answered, line.Recounted, map[bool]string{true: "differs"}[len(line.Differences) > 0])
		}
		for _, d := range line.Differences {
			differences = append(differences, line.What+": "+d.String())
		}
		if time.Since(shown) > time.Second {
			shown = time.Now()
			fmt.Fprintf(progress, "\r%d of at most %d answers compared ", answers, verify.Most)
		}
	}
	if time.Since(shown) < time.Since(began) {
		fmt.Fprintln(progress)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	const most = 100
	for _, difference := range differences[:min(most, len(differences))] {
		fmt.Fprintln(out, difference)
	}
	if omitted := len(differences) - most; omitted > 0 {
		fmt.Fprintf(out, "and %d more\n", omitted)
	}
	fmt.Fprintf(out, "%d answers, of %d indicators and the profile, their evidence, breakdowns and series: %d numbers and words compared, %d differences\n", answers, len(recount.Keys), compared, len(differences))
	if len(differences) > 0 {
		return errDiffers
	}
	return nil
}

// withholds tells whether a line of the table is about what the deployment does not show. It is compared all the same.
func (c *figuresVerify) withholds(what string) bool {
	return c.JusticeModule == "off" && strings.Contains(what, "justice")
}

// lead is whoever types commands, acting for the coordinator of a programme: named in the audit trail.
func lead(programme string) domain.Actor {
	actor := operator()
	actor.Role, actor.Programmes = domain.Coordinator, []string{programme}
	return actor
}
