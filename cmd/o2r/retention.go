package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"o2r/domain"
	"o2r/persistence"
)

type retentionCommand struct {
	Run retentionRun `cmd:"" help:"Do what is due: erase people and referrals kept long enough, drop the detail of justice measures. Once a day is enough."`
}

type retentionRun struct {
	databaseSettings
	DryRun bool `help:"Only count what is due; write nothing."`
}

// Run does one record at a time, each in a transaction of its own. Ended in between, it has kept
// what was done, and the next run goes on.
func (c *retentionRun) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	report, err := persistence.Retention(ctx, db.As(officer()), c.DryRun, func(domain.RetentionDue) error { return nil })
	if written := printRetention(os.Stdout, report); written != nil {
		return errors.Join(err, written)
	}
	if err != nil {
		return fmt.Errorf("the run did not end; what is counted above is done, and the next run goes on: %w", err)
	}
	return nil
}

// officer is whoever types commands, acting for the data protection officer: named in the audit trail.
func officer() domain.Actor {
	actor := operator()
	actor.Role = domain.DPO
	return actor
}

// printRetention says what was done by rule. It names nobody.
func printRetention(w io.Writer, report domain.RetentionReport) error {
	done := "done"
	if report.DryRun {
		done = "done (dry run)"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "rule\tkept for\tcounted from\tdue on %s\t%s\n", report.AsOf, done)
	for _, count := range report.Rules {
		state := fmt.Sprintf("%d months", count.Rule.Months)
		if !count.Rule.Active {
			state = "switched off"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\n", count.Rule.Code, state, count.Rule.CountsFrom, count.Due, count.Done)
	}
	return table.Flush()
}
