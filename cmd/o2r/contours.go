package main

import (
	"context"
	"fmt"
	"os"

	"o2r/domain"
	"o2r/persistence"
)

// importContours loads where territories lie, which no data set that comes with the program says.
type importContours struct {
	databaseSettings
	File     string `arg:"" type:"existingfile" help:"GeoJSON (RFC 7946), longitude and latitude in WGS 84; each feature has the INSEE code of a commune or the code of a priority quarter in the property code."`
	Source   string `required:"" placeholder:"TEXT" help:"Where the contours come from, and their licence: IGN Admin Express COG 2026, Licence Ouverte."`
	Validate bool   `help:"Only say what is wrong with the file; write nothing."`
}

// Run loads all of the file or nothing. Contours of territories that are not in it stay.
func (c *importContours) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	contours, err := domain.ReadContours(text)
	if err != nil {
		return err
	}
	return c.load(ctx, c.Validate, func(s *persistence.Session) (string, error) {
		return fmt.Sprintf("%d contours", len(contours)), s.CheckContours(ctx, contours)
	}, func(s *persistence.Session) (string, error) {
		loaded, err := s.LoadContours(ctx, contours, c.Source)
		return fmt.Sprintf("%d contours are loaded", loaded), err
	})
}
