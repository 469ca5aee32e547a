//go:build linux || darwin || freebsd

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// dataMajor is the major version of the data in a cluster's folder, 0 when there is none. A folder that
// holds something else is refused rather than initialised over.
func dataMajor(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		entries, err := os.ReadDir(cluster)
		switch {
		case errors.Is(err, os.ErrNotExist), err == nil && len(entries) == 0:
			return 0, nil
		case err != nil:
			return 0, fmt.Errorf("look at the data: %w", err)
		}
		return 0, fmt.Errorf("%s holds files but no PostgreSQL data: move it away, or set O2R_DATA_DIR to another folder; nothing was changed", cluster)
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the data: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || major < 1 {
		return 0, fmt.Errorf("%s/PG_VERSION says %q, which is no version: restore it from a backup; nothing was changed", cluster, bytes.TrimSpace(text))
	}
	return major, nil
}

const newPrefix = "cluster-new-"

// initialise makes a cluster beside its place and then renames it, so that a cluster is there whole or
// not at all. Only unfinished ones, which never held anything, are removed.
func initialise(ctx context.Context, config Config, programs programs, account *account) error {
	if account == nil {
		if _, err := user.LookupId(strconv.Itoa(os.Geteuid())); err != nil {
			return fmt.Errorf("user id %d is no account of this machine, and PostgreSQL's initdb needs one: run as an account of the machine, or set DATABASE_URL", os.Geteuid())
		}
	}
	unfinished, _ := filepath.Glob(filepath.Join(escapeGlob(config.Dir), newPrefix+"*"))
	for _, folder := range unfinished {
		_ = os.RemoveAll(folder)
	}
	folder, err := os.MkdirTemp(config.Dir, newPrefix)
	if err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	defer os.RemoveAll(folder) // gone already when all went well
	if err := account.own(folder); err != nil {
		return fmt.Errorf("give the cluster's folder to %s: %w", account.name, err)
	}
	config.Log.Info("making a PostgreSQL cluster", "dir", config.cluster(), "version", programs.major, "programs", programs.dir)
	var output []byte
	for _, locale := range locales(programs.major) {
		args := append([]string{"-D", folder, "-U", SuperRole, "--encoding=UTF8", "--data-checksums",
			"--auth-local=trust", "--auth-host=reject", "--no-instructions"}, locale...)
		if config.Throwaway {
			args = append(args, "--no-sync")
		}
		output, err = programs.run(ctx, account, config.Dir, "initdb", args...)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("initdb: %w", context.Cause(ctx))
		}
		// initdb leaves a folder it did not make empty.
	}
	if err != nil {
		return fmt.Errorf("initdb failed in %s (%w); it said: %s", config.Dir, err, said(output))
	}
	if err := appendFile(filepath.Join(folder, "postgresql.conf"), tuning); err != nil {
		return fmt.Errorf("configure the cluster: %w", err)
	}
	if err := os.Rename(folder, config.cluster()); err != nil {
		return fmt.Errorf("put the cluster in its place: %w", err)
	}
	if config.Throwaway {
		return nil
	}
	return syncFolder(config.Dir)
}

// locales are tried in turn. All order by code point, the same on every machine, so that an index built
// on one is right on the next; they differ in knowing that É is the capital of é, which C alone does not.
func locales(major int) (list [][]string) {
	if major >= 17 {
		list = append(list, []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"})
	}
	return append(list,
		[]string{"--locale=C.UTF-8"},
		[]string{"--locale=C", "--lc-ctype=en_US.UTF-8"},
		[]string{"--locale=C"},
	)
}

func appendFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// syncFolder makes a rename in the folder survive a power cut.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
