package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"o2r/persistence"
	"o2r/persistence/demo"
)

// drainTimeout is how long requests in flight have when the server stops.
const drainTimeout = 20 * time.Second

type serveCommand struct {
	databaseSettings
	tokenSettings
	edgeSettings
	moduleSettings
	providerSettings
	webhookSettings
	Addr string `env:"O2R_ADDR" default:"127.0.0.1:8080" help:"Address to listen on."`
	Demo bool   `help:"Also load the synthetic programme into an empty database, and print a token for each role."`
}

// Run serves until SIGINT or SIGTERM, then finishes the requests in flight and stops the
// embedded PostgreSQL. A second signal ends it at once.
func (c *serveCommand) Run(ctx context.Context, stop context.CancelFunc) (err error) {
	deployment, err := c.edgeSettings.deployment()
	if err != nil {
		return err
	}
	if _, _, err := c.webhookSettings.read(); err != nil {
		return err
	}
	deployment.WithoutJustice = c.JusticeModule == "off"
	if c.Demo {
		if err := c.mayDemonstrate(); err != nil {
			return err
		}
	}
	slog.InfoContext(ctx, "the justice module is "+c.JusticeModule)
	// The address is taken first: two servers on one address is the commoner mistake, and costs nothing to find.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	defer listener.Close()
	bounded := boundConnections(listener, c.Connections, c.Connections/4, deployment.Trusts)
	secured, scheme, err := c.edgeSettings.secured(bounded)
	if err != nil {
		return err
	}
	db, err := c.databaseSettings.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()

	applied, err := db.prepare(ctx)
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "the database is ready", "migrations_applied", len(applied))
	tokens, err := c.tokenSettings.open(db.dir)
	if err != nil {
		return err
	}
	if err := c.trust(ctx, tokens); err != nil {
		return err
	}
	courier, stopCourier, err := c.webhookSettings.courier(ctx, db)
	if err != nil {
		return err
	}
	defer stopCourier()
	reached := deployment.New(db.Store, tokens, slog.Default())
	stopOperations, err := c.edgeSettings.operations(reached)
	if err != nil {
		return err
	}
	defer stopOperations()
	base := scheme + "://" + listener.Addr().String()
	tokens.LinkTo(c.reachedAt(scheme, listener.Addr()))
	if c.Demo {
		loaded, err := demo.Load(ctx, db.Store)
		if err != nil {
			return err
		}
		if err := welcome(os.Stdout, loaded, tokens, base); err != nil {
			return err
		}
	}
	go keepHouse(ctx, db.Store, time.Hour)
	return serve(ctx, stop, secured, base, courier.Nudging(reached.Handler()), db)
}

// keepHouse does, now and then, what is due whether anybody asks or not. Replicas may all do it.
func keepHouse(ctx context.Context, store *persistence.Store, every time.Duration) {
	for tick := time.NewTicker(every); ; {
		if err := store.Forget(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "what was kept for a time that is over could not be taken away: tried again later", "error", err)
		}
		if err := store.SettleReferrals(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "referrals could not be expired, or their teams not reminded: tried again later", "error", err)
		}
		if err := store.KeepClosings(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "closings that analysts are told of could not be kept: tried again later", "error", err)
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

func serve(ctx context.Context, stop context.CancelFunc, listener net.Listener, base string, handler http.Handler, db *database) error {
	server := newServer(handler, usualPatience)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("O2R API on %[1]s (documentation: %[1]s/docs). Ctrl-C stops it.\n", base)

	var lost <-chan struct{} // never, without an embedded PostgreSQL
	if db.cluster != nil {
		lost = db.cluster.Done()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-lost:
		return errors.Join(errors.New("the embedded PostgreSQL ended by itself: see postgres.log in the data folder"), server.Close())
	case <-ctx.Done():
	}
	stop() // from here on a second signal ends the process
	slog.Info("stopping: finishing the requests in flight")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("some requests did not finish in %s: %w", drainTimeout, err), server.Close())
	}
	return nil
}
