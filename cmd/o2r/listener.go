package main

import (
	"net"
	"net/netip"
	"sync"
)

// bounded is a listener that holds so many connections open at once, and so many of one address,
// and closes others as they come: somebody who opens many keeps out herself.
type bounded struct {
	net.Listener
	most, mostOfOne int
	exempt          func(netip.Addr) bool // from the bound on one address: many come by a proxy

	mu   sync.Mutex
	open int
	of   map[netip.Addr]int
}

func boundConnections(listener net.Listener, most, mostOfOne int, exempt func(netip.Addr) bool) *bounded {
	return &bounded{Listener: listener, most: most, mostOfOne: max(mostOfOne, 1), exempt: exempt, of: map[netip.Addr]int{}}
}

// Accept gives the next connection within the bounds.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var from netip.Addr
		if address, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
			from = address.AddrPort().Addr().Unmap().WithZone("")
		}
		if !b.admit(from) {
			_ = conn.Close()
			continue
		}
		return &held{Conn: conn, release: sync.OnceFunc(func() { b.release(from) })}, nil
	}
}

func (b *bounded) admit(from netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	free := from.IsLoopback() || b.exempt != nil && b.exempt(from)
	if b.open >= b.most || !free && b.of[from] >= b.mostOfOne {
		return false
	}
	b.open++
	b.of[from]++
	return true
}

func (b *bounded) release(from netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	if b.of[from]--; b.of[from] <= 0 {
		delete(b.of, from)
	}
}

// held is a connection that counts until it is closed.
type held struct {
	net.Conn
	release func()
}

func (h *held) Close() error {
	defer h.release()
	return h.Conn.Close()
}
