package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence/demo"
)

type demoCommand struct {
	databaseSettings
}

func (c *demoCommand) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	loaded, err := demo.Load(ctx, db.Store)
	if err != nil {
		return err
	}
	fmt.Println(loaded)
	return nil
}

// demoTokenLife is how long the tokens that serve --demo prints are good for: a working day.
const demoTokenLife = 12 * time.Hour

// welcome prints a token for each role and three calls to try.
func welcome(w io.Writer, loaded demo.Result, tokens *api.Tokens, base string) error {
	fmt.Fprintln(w, loaded)
	fmt.Fprintf(w, "\nA token for each role, good for %s:\n", demoTokenLife)
	for _, role := range domain.Roles {
		token, err := tokens.Issue(loaded.Actor(role), demoTokenLife)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "export O2R_%s=%s\n", strings.ToUpper(string(role)), token)
	}
	fmt.Fprintf(w, `
Paste those lines into another terminal, then try:
curl -s -H "Authorization: Bearer $O2R_ANALYST" '%[1]s/v1/programmes/o2r-somme/indicators?as_of=2025-12-31'
curl -s -H "Authorization: Bearer $O2R_PARTNER" '%[1]s/v1/referrals?limit=2'
curl -s -H "Authorization: Bearer $O2R_CASEWORKER" '%[1]s/v1/enrolments?limit=2'

`, base)
	return nil
}
