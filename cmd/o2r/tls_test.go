package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"log/slog"

	"o2r/api"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// selfSigned writes a certificate of that serial number and its key.
func selfSigned(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "o2r.test"}, DNSNames: []string{"o2r.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	return certFile, keyFile
}

func TestTheAPISpeaksHTTPS(t *testing.T) {
	dir := t.TempDir()
	settings := edgeSettings{}
	settings.TLSCertFile, settings.TLSKeyFile = selfSigned(t, dir, 1)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secured, scheme, err := settings.secured(plain)
	if err != nil || scheme != "https" {
		t.Fatal(scheme, err)
	}
	handler := api.New(nil, nil, slog.New(slog.DiscardHandler)).Handler()
	server := newServer(handler, usualPatience)
	go func() { _ = server.Serve(secured) }()
	t.Cleanup(func() { _ = server.Close() })
	address := plain.Addr().String()

	connect := func(config *tls.Config) (tls.ConnectionState, error) {
		config.InsecureSkipVerify = true // the test's own certificate
		conn, err := tls.Dial("tcp", address, config)
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer conn.Close()
		return conn.ConnectionState(), nil
	}
	serial := func() int64 {
		state, err := connect(&tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.Int64()
	}

	for name, refused := range map[string]*tls.Config{
		"TLS 1.0":      {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
		"TLS 1.1":      {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"CBC":          {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}},
		"RSA exchange": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}},
		"RC4 and 3DES": {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
	} {
		if state, err := connect(refused); err == nil {
			t.Errorf("%s was accepted: %x", name, state.CipherSuite)
		}
	}
	for name, accepted := range map[string]*tls.Config{"TLS 1.2": {MaxVersion: tls.VersionTLS12}, "TLS 1.3": {MinVersion: tls.VersionTLS13}} {
		if _, err := connect(accepted); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	for _, protocols := range [][]string{{"h2", "http/1.1"}, {"http/1.1"}} {
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: protocols[0] == "h2", TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}}}
		answer, err := client.Get("https://" + address + "/livez")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != 200 || answer.Header.Get("Strict-Transport-Security") != "max-age=31536000" || (answer.ProtoMajor == 2) != slices.Contains(protocols, "h2") {
			t.Errorf("%v: %d %s %v", protocols, answer.StatusCode, answer.Proto, answer.Header)
		}
	}
	overHTTP := listening(t, handler, usualPatience)
	answer, err := http.Get("http://" + overHTTP + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS is promised over HTTP, where browsers must not believe it")
	}

	t.Run("a renewed certificate is taken up", func(t *testing.T) {
		if got := serial(); got != 1 {
			t.Fatal("serial", got)
		}
		later := func() {
			for _, file := range []string{settings.TLSCertFile, settings.TLSKeyFile} {
				soon := time.Now().Add(time.Second)
				if err := os.Chtimes(file, soon, soon); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(lookEvery + 50*time.Millisecond)
		}
		write(t, settings.TLSCertFile, "half a file")
		later()
		if got := serial(); got != 1 {
			t.Error("while the files are being replaced, serial", got)
		}
		selfSigned(t, dir, 2)
		later()
		if got := serial(); got != 2 {
			t.Error("after renewal, serial", got)
		}
		if err := os.Remove(settings.TLSKeyFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookEvery + 50*time.Millisecond)
		if got := serial(); got != 2 {
			t.Error("with its key gone, serial", got)
		}
	})
}

func TestHalfACertificateIsRefused(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir, 1)
	other := t.TempDir()
	_, otherKey := selfSigned(t, other, 2)
	for name, settings := range map[string]edgeSettings{
		"no key":         {TLSCertFile: certFile},
		"no certificate": {TLSKeyFile: keyFile},
		"no such file":   {TLSCertFile: certFile + ".none", TLSKeyFile: keyFile},
		"another's key":  {TLSCertFile: certFile, TLSKeyFile: otherKey},
		"the key twice":  {TLSCertFile: keyFile, TLSKeyFile: keyFile},
	} {
		if _, _, err := settings.secured(nil); err == nil {
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if listener, scheme, err := (edgeSettings{}).secured(nil); listener != nil || scheme != "http" || err != nil {
		t.Error("without a certificate it is HTTP:", scheme, err)
	}
}
