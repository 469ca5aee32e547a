package api_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"o2r/persistence"
)

// wire stands between a store and its database and counts the statements that pass: what the
// database is asked, whichever code asks. How long an answer takes hangs on that more than on
// anything else, and unlike a clock it is the same on every machine.
type wire struct{ statements atomic.Int64 }

// overWire puts the API on a store of the same database that is reached through a wire. The wire
// reads no TLS, so that the connection is a plain one.
func (f *fixture) overWire() *wire {
	f.Helper()
	config, err := pgx.ParseConfig(f.url)
	f.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	f.must(err)
	f.Cleanup(func() { _ = listener.Close() })
	w := &wire{}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			go w.connect(near, network, address)
		}
	}()

	through, err := url.Parse(f.url)
	f.must(err)
	query := through.Query()
	for _, name := range []string{"host", "port", "o2r.role"} { // this store asks as the program does: as its actors
		query.Del(name)
	}
	query.Set("sslmode", "disable")
	through.Host, through.RawQuery = listener.Addr().String(), query.Encode()
	store, err := persistence.Open(f.Context(), through.String())
	f.must(err)
	f.Cleanup(func() { _ = store.Close() })
	f.must(store.UseTombstoneKey(f.Context(), []byte("a key of thirty-two bytes or more")))
	a, _ := composed()
	a.On(store, f.tokens)
	return w
}

func (w *wire) connect(near net.Conn, network, address string) {
	defer near.Close()
	far, err := net.Dial(network, address)
	if err != nil {
		return // the store says that it has no database
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}()
	w.count(far, near)
}

// count passes on what the store sends, message by message: first one without a type, then each
// with its type before its length (PostgreSQL, "Frontend/Backend Protocol").
func (w *wire) count(far io.Writer, near io.Reader) {
	from, to := bufio.NewReader(near), bufio.NewWriter(far)
	for typed := 0; ; typed = 1 {
		head := make([]byte, typed+4)
		if _, err := io.ReadFull(from, head); err != nil {
			return
		}
		body := make([]byte, max(0, int64(binary.BigEndian.Uint32(head[typed:]))-4))
		if _, err := io.ReadFull(from, body); err != nil {
			return
		}
		switch {
		case typed == 0:
		case head[0] == 'E', head[0] == 'Q' && !bytes.HasPrefix(body, []byte(ping)): // to prepare a statement is not to ask it
			w.statements.Add(1)
		}
		_, _ = to.Write(append(head, body...)) // an error stays until Flush
		if from.Buffered() > 0 {
			continue // one packet of the store's is one packet to the database
		}
		if err := to.Flush(); err != nil {
			return
		}
	}
}

// ping is what the driver asks of a connection that nobody has used for a second, whatever is asked then.
const ping = "-- ping"

// during is how many statements it takes.
func (w *wire) during(work func()) int64 {
	before := w.statements.Load()
	work()
	return w.statements.Load() - before
}
