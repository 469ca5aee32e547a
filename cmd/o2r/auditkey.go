package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// key reads the audit key, and makes one that only its owner can read where there is none.
func (s auditSettings) key(dir string) (ed25519.PrivateKey, error) {
	file := s.AuditKeyFile
	if file == "" {
		file = filepath.Join(dir, "audit-key.pem")
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if err := makeAuditKey(file); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("audit key: %w", err)
		}
	}
	der, err := readPEM(file)
	if err != nil {
		return nil, fmt.Errorf("audit key: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("audit key: %s holds no Ed25519 key in PKCS #8", file)
	}
	return key, nil
}

// public reads the public key in that file; of none, the audit key's own.
func (s auditSettings) public(dir, file string) (ed25519.PublicKey, error) {
	if file == "" {
		key, err := s.key(dir)
		if err != nil {
			return nil, err
		}
		return key.Public().(ed25519.PublicKey), nil
	}
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	key, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s holds no Ed25519 public key", file)
	}
	return key, nil
}

func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", file)
	}
	return block.Bytes, nil
}

func makeAuditKey(file string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return writeNew(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

func publicPEM(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
}

// writeNew writes a file that must not exist yet: a checkpoint is never overwritten.
func writeNew(name string, text []byte, mode fs.FileMode) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.Sync()
}
