package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"o2r/persistence"
)

// Everybody on the machine reads the command line of a process: what is secret comes from a file, or
// from the environment only.
func TestNoFlagCarriesASecret(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("o2r"), kong.BindTo(context.Background(), (*context.Context)(nil)), kong.Bind(context.CancelFunc(func() {})))
	if err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(?i)secret|password|passwd|token|key|credential|database|dsn|bearer|auth`)
	seen := 0
	check := func(command, name, help string) {
		if seen++; secret.MatchString(name) && !strings.HasSuffix(name, "-file") {
			t.Errorf("o2r %s takes %s on the command line: %s", command, name, help)
		}
	}
	var walk func(*kong.Node)
	walk = func(node *kong.Node) {
		for _, flag := range node.Flags {
			check(node.Name, flag.Name, flag.Help)
			for _, env := range flag.Envs {
				if secret.MatchString(env) && !strings.HasSuffix(env, "_FILE") {
					t.Errorf("%s stands beside the flag --%s, which shows it in --help and in ps", env, flag.Name)
				}
			}
		}
		for _, positional := range node.Positional {
			check(node.Name, positional.Name, positional.Help)
		}
		for _, child := range node.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	if seen < 20 {
		t.Errorf("only %d flags: is the model whole?", seen)
	}
}

// turningAway is a server that speaks PostgreSQL as far as refusing every password.
func turningAway(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	message := func(kind byte, body string) []byte {
		text := append([]byte{kind}, binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))...)
		return append(text, body...)
	}
	read := func(conn net.Conn, header int) {
		head := make([]byte, header)
		if _, err := io.ReadFull(conn, head); err == nil {
			_, _ = io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(head[header-4:]))-4)
		}
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			read(conn, 4)
			_, _ = conn.Write(message('R', "\x00\x00\x00\x03")) // a password in clear
			read(conn, 5)
			_, _ = conn.Write(message('E', "SFATAL\x00VFATAL\x00C28P01\x00Mpassword authentication failed for user \"o2r\"\x00\x00"))
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestNoErrorRepeatsTheDatabasesPassword(t *testing.T) {
	const password = "s3cr%20t-Passw0rd"
	for name, url := range map[string]string{
		"a wrong password":      "postgres://o2r:" + password + "@" + turningAway(t) + "/o2r?sslmode=disable",
		"nobody listens":        "postgres://o2r:" + password + "@" + freeAddress(t) + "/o2r?connect_timeout=1",
		"no such host":          "postgres://o2r:" + password + "@nowhere.invalid/o2r?connect_timeout=1",
		"a port that is none":   "postgres://o2r:" + password + "@localhost:port/o2r",
		"a broken escape":       "postgres://o2r:" + password + "%zz@localhost/o2r",
		"an unencoded slash":    "postgres://o2r:" + password + "/x@localhost/o2r",
		"words":                 "host=nowhere.invalid user=o2r password=" + password + " connect_timeout=1",
		"words that are broken": "host=localhost user=o2r password='" + password,
		"an unknown setting":    "postgres://o2r:" + password + "@localhost/o2r?sslmode=perhaps",
		"a control character":   "postgres://o2r:" + password + "\x01@localhost/o2r",
	} {
		t.Run(name, func(t *testing.T) {
			store, err := persistence.Open(t.Context(), url)
			if err == nil {
				_ = store.Close()
				t.Fatal("it was opened")
			}
			for _, secret := range []string{password, "s3cr", "Passw0rd"} {
				if text := sentence(err); strings.Contains(text, secret) || strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats the password: %s", text)
				}
			}
		})
	}
	t.Run("by the program", func(t *testing.T) {
		command := o2r(t, t.TempDir(), "migrate")
		command.Env = append(command.Env, "DATABASE_URL=postgres://o2r:"+password+"@"+turningAway(t)+"/o2r?sslmode=disable")
		output, err := command.CombinedOutput()
		if err == nil || strings.Contains(string(output), "s3cr") || !strings.Contains(string(output), "28P01") {
			t.Errorf("%v: %s", err, output)
		}
		if line := strings.Join(command.Args, " "); strings.Contains(line, "s3cr") {
			t.Error("the password stands in the command line")
		}
	})
}
