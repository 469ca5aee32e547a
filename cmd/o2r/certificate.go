package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is the one in two files, read again once they change, so that renewing it needs no
// restart. Files that cannot be read, as while they are being replaced, leave the one before.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	changed [2]time.Time // of the files it was read from
	looked  time.Time
}

// lookEvery is how often the files are looked at, at most.
const lookEvery = time.Second

func newCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile}
	changed, err := c.times()
	if err != nil {
		return nil, err
	}
	return c, c.read(changed)
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		changed, err := c.times()
		if err == nil && changed != c.changed {
			err = c.read(changed)
		}
		if err != nil {
			slog.Warn("the renewed certificate cannot be used: the one before stays", "error", err)
		}
	}
	return c.current, nil
}

func (c *certificate) times() (changed [2]time.Time, err error) {
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return changed, fmt.Errorf("read the certificate: %w", err)
		}
		changed[i] = info.ModTime()
	}
	return changed, nil
}

func (c *certificate) read(changed [2]time.Time) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	c.current, c.changed = &pair, changed
	return nil
}
