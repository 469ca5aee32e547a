package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"o2r/api"
)

type openapiCommand struct {
	moduleSettings
	Version string `default:"3.1" enum:"3.1,3.0" help:"Version of OpenAPI: ${enum}."`
	Format  string `default:"json" enum:"json,yaml" help:"${enum}."`
	Output  string `placeholder:"FILE" help:"Where to write it; standard output when left out."`
}

func (c *openapiCommand) Run() error {
	document, err := api.Deployment{WithoutJustice: c.JusticeModule == "off"}.Document(c.Version, c.Format)
	if err != nil {
		return err
	}
	if c.Output != "" {
		return os.WriteFile(c.Output, document, 0o644) // #nosec G306 -- the document is public
	}
	_, err = os.Stdout.Write(document)
	return err
}

type versionCommand struct{}

func (versionCommand) Run() error {
	build := "unknown build"
	if info, ok := debug.ReadBuildInfo(); ok {
		build = info.Main.Version + " " + info.GoVersion
	}
	fmt.Printf("o2r %s, wire contract %s\n", build, api.Version)
	return nil
}
