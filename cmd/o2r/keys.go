package main

import (
	"context"
	"errors"
	"fmt"

	"o2r/api"
	"o2r/domain"
)

type keysCommand struct {
	Rotate rotateCommand `cmd:"" help:"Sign tokens with a new key from now on. Running servers take it up by themselves."`
}

type rotateCommand struct {
	databaseSettings
	tokenSettings
	Stolen bool `help:"Refuse every token that the old keys signed, within seconds. Without it, they are accepted until they expire."`
}

// Run rotates the signing key. Run it as the account that serves, which alone may read the key.
func (c *rotateCommand) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	keep := api.RetiredKeyLife
	if c.Stolen {
		keep = 0
	}
	if err := db.As(operator()).KeyRotated(ctx); err != nil { // what cannot be written down is not done
		return err
	}
	before, after, err := api.RotateKey(c.keyFile(db.dir), keep)
	if err != nil {
		return err
	}
	fmt.Printf("Tokens are now signed with %s.\n", after)
	if c.Stolen {
		fmt.Printf("Those signed with %s, or an older key, are refused.\n", before)
	} else {
		fmt.Printf("Those signed with %s are accepted until they expire.\n", before)
	}
	return nil
}

type revokeCommand struct {
	databaseSettings
	Token   *string `name:"jti" xor:"what" required:"" placeholder:"JTI" help:"One token, by its jti."`
	Subject *string `xor:"what" required:"" placeholder:"NAME" help:"Every token issued to this subject until now."`
	Client  *string `xor:"what" required:"" placeholder:"ID" help:"Every token issued to this API client until now."`
}

// Run refuses tokens from now on, on every server of this database.
func (c *revokeCommand) Run(ctx context.Context) (err error) {
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	revoked, err := db.As(operator()).RevokeTokens(ctx, domain.RevocationInput{TokenID: c.Token, Subject: c.Subject, ClientID: c.Client})
	if err != nil {
		return err
	}
	fmt.Printf("Refused as of %s.\n", revoked.RevokedAt.Format("2006-01-02 15:04:05 MST"))
	return nil
}
