package pgtest

import (
	"context"
	"github.com/jackc/pgx/v5"
	"testing"
)

func TestFirst(t *testing.T) {
	u := New(t, Template{})
	t.Log(u)
	c, err := pgx.Connect(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	var s string
	t.Log(c.QueryRow(context.Background(), "select current_user||current_database()||version()").Scan(&s), s)
	for range 5 {
		New(t, Template{})
	}
}
