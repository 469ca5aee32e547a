package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/postgres"
)

// databaseSettings say where the records are: in the database at DATABASE_URL, else in an
// embedded one under DataDir.
type databaseSettings struct {
	DataDir string `env:"O2R_DATA_DIR" placeholder:"DIR" help:"Folder of the embedded PostgreSQL and of the signing key; /var/lib/o2r for root, o2r in the user's data folder for others."`
}

// moduleSettings say what the deployer has a legal basis for.
type moduleSettings struct {
	JusticeModule string `env:"O2R_JUSTICE_MODULE" default:"on" enum:"on,off" help:"Whether it may be recorded how people stand with justice (${enum}). Off for a deployer without a legal basis (RGPD, art. 10): no such field, value or figure is then taken or shown. What is on file already stays there, unseen."`
}

// mayDemonstrate refuses to load the demonstration where the module is off that half of it is about.
func (s moduleSettings) mayDemonstrate() error {
	if s.JusticeModule == "off" {
		return errors.New("the demonstration tells how people stand with justice, and O2R_JUSTICE_MODULE is off")
	}
	return nil
}

// tokenSettings say which tokens are this deployment's.
type tokenSettings struct {
	Issuer   string `env:"O2R_ISSUER" placeholder:"URL" help:"Who issues this deployment's tokens: its public URL; http://127.0.0.1:8080 when left out."`
	Audience string `env:"O2R_AUDIENCE" default:"o2r" help:"Whom this deployment's tokens are for."`
	KeyFile  string `env:"O2R_SIGNING_KEY_FILE" placeholder:"FILE" help:"Ed25519 key that tokens are signed with (PKCS #8, PEM), made when missing; signing-key.pem in the data folder when left out."`
}

func (s tokenSettings) open(dir string) (*api.Tokens, error) {
	return api.NewTokens(cmp.Or(s.Issuer, localIssuer), s.Audience, s.keyFile(dir))
}

// localIssuer is the same on every command, whatever the server listens on: a token made at the terminal is one of it.
const localIssuer = "http://127.0.0.1:8080"

