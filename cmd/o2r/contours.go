package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"o2r/domain"
)

// importContours loads where territories lie, which no data set that comes with the program says.
type importContours struct {
	databaseSettings
	File     string `arg:"" type:"existingfile" help:"GeoJSON (RFC 7946), longitude and latitude in WGS 84; each feature has the INSEE code of a commune or the code of a priority quarter in the property code."`
	Source   string `required:"" placeholder:"TEXT" help:"Where the contours come from, and their licence: IGN Admin Express COG 2026, Licence Ouverte."`
	Validate bool   `help:"Only say what is wrong with the file; write nothing."`
}

// Run loads all of the file or nothing. Contours of territories that are not in it stay.
func (c *importContours) Run(ctx context.Context) (err error) {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	contours, err := domain.ReadContours(text)
	if err != nil {
		return err
	}
	db, err := c.migrated(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	session := db.As(operator())
	if c.Validate {
		if err := session.CheckContours(ctx, contours); err != nil {
			return err
		}
		fmt.Printf("%d contours, nothing wrong; nothing was written\n", len(contours))
		return nil
	}
	loaded, err := session.LoadContours(ctx, contours, c.Source)
	if err != nil {
		return err
	}
	fmt.Printf("%d contours are loaded\n", loaded)
	return nil
}
