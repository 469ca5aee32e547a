//go:build !(linux || darwin || freebsd)

package postgres

import (
	"context"
	"errors"
)

var errUnsupported = errors.New("this system has no embedded PostgreSQL: set DATABASE_URL to a running server")

// Cluster cannot run on this system.
type Cluster struct{}

// Start always fails on this system.
func Start(context.Context, Config) (*Cluster, error) { return nil, errUnsupported }

// Attach always fails on this system.
func Attach(context.Context, Config) (*Cluster, error) { return nil, errUnsupported }

// EndLeftovers has nothing to end on this system.
func EndLeftovers(context.Context, Config) error { return errUnsupported }

func (c *Cluster) URL() string                     { return "" }
func (c *Cluster) SuperURL(database string) string { return "" }
func (c *Cluster) BinDir() string                  { return "" }
func (c *Cluster) PID() int                        { return 0 }
func (c *Cluster) Done() <-chan struct{}           { return nil }
func (c *Cluster) Err() error                      { return nil }
func (c *Cluster) Stop(context.Context) error      { return nil }
