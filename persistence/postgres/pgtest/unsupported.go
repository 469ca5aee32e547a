//go:build !(linux || darwin || freebsd)

package pgtest

import (
	"context"
	"errors"

	"o2r/persistence/postgres"
)

func startPrivate(context.Context) (*postgres.Cluster, error) {
	return nil, errors.New("this system has no embedded PostgreSQL: set TEST_DATABASE_URL to a running server")
}