// reachedAt is where links lead that are handed out: to the public URL or, where none is set, to what the server listens on.
func (s tokenSettings) reachedAt(scheme string, listening net.Addr) string {
	address, port, err := net.SplitHostPort(listening.String())
	switch {
	case s.Issuer != "" || err != nil:
		return cmp.Or(s.Issuer, localIssuer)
	case net.ParseIP(address).IsUnspecified():
		address = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(address, port)
}

func (s tokenSettings) keyFile(dir string) string {
	if s.KeyFile != "" {
		return s.KeyFile
	}
	return filepath.Join(dir, "signing-key.pem")
}

// providerSettings name an OpenID Connect provider whose tokens are accepted beside ours.
type providerSettings struct {
	Issuer     string   `name:"oidc-issuer" env:"O2R_OIDC_ISSUER" placeholder:"URL" help:"OpenID Connect provider whose access tokens are accepted too; none when left out."`
	Name       string   `name:"oidc-name" env:"O2R_OIDC_NAME" placeholder:"NAME" help:"What its people are called here: oidc:NAME: and their subject there; its issuer's host when left out. Never give one provider the name of another."`
	Audience   string   `name:"oidc-audience" env:"O2R_OIDC_AUDIENCE" placeholder:"NAME" help:"Whom its tokens must be for."`
	JWKSURL    string   `name:"oidc-jwks-url" env:"O2R_OIDC_JWKS_URL" placeholder:"URL" help:"Where its keys are; its discovery document says when left out."`
	Algorithms []string `name:"oidc-algorithms" env:"O2R_OIDC_ALGORITHMS" default:"RS256,ES256,EdDSA" help:"Signature algorithms accepted of it; asymmetric ones only."`
	Types      []string `name:"oidc-types" env:"O2R_OIDC_TYPES" default:"at+jwt" help:"Types of token accepted of it, by their typ header; some providers write JWT."`
	Claims     string   `name:"oidc-claims" env:"O2R_OIDC_CLAIMS" placeholder:"FILE" help:"What its claims mean here: a JSON file, or the JSON itself. See the README."`
}

// trust makes tokens accept the provider's, where one is named.
func (s providerSettings) trust(ctx context.Context, tokens *api.Tokens) error {
	if s.Issuer == "" {
		return nil
	}
	text := []byte(s.Claims)
	if !strings.HasPrefix(strings.TrimSpace(s.Claims), "{") {
		var err error
		if text, err = os.ReadFile(s.Claims); err != nil {
			return fmt.Errorf("the mapping of claims (O2R_OIDC_CLAIMS): %w", err)
		}
	}
	mapping, err := api.ReadMapping(text)
	if err != nil {
		return err
	}
	for i, kind := range s.Types {
		s.Types[i] = strings.ToLower(kind)
	}
	provider, err := api.NewProvider(ctx, api.ProviderSettings{
		Issuer: s.Issuer, Name: s.Name, Audience: s.Audience, JWKSURL: s.JWKSURL,
		Algorithms: s.Algorithms, Types: s.Types, Mapping: mapping,
	})
	if err != nil {
		return err
	}
	return tokens.Trust(provider)
}

// dir is the data folder.
func (s databaseSettings) dir() (string, error) {
	if s.DataDir != "" {
		return filepath.Abs(s.DataDir)
	}
	return postgres.DefaultDir()
}

// database is an open store, and the embedded PostgreSQL under it when there is one.
type database struct {
	*persistence.Store
	dir     string
	cluster *postgres.Cluster
}

// open connects to DATABASE_URL, or runs the embedded PostgreSQL. Beside a running server,
// shared lets a command use that server's; without it, the folder's holder is an error.
func (s databaseSettings) open(ctx context.Context, shared bool) (*database, error) {
	dir, err := s.dir()
	if err != nil {
		return nil, err
	}
	db := &database{dir: dir}
	url := os.Getenv("DATABASE_URL") // no flag: it may hold a password, and flags stand in ps
	if url == "" {
		if db.cluster, err = s.embedded(ctx, dir, shared); err != nil {
			return nil, err
		}
		url = db.cluster.URL()
	}
	if db.Store, err = persistence.Open(ctx, url); err != nil {
		return nil, errors.Join(err, db.stop(ctx))
	}
	return db, nil
}

func (s databaseSettings) embedded(ctx context.Context, dir string, shared bool) (*postgres.Cluster, error) {
	config, err := postgres.FromEnv()
	if err != nil {
		return nil, err
	}
	config.Dir = dir
	cluster, err := postgres.Start(ctx, config)
	var held *postgres.HeldError
	if shared && errors.As(err, &held) {
		return postgres.Attach(ctx, config)
	}
	return cluster, err
}

// migrated opens the database for a command that works on records, and migrates it.
func (s databaseSettings) migrated(ctx context.Context) (*database, error) {
	db, err := s.open(ctx, true)
	if err != nil {
		return nil, err
	}
	if _, err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return db, nil
}

// prepare migrates the database and gives the store what it needs from beside it. It names the
// migrations it applied.
func (d *database) prepare(ctx context.Context) ([]string, error) {
	applied, err := d.Migrate(ctx)
	if err != nil {
		return nil, err
	}
	key, err := tombstoneKey(d.dir)
	if err != nil {
		return nil, err
	}
	return applied, d.UseTombstoneKey(ctx, key)
}

func (d *database) close() error {
	return errors.Join(d.Close(), d.stop(context.Background()))
}

func (d *database) stop(ctx context.Context) error {
	if d.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return d.cluster.Stop(ctx)
}

// operator is whoever types commands: an administrator, named in the audit trail.
func operator() domain.Actor {
	name := "unknown"
	if account, err := user.Current(); err == nil {
		name = account.Username
	} else if id := os.Getuid(); id >= 0 {
		name = fmt.Sprint(id)
	}
	return domain.Actor{Subject: "cli:" + name, Role: domain.Admin, Programmes: []string{}}
}
