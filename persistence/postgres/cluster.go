//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a running PostgreSQL: our own child ([Start]) or another process's ([Attach]).
type Cluster struct {
	config  Config
	folder  string // of the socket
	private string // the socket folder when it lies outside Dir and is ours to remove
	bin     string
	log     *slog.Logger

	// Of an own child only.
	lock    *os.File
	cmd     *exec.Cmd
	output  *serverLog
	done    chan struct{}
	exit    error          // why the child ended; read after done
	copying sync.WaitGroup // of the child's output
	stop    sync.Once
	stopErr error
	free    sync.Once
	asked   atomic.Bool // Stop was called while the server ran
}

// Start brings up the cluster in config.Dir, initialising it the first time, and returns once the
// application's database answers. It waits for crash recovery as long as ctx allows. The caller must
// call Stop. A folder held by another live process gives a *HeldError, data of another major version a
// *VersionError; in both cases nothing was touched.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	config, err := config.completed()
	if err != nil {
		return nil, err
	}
	if err := makeFolder(config.Dir); err != nil {
		return nil, err
	}
	// PostgreSQL reports resolved paths; compare like with like.
	if config.Dir, err = filepath.EvalSymlinks(config.Dir); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockFolder(config.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{config: config, log: config.Log, lock: lock, done: make(chan struct{})}
	if err := c.start(ctx); err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	account, closed := chooseAccount(c.config)
	major, err := dataMajor(c.config.cluster())
	switch {
	case err != nil && (closed == nil || !errors.Is(err, os.ErrPermission)):
		return err
	case closed != nil:
		return closed
	}
	programs, err := findPrograms(ctx, c.config, account, major)
	if err != nil {
		return err
	}
	c.bin = programs.dir
	if err := endLeftovers(ctx, c.config); err != nil {
		return err
	}
	if major == 0 {
		if err := initialise(ctx, c.config, programs, account); err != nil {
			return err
		}
	}
	if c.folder, c.private, err = socketFolder(c.config.Dir, account); err != nil {
		return err
	}
	if err := c.launch(programs, account); err != nil {
		return err
	}
	err = c.ready(ctx)
	if err == nil {
		err = c.furnish(ctx)
	}
	if err != nil {
		_ = c.Stop(ctx)
	}
	return err
}

// launch starts postgres itself (not pg_ctl) as a direct child.
func (c *Cluster) launch(programs programs, account *account) error {
	var err error
	if c.output, err = openServerLog(filepath.Join(c.config.Dir, "postgres.log"), c.log); err != nil {
		return err
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		c.output.close()
		return err
	}
	death := syscall.SIGINT
	if c.config.Throwaway {
		death = syscall.SIGQUIT
	}
	args := []string{"-D", c.config.cluster()}
	for _, setting := range settings(c.config, c.folder) {
		args = append(args, "-c", setting)
	}
	c.cmd = programs.command(account, c.config.Dir, "postgres", args...)
	// An own process group, or a Ctrl-C in the terminal would stop the database before the API has
	// finished the requests it has begun.
	c.cmd.SysProcAttr.Setpgid = true
	dieWithParent(c.cmd, death)
	c.cmd.Stdout, c.cmd.Stderr = writer, writer

	started := make(chan error, 1)
	go onLockedThread(func() {
		err := c.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.exit = c.cmd.Wait()
		close(c.done)
	})
	err = <-started
	_ = writer.Close()
	if err != nil {
		_ = reader.Close()
		c.output.close()
		c.cmd = nil
		return fmt.Errorf("start PostgreSQL from %s: %w", programs.dir, err)
	}
	c.copying.Go(func() {
		c.output.copyFrom(reader)
		_ = reader.Close()
		c.output.close()
	})
	return nil
}

// ready waits until the server accepts connections: postgres says so on line 8 of postmaster.pid.
func (c *Cluster) ready(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	begun, told := time.Now(), 0
	for {
		pidfile := readPidfile(c.config.cluster())
		if pidfile.pid == c.cmd.Process.Pid && pidfile.status == "ready" {
			return nil
		}
		if waited := int(time.Since(begun) / (10 * time.Second)); waited > told {
			told = waited
			c.log.Info("PostgreSQL is still starting, perhaps recovering from a crash", "dir", c.config.Dir, "waited", time.Since(begun).Round(time.Second))
		}
		select {
		case <-tick.C:
		case <-c.done:
			c.copying.Wait()
			return fmt.Errorf("PostgreSQL ended while starting in %s (%v); it said: %s", c.config.Dir, c.exit, c.output.tail())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL was not ready in %s: %w", c.config.Dir, context.Cause(ctx))
		}
	}
}

// furnish makes the application's role and database and the analysts' role, and takes back from the
// roles whatever they should not have. It runs at each start, so a first start that was cut short is completed by the next.
func (c *Cluster) furnish(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.SuperURL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the embedded PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, name := range []string{AppRole, AnalystRole} {
		if err := makeModest(ctx, conn, name); err != nil {
			return fmt.Errorf("make the role %s: %w", name, err)
		}
	}
	var database bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, AppDatabase).Scan(&database)
	if err != nil {
		return fmt.Errorf("look for the application's database: %w", err)
	}
	if !database {
		if _, err := conn.Exec(ctx, `CREATE DATABASE `+AppDatabase+` OWNER `+AppRole); err != nil {
			return fmt.Errorf("make the application's database: %w", err)
		}
	}
	return nil
}

