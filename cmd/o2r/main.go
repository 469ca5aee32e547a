// Command o2r is the O2R API and its administration: it serves the API, prepares the
// database, loads the demonstration, issues tokens and writes the OpenAPI document.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"o2r/api/rest"
	"o2r/domain"
)

// commands is everything o2r does. What a deployment sets has an environment variable.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Run the API, on DATABASE_URL or on an embedded PostgreSQL."`
	Demo      demoCommand      `cmd:"" help:"Load the synthetic Somme programme into a database that holds no other people."`
	Token     tokenCommand     `cmd:"" help:"Print an access token, alone on the last line. Works beside a running server."`
	Revoke    revokeCommand    `cmd:"" help:"Refuse tokens before they expire, on every server of the database."`
	Keys      keysCommand      `cmd:"" help:"The keys that tokens are signed with."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database to the schema this program knows."`
	Import    importCommand    `cmd:"" help:"Load records from a file: all of it, or nothing."`
	Figures   figuresCommand   `cmd:"" help:"Verify the figures."`
	Audit     auditCommand     `cmd:"" help:"Verify, anchor and prune the audit trail."`
	Retention retentionCommand `cmd:"" help:"Erase what has been kept long enough."`
	OpenAPI   openapiCommand   `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Version   versionCommand   `cmd:"" help:"Print the version of the program and of the wire contract."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, stop)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "o2r:", sentence(err))
		if verifies() && !errors.Is(err, errDiffers) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// verifies tells whether figures are to be verified: 1 then means that they differ, and nothing else does.
func verifies() bool { return len(os.Args) > 1 && os.Args[1] == "figures" }

func run(ctx context.Context, stop context.CancelFunc) error {
	parser, err := kong.New(&commands{},
		kong.Name("o2r"),
		kong.Description("The API of the O2R programmes « En route vers l'emploi ».\n\nA first try: o2r serve --demo\n\nThe environment variable DATABASE_URL names a PostgreSQL 15 or newer (postgres://user@host/database), reached as an ordinary role that owns the database. Without it, o2r runs an embedded PostgreSQL in its data folder, from the programs in O2R_PG_BIN, those of the machine, or the archive at O2R_PG_ARCHIVE_URL whose SHA-256 is O2R_PG_ARCHIVE_HASH."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(stop),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(os.Args[1:])
	if err != nil && verifies() {
		return err
	}
	parser.FatalIfErrorf(err)
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	return command.Run()
}

// sentence is what a person at the terminal reads of an error: a refusal's own words and its
// faulty fields, without the code meant for programs.
func sentence(err error) string {
	var refusal *domain.Error
	var problem *rest.Problem
	var text string
	var faults []domain.FieldError
	switch {
	case errors.As(err, &refusal):
		text, faults = refusal.Message, refusal.Fields
	case errors.As(err, &problem):
		text, faults = problem.Detail, problem.Errors
	default:
		return err.Error()
	}
	for _, fault := range faults {
		text += "\n  " + fault.Location + ": " + fault.Message
	}
	return text
}
