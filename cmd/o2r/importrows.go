package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"

	"o2r/api"
	"o2r/api/rest"
	"o2r/domain"
)

// importRows moves a programme in by a file of one kind, as POST /v1/imports/{kind} does.
type importRows struct {
	databaseSettings
	moduleSettings
	File      string `arg:"" help:"CSV as a spreadsheet exports it, or a JSON object a line in a file called .ndjson or .jsonl; - for standard input."`
	Programme string `required:"" placeholder:"SLUG" help:"Programme that the rows are of."`
	Validate  bool   `help:"Only say what is wrong with the file; write nothing."`
}

// Run shows on standard error how far it is. Interrupted, it takes everything back.
func (c *importRows) Run(ctx context.Context, command *kong.Context) (err error) {
	file, media, err := c.open()
	if err != nil {
		return err
	}
	defer file.Close()
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	mover, err := mover(ctx, db, c.Programme)
	if err != nil {
		return err
	}
	store, off := db.Store, c.JusticeModule == "off"
	if off {
		store = store.WithoutJustice()
	}
	order := domain.ImportOrder{Kind: domain.ImportKind(command.Selected().Name), Mode: domain.ImportCommit, Programme: c.Programme}
	if c.Validate {
		order.Mode = domain.ImportValidate
	}
	shown := &progress{to: os.Stderr, gauge: file, every: 10 * time.Second, end: "\n"}
	if about, err := os.Stderr.Stat(); err == nil && about.Mode()&os.ModeCharDevice != 0 { // a terminal, on which it is written over
		shown.every, shown.end = time.Second/2, "\r"
	}
	report, err := store.As(mover).Import(ctx, order, shown.of(api.NewImportSheets(off).Rows(order.Kind, file, media)))
	shown.done()
	switch {
	case err != nil && ctx.Err() != nil: // whatever it says of a connection that was closed in the middle
		return errors.New("interrupted: nothing was written, and the same file can be sent again")
	case err != nil:
		return err
	}
	return summary(os.Stdout, report)
}

func (c *importRows) open() (*gauge, string, error) {
	media := "text/csv"
	switch filepath.Ext(c.File) {
	case ".ndjson", ".jsonl":
		media = rest.SheetsType
	}
	if c.File == "-" {
		spooled, err := rest.Spool(os.Stdin) // a file is read twice
		if err != nil {
			return nil, "", err
		}
		return newGauge(spooled, spooled.File, media)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, "", err
	}
	return newGauge(file, file, media)
}

// mover is whoever types commands, acting for the coordinator of a programme: named in the audit trail.
func mover(ctx context.Context, db *database, slug string) (domain.Actor, error) {
	programme, err := db.As(operator()).Programme(ctx, slug)
	if err != nil {
		return domain.Actor{}, err
	}
	actor := operator()
	actor.Role, actor.OrganisationID, actor.Programmes = domain.Coordinator, programme.OperatorID, []string{slug}
	return actor, nil
}

// mostShown is how many faults are printed.
const mostShown = 200

// summary says what became of a file, for people. A file with faults is an error.
func summary(w io.Writer, report domain.ImportReport) error {
	for i, fault := range report.Faults {
		if i == mostShown {
			fmt.Fprintf(w, "… and %d more faults\n", report.FaultsInAll-mostShown)
			break
		}
		where := fmt.Sprintf("line %d", fault.Line)
		if fault.Column != nil {
			where += " " + *fault.Column
		}
		fmt.Fprintf(w, "%s: %s\n", where, fault.Message)
	}
	for i, warning := range report.Warnings {
		if i == mostShown {
			fmt.Fprintf(w, "… and %d more warnings\n", len(report.Warnings)-mostShown)
			break
		}
		fmt.Fprintf(w, "line %d %s, a warning: %s\n", warning.Line, *warning.Column, warning.Message)
	}
	for i, one := range report.Resemblances {
		if i == mostShown {
			fmt.Fprintf(w, "… and %d more\n", report.PossibleDuplicates-mostShown)
			break
		}
		whom := "another row of this file"
		if len(one.ParticipantIDs) > 0 {
			whom = strings.Join(one.ParticipantIDs, ", ")
		}
		fmt.Fprintf(w, "line %d is likely the same person as %s\n", one.Line, whom)
	}
	for i, line := range report.ReachedAsErasedLines {
		if i == mostShown {
			fmt.Fprintf(w, "… and %d more\n", report.ReachedAsErased-mostShown)
			break
		}
		fmt.Fprintf(w, "line %d has the telephone number or e-mail address of somebody who was erased: make sure that it is not she\n", line)
	}
	fmt.Fprintf(w, "%d rows of %s: %d new, %d imported before, %d faulty", report.Rows, report.Kind, report.Created, report.Unchanged, report.Faulty)
	if report.PossibleDuplicates > 0 {
		fmt.Fprintf(w, ", %d likely somebody known already", report.PossibleDuplicates)
	}
	if report.ReachedAsErased > 0 {
		fmt.Fprintf(w, ", %d with the telephone number or e-mail address of somebody who was erased", report.ReachedAsErased)
	}
	switch {
	case report.Faulty > 0:
		fmt.Fprintln(w)
		return errors.New("the file was refused, and nothing was written")
	case report.Mode == domain.ImportValidate:
		fmt.Fprintln(w, "; nothing was written")
	default:
		fmt.Fprintln(w, "; all of it is recorded")
	}
	return nil
}

// gauge is a file that knows how much of it was read.
type gauge struct {
	io.ReadSeeker
	io.Closer
	size int64
	read atomic.Int64
}

func newGauge(closer io.Closer, file *os.File, media string) (*gauge, string, error) {
	about, err := file.Stat()
	if err != nil {
		return nil, "", errors.Join(err, closer.Close())
	}
	return &gauge{ReadSeeker: file, Closer: closer, size: about.Size()}, media, nil
}

func (g *gauge) Read(p []byte) (int, error) {
	n, err := g.ReadSeeker.Read(p)
	g.read.Add(int64(n))
	return n, err
}

func (g *gauge) Seek(offset int64, whence int) (int64, error) {
	at, err := g.ReadSeeker.Seek(offset, whence)
	g.read.Store(at)
	return at, err
}

// progress says now and then how many rows were worked on, how fast, and how much of the file that is.
type progress struct {
	to    io.Writer
	gauge *gauge
	every time.Duration
	end   string

	rows        int
	begun, said time.Time
}

// of is the rows, counted. Where the work is tried again it begins anew.
func (p *progress) of(rows iter.Seq2[domain.ImportRow, error]) iter.Seq2[domain.ImportRow, error] {
	return func(yield func(domain.ImportRow, error) bool) {
		p.rows, p.begun, p.said = 0, time.Now(), time.Now()
		for row, err := range rows {
			if !yield(row, err) {
				return
			}
			if p.rows++; time.Since(p.said) >= p.every {
				p.say()
			}
		}
	}
}

func (p *progress) say() {
	p.said = time.Now()
	share := int64(100)
	if p.gauge.size > 0 {
		share = min(100, 100*p.gauge.read.Load()/p.gauge.size)
	}
	fmt.Fprintf(p.to, "%d rows, %.0f a second, %d %% of the file  %s", p.rows, float64(p.rows)/max(time.Since(p.begun).Seconds(), 0.001), share, p.end)
}

// done says it once more, and leaves the line.
func (p *progress) done() {
	if !p.begun.IsZero() {
		p.end = "\n"
		p.say()
	}
}