// makeModest makes a role that can do nothing but log in, or makes it that again.
func makeModest(ctx context.Context, conn *pgx.Conn, name string) error {
	var role, modest bool
	err := conn.QueryRow(ctx, `SELECT
		EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin
			AND NOT (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication))`, name).Scan(&role, &modest)
	if err != nil || modest {
		return err
	}
	verb := "CREATE"
	if role {
		verb = "ALTER"
	}
	_, err = conn.Exec(ctx, verb+` ROLE `+name+` LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION`)
	return err
}

// URL connects as the application's role to the application's database, which that role owns.
func (c *Cluster) URL() string { return socketURL(c.folder, AppRole, AppDatabase) }

// SuperURL connects as the cluster's superuser: for administration and tests, never for requests,
// since a superuser bypasses row-level security.
func (c *Cluster) SuperURL(database string) string {
	return socketURL(c.folder, SuperRole, database)
}

// BinDir is the folder of the running server's programs (pg_dump, psql); empty if unknown.
func (c *Cluster) BinDir() string { return c.bin }

// PID is the process id of the server, 0 once it has ended or when it is another process's.
func (c *Cluster) PID() int {
	if c.cmd == nil {
		return 0
	}
	select {
	case <-c.done:
		return 0
	default:
		return c.cmd.Process.Pid
	}
}

// Done is closed when the server has ended, asked to or not. For an attached cluster it is nil, and
// so never ready.
func (c *Cluster) Done() <-chan struct{} {
	if c.cmd == nil {
		return nil
	}
	return c.done
}

// Err says, after Done, why a server ended that nobody had stopped; nil if Stop did.
func (c *Cluster) Err() error {
	if c.cmd == nil {
		return nil
	}
	select {
	case <-c.done:
	default:
		return nil
	}
	if c.asked.Load() {
		return nil
	}
	return fmt.Errorf("PostgreSQL ended by itself (%v); it said: %s", c.exit, c.output.tail())
}

// Stop ends the server and frees the data folder. Running statements are rolled back and what was
// committed is written out; when that takes longer than a minute, or when ctx ends first, the server is
// told to quit at once (the next start recovers), then killed. Stop returns when it is gone. It may be
// called more than once, also at the same time; on an attached cluster it does nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.cmd == nil {
		return nil
	}
	c.stop.Do(func() {
		select {
		case <-c.done: // by itself: keep Err's answer
		default:
			c.asked.Store(true)
		}
		c.stopErr = c.end(ctx)
		c.copying.Wait()
		c.release()
	})
	return c.stopErr
}

func (c *Cluster) end(ctx context.Context) error {
	first := syscall.SIGINT
	if c.config.Throwaway {
		first = syscall.SIGQUIT
	}
	_ = c.cmd.Process.Signal(first)
	patience := time.NewTimer(fastPatience)
	defer patience.Stop()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	case <-patience.C:
	}
	c.log.Warn("PostgreSQL takes too long to stop: telling it to quit", "dir", c.config.Dir)
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-c.done:
		return nil
	case <-time.After(immediatePatience):
	}
	_ = c.cmd.Process.Kill()
	<-c.done
	// Backends notice the death of their parent by themselves; wait, so that nobody starts a second
	// server over them.
	if !waitNone(context.WithoutCancel(ctx), tag(c.config.cluster()), killPatience) {
		return fmt.Errorf("PostgreSQL was killed, but some of its processes still run in %s", c.config.Dir)
	}
	return nil
}

// release removes what only a running server needs and frees the folder, in this order. The lock file
// stays: removing it would let two processes lock two files of the same name.
func (c *Cluster) release() {
	c.free.Do(func() {
		if c.private != "" {
			_ = os.RemoveAll(c.private)
			_ = os.Remove(filepath.Join(c.config.Dir, socketRecord))
		}
		_ = c.lock.Truncate(0)
		_ = c.lock.Close()
	})
}

// Attach connects to the cluster that another process runs in config.Dir, for a command used beside a
// running server. It waits for a server that is starting and answers ErrNotRunning when there is none.
// The returned cluster's Stop does nothing.
func Attach(ctx context.Context, config Config) (*Cluster, error) {
	config, err := config.completed()
	if err != nil {
		return nil, err
	}
	if dir, err := filepath.EvalSymlinks(config.Dir); err == nil {
		config.Dir = dir
	}
	for {
		if held, err := folderHeld(config.Dir); err != nil {
			return nil, err
		} else if !held {
			return nil, fmt.Errorf("%w: %s", ErrNotRunning, config.Dir)
		}
		if _, err := os.Stat(filepath.Join(config.cluster(), "PG_VERSION")); errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("the data in %s is closed to this account: run the command as the account that serves it", config.Dir)
		}
		if pidfile := readPidfile(config.cluster()); pidfile.status == "ready" {
			c := &Cluster{config: config, log: config.Log, folder: pidfile.socket, bin: runningBin(config.cluster())}
			conn, err := pgx.Connect(ctx, c.URL())
			if err == nil {
				_ = conn.Close(ctx)
				return c, nil
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("the PostgreSQL in %s is held by another process but does not answer: %w", config.Dir, context.Cause(ctx))
		}
	}
}

// runningBin reads the folder of the running programs from what postgres notes about its own start.
func runningBin(cluster string) string {
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.opts"))
	if err != nil {
		return ""
	}
	program, _, ok := strings.Cut(string(text), ` "-`)
	if !ok {
		return ""
	}
	return filepath.Dir(program)
}
