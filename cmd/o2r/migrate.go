package main

import (
	"context"
	"errors"
	"fmt"
)

type migrateCommand struct {
	databaseSettings
	Plan bool `help:"Only name what would be applied."`
}

func (c *migrateCommand) Run(ctx context.Context) (err error) {
	db, err := c.open(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	work, done := db.Migrate, "applied"
	if c.Plan {
		work, done = db.Pending, "pending"
	}
	names, err := work(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Println(done, name)
	}
	if len(names) == 0 {
		fmt.Println("nothing to do: the database has the schema this program knows")
	}
	return nil
}
