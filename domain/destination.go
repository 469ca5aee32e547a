package domain

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Networks are those that a deployment lets webhooks reach beside the public internet, such as a
// ministry's own: any port there, and plain HTTP too. The usual is none.
type Networks []netip.Prefix

// The ports of a public destination. What else may listen on others is nothing that a partner's
// word should make this server talk to.
var webhookPorts = []uint16{443, 8443}

// reserved are the networks of IPv4 that are nobody's on the internet, or everybody's. Those of IPv6
// need no list: public is 2000::/3, less what stands here.
var reserved = func() (prefixes []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // Teredo and its like, documentation, 6to4: an address of IPv4 may stand in them
	} {
		prefixes = append(prefixes, netip.MustParsePrefix(text))
	}
	return prefixes
}()

var publicV6 = netip.MustParsePrefix("2000::/3")

// Reaches tells whether a webhook may connect there: said of the address itself, once a name has
// been looked up, and again for every connection. Plain is HTTP without TLS.
func (n Networks) Reaches(to netip.AddrPort, plain bool) bool {
	address := to.Addr().Unmap()
	if !address.IsValid() || address.Zone() != "" || to.Port() == 0 {
		return false
	}
	if slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return true
	}
	if plain || !slices.Contains(webhookPorts, to.Port()) || address.Is6() && !publicV6.Contains(address) {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(address) })
}

// Destination reads the URL of a webhook, and says what is wrong with it. What a name leads to is
// not asked here, since it may lead elsewhere tomorrow.
func (n Networks) Destination(text string) (fault, sentence string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return "malformed", "This is no URL such as https://hooks.example.org/o2r."
	case u.Scheme != "https" && (u.Scheme != "http" || len(n) == 0):
		return "scheme", "A webhook is reached by https."
	case u.User != nil:
		return "credentials", "No name or password stands in the URL: what is sent is signed."
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "fragment", "A URL that is posted to has no fragment."
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`%\"<>^`+"`{|}", r) }):
		return "host", "Write the host in ASCII, an international name in its xn-- form."
	}
	port, usual := u.Port(), map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return "port", "There is a colon, and no port after it."
		}
		port = usual
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 || len(n) == 0 && !slices.Contains(webhookPorts, uint16(number)) {
		return "port", "A webhook is reached on port 443 or 8443."
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if address, err := netip.ParseAddr(host); err == nil {
		if !n.Reaches(netip.AddrPortFrom(address, uint16(number)), u.Scheme == "http") {
			return "address", "This address is not on the public internet."
		}
		return "", ""
	}
	// Some resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as addresses (WHATWG URL, "ends in a number").
	if last := host[strings.LastIndexByte(host, '.')+1:]; numeric(last) {
		return "address", "Write an address as 198.51.100.7, or give a name."
	}
	if len(n) == 0 && (!strings.Contains(host, ".") || strings.HasSuffix(strings.ToLower(host), ".localhost")) {
		return "host", "Give the full name of a host on the public internet."
	}
	return "", ""
}

func numeric(label string) bool {
	if rest, hex := strings.CutPrefix(strings.ToLower(label), "0x"); hex {
		_, err := strconv.ParseUint(rest, 16, 64)
		return rest == "" || err == nil
	}
	return label == "" || strings.Trim(label, "0123456789") == ""
}
