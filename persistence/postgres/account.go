//go:build linux || darwin || freebsd

package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the account that PostgreSQL runs as when we are root, which PostgreSQL refuses to be. A
// nil account is our own.
type account struct {
	name     string
	uid, gid uint32
}

// chooseAccount picks the account for the data folder: the owner of data that exists; for root and a
// new cluster the first of SUDO_USER, postgres and nobody that is known and can enter the folder.
func chooseAccount(config Config) (*account, error) {
	var owner *uint32
	if info, err := os.Stat(config.cluster()); err == nil {
		owner = &info.Sys().(*syscall.Stat_t).Uid
	} else if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("the data in %s is closed to this account: run as the account that owns it, or set O2R_DATA_DIR", config.Dir)
	}
	if euid := os.Geteuid(); euid != 0 {
		if owner != nil && *owner != uint32(euid) { // #nosec G115 -- an account, which is never negative where accounts have numbers
			return nil, fmt.Errorf("the data in %s belongs to %s: run as that account (or as root), or set O2R_DATA_DIR to another folder", config.cluster(), accountName(*owner))
		}
		return nil, nil
	}
	var known []*account
	for _, name := range []string{os.Getenv("SUDO_USER"), "postgres", "nobody"} {
		if a := lookup(user.Lookup, name); a != nil {
			known = append(known, a)
		}
	}
	if owner != nil {
		return ownerAccount(config, *owner, known)
	}
	if len(known) == 0 {
		return nil, errors.New("PostgreSQL refuses to run as root, and neither SUDO_USER, postgres nor nobody is an account of this machine: " +
			"add an account named postgres, run as an ordinary user, or set DATABASE_URL")
	}
	for _, a := range known {
		if a.blocked(config.Dir) == "" {
			return a, nil
		}
	}
	return nil, closedError(config.Dir, known[0])
}

// ownerAccount is the owner of existing data. Where anybody may create folders, data that none of our
// own accounts made could be a stranger's bait, and is refused.
func ownerAccount(config Config, owner uint32, known []*account) (*account, error) {
	a := lookup(user.LookupId, strconv.FormatUint(uint64(owner), 10))
	if owner == 0 {
		return nil, fmt.Errorf("the data in %s belongs to root, which PostgreSQL refuses to run as: give it to the account it should run as, with chown -R", config.cluster())
	}
	if a == nil {
		return nil, fmt.Errorf("the data in %s belongs to user id %d, which is no account of this machine: add it, or give the data to another account with chown -R", config.cluster(), owner)
	}
	if info, err := os.Stat(config.Dir); err == nil && info.Mode().Perm()&0o002 != 0 {
		mine := false
		for _, k := range known {
			mine = mine || k.uid == a.uid
		}
		if !mine {
			return nil, fmt.Errorf("anybody can write to %s and the data in it belongs to %s: close the folder with chmod o-w, or set O2R_DATA_DIR", config.Dir, a.name)
		}
	}
	if a.blocked(config.Dir) != "" {
		return nil, closedError(config.Dir, a)
	}
	return a, nil
}

func closedError(dir string, a *account) error {
	closed := a.blocked(dir)
	return fmt.Errorf("PostgreSQL refuses to run as root, so it runs as %s, which cannot enter %s: let it pass with `chmod o+x '%s'`, or set O2R_DATA_DIR to an open folder such as /var/lib/o2r",
		a.name, closed, closed)
}

func lookup(find func(string) (*user.User, error), key string) *account {
	if key == "" || key == "root" {
		return nil
	}
	u, err := find(key)
	if err != nil {
		return nil
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil || uid == 0 {
		return nil
	}
	return &account{u.Username, uint32(uid), uint32(gid)}
}

func accountName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "user id " + id
}

// blocked gives the first folder on the way to dir, dir included, that the account cannot enter; empty
// when it can enter them all. It reads the mode bits, as the account has no groups but its own; access
// lists are not considered.
func (a *account) blocked(dir string) string {
	way := "/"
	for part := range strings.SplitSeq(dir, "/") {
		way = filepath.Join(way, part)
		info, err := os.Stat(way)
		if err != nil {
			return way
		}
		stat := info.Sys().(*syscall.Stat_t)
		need := os.FileMode(0o001)
		switch {
		case stat.Uid == a.uid:
			need = 0o100
		case stat.Gid == a.gid:
			need = 0o010
		}
		if info.Mode().Perm()&need == 0 {
			return way
		}
	}
	return ""
}

// own gives a file to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// attributes makes a child run as the account, with none of our supplementary groups.
func (a *account) attributes() *syscall.SysProcAttr {
	if a == nil {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
}
