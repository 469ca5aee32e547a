package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"o2r/api"
)

// edgeSettings say how the API is reached, by whom and how hard.
type edgeSettings struct {
	OpsAddr      string `env:"O2R_OPS_ADDR" placeholder:"ADDR" help:"Address of a second listener with /metrics, /livez and /readyz with the reason, for who runs the server; none when left out."`
	OpsTokenFile string `env:"O2R_OPS_TOKEN_FILE" placeholder:"FILE" help:"File with the bearer token that /metrics asks for; none when left out."`

	TLSCertFile string `env:"O2R_TLS_CERT_FILE" placeholder:"FILE" help:"Certificate chain (PEM). With it and its key the API speaks HTTPS, and takes a renewed certificate up by itself; without, HTTP, for a proxy in front."`
	TLSKeyFile  string `env:"O2R_TLS_KEY_FILE" placeholder:"FILE" help:"Key of the certificate (PEM)."`

	RequestsPerMinute int      `env:"O2R_REQUESTS_PER_MINUTE" default:"1200" help:"Requests that one caller may make in a minute, on each replica."`
	RequestsAtOnce    int      `env:"O2R_REQUESTS_AT_ONCE" default:"16" help:"Requests of one caller that are worked on at once."`
	RequestsInAll     int      `env:"O2R_REQUESTS_IN_ALL" default:"64" help:"Requests that are worked on at once; more wait a little, then get 503."`
	Connections       int      `env:"O2R_CONNECTIONS" default:"1024" help:"Connections held open at once; a quarter of them for one address, unless it is a trusted proxy or this machine."`
	TrustedProxies    []string `env:"O2R_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For says where a request comes from, as addresses or networks, separated by commas."`
	CORSOrigins       []string `env:"O2R_CORS_ORIGINS" placeholder:"ORIGIN" help:"Origins whose pages may call from a browser, such as https://app.example.org, separated by commas."`
}

// deployment is what the settings mean to the API.
func (s edgeSettings) deployment() (api.Deployment, error) {
	if s.RequestsPerMinute < 1 || s.RequestsAtOnce < 1 || s.RequestsInAll < 1 || s.Connections < 1 {
		return api.Deployment{}, errors.New("the limits on requests and connections are at least 1")
	}
	proxies, err := api.ParseProxies(s.TrustedProxies)
	if err != nil {
		return api.Deployment{}, fmt.Errorf("O2R_TRUSTED_PROXIES: %w", err)
	}
	deployment := api.Deployment{
		RequestsPerMinute: s.RequestsPerMinute, AtOnce: s.RequestsAtOnce, AtOnceInAll: s.RequestsInAll,
		Origins: s.CORSOrigins, TrustedProxies: proxies,
	}
	if err := deployment.Check(); err != nil {
		return deployment, fmt.Errorf("O2R_CORS_ORIGINS: %w", err)
	}
	return deployment, nil
}

// patience is how long one connection may take over each thing; whoever is slower is cut off. A
// request's own deadline is the API's.
type patience struct{ header, request, answer, idle time.Duration }

var usualPatience = patience{header: 5 * time.Second, request: 30 * time.Second, answer: time.Minute, idle: 2 * time.Minute}

const maxHeaderBytes = 64 << 10

// newServer is an HTTP server that nobody holds up. It speaks HTTP/2 under TLS only.
func newServer(handler http.Handler, p patience) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: p.header,
		ReadTimeout:       p.request,
		WriteTimeout:      p.answer,
		IdleTimeout:       p.idle,
		MaxHeaderBytes:    maxHeaderBytes,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 64},
		ErrorLog:          log.New(io.Discard, "", 0), // it would log what callers send
	}
}

// secured is the listener under TLS, where a certificate is given.
func (s edgeSettings) secured(listener net.Listener) (net.Listener, string, error) {
	switch {
	case s.TLSCertFile == "" && s.TLSKeyFile == "":
		return listener, "http", nil
	case s.TLSCertFile == "" || s.TLSKeyFile == "":
		return nil, "", errors.New("a certificate and its key go together: set O2R_TLS_CERT_FILE and O2R_TLS_KEY_FILE, or neither")
	}
	certificate, err := newCertificate(s.TLSCertFile, s.TLSKeyFile)
	if err != nil {
		return nil, "", err
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all good
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: certificate.get,
		NextProtos:     []string{"h2", "http/1.1"},
	}), "https", nil
}

// operations serves /metrics and its like on their own address until stop is called.
func (s edgeSettings) operations(a *api.API) (stop func(), err error) {
	if s.OpsAddr == "" {
		return func() {}, nil
	}
	token := ""
	if s.OpsTokenFile != "" {
		text, err := os.ReadFile(s.OpsTokenFile)
		if err != nil {
			return nil, fmt.Errorf("O2R_OPS_TOKEN_FILE: %w", err)
		}
		if token = strings.TrimSpace(string(text)); len(token) < 16 {
			return nil, errors.New("O2R_OPS_TOKEN_FILE: the token has at least 16 characters")
		}
	}
	listener, err := net.Listen("tcp", s.OpsAddr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", s.OpsAddr, err)
	}
	server := newServer(a.Operations(token), patience{header: 5 * time.Second, request: 5 * time.Second, answer: 30 * time.Second, idle: time.Minute})
	go func() {
		if err := server.Serve(boundConnections(listener, 64, 64, nil)); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the operations listener ended", "error", err)
		}
	}()
	slog.InfoContext(context.Background(), "operations", "address", listener.Addr().String())
	return func() { _ = server.Close() }, nil
}
