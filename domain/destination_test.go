package domain_test

import (
	"net/netip"
	"testing"

	"o2r/domain"
)

var justice = domain.Networks{netip.MustParsePrefix("10.66.0.0/16"), netip.MustParsePrefix("fd00:66::/32")}

func TestWhatAWebhookMayConnectTo(t *testing.T) {
	for _, row := range []struct {
		to       string
		plain    bool
		networks domain.Networks
		may      bool
	}{
		{"93.184.216.34:443", false, nil, true},
		{"93.184.216.34:8443", false, nil, true},
		{"[2606:2800:220:1:248:1893:25c8:1946]:443", false, nil, true},
		{"10.66.1.2:9000", true, justice, true},
		{"[fd00:66::1]:80", true, justice, true},
		{"[::ffff:10.66.1.2]:80", true, justice, true},
		{"93.184.216.34:443", false, justice, true},

		{"93.184.216.34:80", true, nil, false}, // in clear over the internet
		{"93.184.216.34:443", true, justice, false},
		{"93.184.216.34:22", false, nil, false},
		{"93.184.216.34:0", false, nil, false},
		{"93.184.216.34:22", false, justice, false},
		{"127.0.0.1:443", false, nil, false}, {"127.8.8.8:443", false, nil, false}, {"127.0.0.1:443", false, justice, false},
		{"0.0.0.0:443", false, nil, false}, {"0.1.2.3:443", false, nil, false},
		{"10.0.0.1:443", false, nil, false}, {"10.67.0.1:443", false, justice, false},
		{"172.16.0.1:443", false, nil, false}, {"172.31.255.255:443", false, nil, false}, {"192.168.1.1:443", false, nil, false},
		{"169.254.169.254:443", false, nil, false}, // where clouds tell a machine its secrets
		{"100.64.0.1:443", false, nil, false}, {"100.127.255.255:443", false, nil, false},
		{"192.0.0.170:443", false, nil, false}, {"192.0.2.1:443", false, nil, false}, {"198.51.100.1:443", false, nil, false}, {"203.0.113.1:443", false, nil, false},
		{"192.88.99.1:443", false, nil, false}, {"198.18.0.1:443", false, nil, false}, {"198.19.255.255:443", false, nil, false},
		{"224.0.0.1:443", false, nil, false}, {"239.255.255.250:443", false, nil, false}, {"240.0.0.1:443", false, nil, false}, {"255.255.255.255:443", false, nil, false},
		{"[::1]:443", false, nil, false}, {"[::]:443", false, nil, false}, {"[::7f00:1]:443", false, nil, false},
		{"[::ffff:127.0.0.1]:443", false, nil, false}, {"[::ffff:10.0.0.1]:443", false, nil, false}, {"[::ffff:0:127.0.0.1]:443", false, nil, false},
		{"[64:ff9b::7f00:1]:443", false, nil, false}, {"[64:ff9b:1::7f00:1]:443", false, nil, false}, // NAT64
		{"[fe80::1]:443", false, nil, false}, {"[fe80::1%eth0]:443", false, nil, false}, {"[fec0::1]:443", false, nil, false}, {"[fc00::1]:443", false, nil, false}, {"[fd12:3456::1]:443", false, nil, false},
		{"[ff02::1]:443", false, nil, false}, {"[2001:db8::1]:443", false, nil, false}, {"[3fff::1]:443", false, nil, false},
		{"[2002:7f00:1::]:443", false, nil, false}, {"[2001:0:7f00:1::]:443", false, nil, false}, {"[100::1]:443", false, nil, false},
	} {
		if got := row.networks.Reaches(netip.MustParseAddrPort(row.to), row.plain); got != row.may {
			t.Errorf("%s, plain %v, %v: %v", row.to, row.plain, row.networks, got)
		}
	}
	if justice.Reaches(netip.AddrPort{}, false) {
		t.Error("no address at all is reached")
	}
}

func TestDestinations(t *testing.T) {
	for _, row := range []struct {
		url      string
		networks domain.Networks
		fault    string
	}{
		{"https://hooks.example.org/o2r", nil, ""},
		{"https://hooks.example.org:8443/o2r?client=7", nil, ""},
		{"https://93.184.216.34/", nil, ""},
		{"https://[2606:2800:220:1:248:1893:25c8:1946]/", nil, ""},
		{"https://xn--l-4ga.example.org/", nil, ""},
		{"http://hooks.intranet:9000/o2r", justice, ""},
		{"http://10.66.3.4:9000/o2r", justice, ""},

		{"http://hooks.example.org/o2r", nil, "scheme"}, {"file:///etc/passwd", nil, "malformed"}, {"file://hooks.example.org/etc/passwd", nil, "scheme"},
		{"gopher://hooks.example.org/", justice, "scheme"}, {"ftp://hooks.example.org/", nil, "scheme"}, {"javascript:alert(1)", nil, "malformed"},
		{"//hooks.example.org/", nil, "scheme"}, {"hooks.example.org", nil, "malformed"}, {"https:hooks.example.org", nil, "malformed"}, {"https://", nil, "malformed"}, {"", nil, "malformed"},
		{"https://user:password@hooks.example.org/", nil, "credentials"}, {"https://hooks.example.org@127.0.0.1/", nil, "credentials"}, {"https://@hooks.example.org/", nil, "credentials"},
		{"https://hooks.example.org/#a", nil, "fragment"}, {"https://hooks.example.org/#", nil, "fragment"},
		{"https://hooks.example.org:22/", nil, "port"}, {"https://hooks.example.org:0/", justice, "port"}, {"https://hooks.example.org:99999/", justice, "port"}, {"https://hooks.example.org:/", nil, "port"}, {"https://hooks.example.org:80/", nil, "port"},
		{"https://127.0.0.1/", nil, "address"}, {"https://[::1]/", nil, "address"}, {"https://[::ffff:127.0.0.1]/", nil, "address"}, {"https://[fe80::1%25eth0]/", nil, "host"},
		{"https://169.254.169.254/latest/meta-data", nil, "address"}, {"https://10.0.0.1/", justice, "address"}, {"http://93.184.216.34/", justice, "address"},
		{"https://2130706433/", nil, "address"}, {"https://0x7f000001/", nil, "address"}, {"https://0177.0.0.1/", nil, "address"}, {"https://127.1/", nil, "address"}, {"https://0x7f.1/", nil, "address"}, {"https://127.0.0.1./", nil, "address"}, {"https://127.0.0.0x1/", nil, "address"},
		{"https://localhost/", nil, "host"}, {"https://LOCALHOST./", nil, "host"}, {"https://a.localhost/", nil, "host"}, {"https://intranet/", nil, "host"},
		{"https://hôte.example.org/", nil, "host"}, {"https://127。0。0。1/", nil, "host"}, {"https://①②⑦.⓪.⓪.①/", nil, "host"}, {"https://hooks.example.org\\@127.0.0.1/", nil, "malformed"},
	} {
		if fault, sentence := row.networks.Destination(row.url); fault != row.fault || (fault == "") != (sentence == "") {
			t.Errorf("%q with %v: %q (%s), not %q", row.url, row.networks, fault, sentence, row.fault)
		}
	}
}
