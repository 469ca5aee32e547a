package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"time"

	"o2r/domain"
)

type auditCommand struct {
	Verify     auditVerify     `cmd:"" help:"Recompute the audit trail outside the database, and say what was edited, deleted, reordered, slipped in or cut."`
	Checkpoint auditCheckpoint `cmd:"" help:"Sign the state of the audit trail, to be kept elsewhere: what even the database's superuser cannot rewrite."`
	Prune      auditPrune      `cmd:"" help:"Delete what is older than the retention policy allows (6 to 12 months). The chains go on verifying."`
	PublicKey  auditPublicKey  `cmd:"" help:"Print the public key that checkpoints are verified with."`
}

// auditSettings say which key signs checkpoints. It is none of those that sign tokens: it may
// stand on another machine, and outlives them.
type auditSettings struct {
	AuditKeyFile string `env:"O2R_AUDIT_KEY_FILE" placeholder:"FILE" help:"Ed25519 key that checkpoints are signed with (PKCS #8, PEM), made when missing; audit-key.pem in the data folder when left out."`
}

type auditVerify struct {
	databaseSettings
	auditSettings
	Checkpoint string `type:"existingfile" placeholder:"FILE" help:"A checkpoint kept elsewhere: without one, rows cut from the end and a history rewritten whole are not found."`
	PublicKey  string `name:"public-key-file" type:"existingfile" placeholder:"FILE" help:"Public key of the checkpoint (PEM); that of the audit key when left out."`
}

// errTampered ends the command with a failure once the findings are printed.
var errTampered = errors.New("the audit trail, or what was published, is not as it was written")

func (c *auditVerify) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	checkpoint, err := c.checkpoint(db.dir)
	if err != nil {
		return err
	}
	began := time.Now()
	report, err := db.As(operator()).VerifyAudit(ctx, checkpoint, func(done, of int64) {
		fmt.Fprintf(os.Stderr, "\r%d of %d rows, %s ", done, of, time.Since(began).Round(time.Second))
	})
	if err != nil {
		return err
	}
	for _, finding := range report.Findings {
		fmt.Printf("%-11s chain %d: %s\n", finding.Kind, finding.Chain, finding.Message)
	}
	if report.Omitted > 0 {
		fmt.Printf("and %d more\n", report.Omitted)
	}
	against := "no checkpoint: rows cut from the end, or a history rewritten whole, would not be found"
	if checkpoint != nil {
		against = "the checkpoint of " + checkpoint.At.UTC().Format(time.RFC3339)
	}
	fmt.Printf("%d rows in %d chains, %d findings, against %s\n", report.Rows, report.Chains, len(report.Findings)+report.Omitted, against)
	if len(report.Findings) > 0 {
		return errTampered
	}
	return nil
}

func (c *auditVerify) checkpoint(dir string) (*domain.Checkpoint, error) {
	if c.Checkpoint == "" {
		return nil, nil
	}
	file, err := os.ReadFile(c.Checkpoint)
	if err != nil {
		return nil, err
	}
	public, err := c.public(dir, c.PublicKey)
	if err != nil {
		return nil, err
	}
	checkpoint, err := domain.OpenCheckpoint(file, public)
	return &checkpoint, err
}

type auditCheckpoint struct {
	databaseSettings
	auditSettings
	Output string `short:"o" placeholder:"FILE" help:"File to write, which must not exist; printed when left out."`
}

func (c *auditCheckpoint) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	key, err := c.key(db.dir)
	if err != nil {
		return err
	}
	checkpoint, err := db.As(operator()).AuditCheckpoint(ctx)
	if err != nil {
		return err
	}
	file := checkpoint.Sign(key)
	if c.Output == "" {
		_, err = os.Stdout.Write(file)
		return err
	}
	if err := writeNew(c.Output, file, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d rows; keep %s where the database's administrators cannot write\n", checkpoint.Rows(), c.Output)
	return nil
}

type auditPrune struct {
	databaseSettings
	OlderThanMonths int  `default:"12" help:"Delete what is older than this many months: 6 to 12."`
	DryRun          bool `help:"Only say what would be deleted."`
}

func (c *auditPrune) Run(ctx context.Context) (err error) {
	if err := domain.CheckAuditMonths(c.OlderThanMonths); err != nil {
		return err
	}
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	pruning, err := db.As(operator()).PruneAudit(ctx, c.OlderThanMonths, c.DryRun)
	if err != nil {
		return err
	}
	done := "deleted"
	if pruning.DryRun {
		done = "would be deleted; nothing was"
	}
	fmt.Printf("%d rows from before %s %s\n", pruning.Rows, pruning.Before.UTC().Format(time.DateOnly), done)
	return nil
}

type auditPublicKey struct {
	databaseSettings
	auditSettings
}

func (c *auditPublicKey) Run() error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	key, err := c.key(dir)
	if err != nil {
		return err
	}
	text, err := publicPEM(key.Public().(ed25519.PublicKey))
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	return err
}
