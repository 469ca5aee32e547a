package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"o2r/api"
	"o2r/persistence/demo"
)

// Bounds on what one connection may take. A request's own deadline is the API's.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	drainTimeout      = 20 * time.Second
)

type serveCommand struct {
	databaseSettings
	tokenSettings
	Addr string `env:"O2R_ADDR" default:"127.0.0.1:8080" help:"Address to listen on."`
	Demo bool   `help:"Also load the synthetic programme into an empty database, and print a token for each role."`
}

// Run serves until SIGINT or SIGTERM, then finishes the requests in flight and stops the
// embedded PostgreSQL. A second signal ends it at once.
func (c *serveCommand) Run(ctx context.Context, stop context.CancelFunc) (err error) {
	// The address is taken first: two servers on one address is the commoner mistake, and costs nothing to find.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	defer listener.Close()
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
	base := "http://" + listener.Addr().String()
	if c.Demo {
		loaded, err := demo.Load(ctx, db.Store)
		if err != nil {
			return err
		}
		if err := welcome(os.Stdout, loaded, tokens, base); err != nil {
			return err
		}
	}
	return serve(ctx, stop, listener, api.New(db.Store, tokens, slog.Default()).Handler(), db)
}

func serve(ctx context.Context, stop context.CancelFunc, listener net.Listener, handler http.Handler, db *database) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0), // it would log what callers send
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Printf("O2R API on http://%[1]s (documentation: http://%[1]s/docs). Ctrl-C stops it.\n", listener.Addr())

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
