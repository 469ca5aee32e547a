package api

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

// Deployment is what whoever runs the API decides about how it is reached. Its zero value is
// what New takes: usual limits, no proxy, no page of another origin.
type Deployment struct {
	RequestsPerMinute int // of one caller, on each replica; RequestsPerMinute when 0
	AtOnce            int // requests of one caller worked on at once; RequestsAtOnce when 0
	AtOnceInAll       int // requests worked on at once; RequestsAtOnceInAll when 0

	WithoutJustice bool // the justice module is off: nothing about justice is taken, recorded or shown

	BodyTimeout time.Duration // how long a request's body may take to arrive; 10 s when 0

	Origins        []string       // pages that may call from a browser: https://host, with a port where it is not the usual one
	TrustedProxies []netip.Prefix // whose word is taken for where a request comes from
}

// The usual limits. The database has 16 connections: four times as many requests keep them busy,
// and more would only wait for one.
const (
	RequestsPerMinute   = 1200
	RequestsAtOnce      = 16
	RequestsAtOnceInAll = 64

	// patience is how long a request over a limit of those at once waits for a place.
	patience = 2 * time.Second
)

// Check refuses what a deployment cannot mean.
func (d Deployment) Check() error {
	for _, origin := range d.Origins {
		parsed, err := url.Parse(origin)
		if err != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") || parsed.Host == "" || origin != parsed.Scheme+"://"+strings.ToLower(parsed.Host) {
			return fmt.Errorf("%q is no origin: it looks like https://app.example.org, in small letters, without a path or *", origin)
		}
	}
	if d.RequestsPerMinute < 0 || d.AtOnce < 0 || d.AtOnceInAll < 0 {
		return fmt.Errorf("limits are positive numbers")
	}
	return nil
}

// ParseProxies reads the addresses of proxies: 10.0.0.0/8, 192.0.2.7, 2001:db8::/32.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range list {
		prefix, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); err != nil && single == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

// New makes the API of this deployment on a store, for callers whose tokens those keys signed.
func (d Deployment) New(store *persistence.Store, tokens *Tokens, log *slog.Logger) *API {
	var withheld rest.Withheld
	if d.WithoutJustice {
		withheld = rest.Withheld{Fields: domain.JusticeFields, Codes: domain.JusticeCodes}
		if store != nil {
			store = store.WithoutJustice()
		}
	}
	a := &API{store: store, withoutJustice: d.WithoutJustice, tokens: tokens, quota: newQuota(or(d.RequestsPerMinute, RequestsPerMinute), d.ClientAddress), throttle: newThrottle(), sheets: NewImportSheets(d.WithoutJustice)}
	a.metrics = newMetrics(a)
	a.server = rest.New(rest.Settings{
		Title:       "O2R API",
		Version:     Version,
		Description: description,
		Contact:     &huma.Contact{Name: "L'Îlot, programme O2R « En route vers l'emploi »", URL: "https://www.ilot.asso.fr"},
		License:     &huma.License{Name: "Not chosen yet: ask L'Îlot", URL: "https://www.ilot.asso.fr"},
		Tags:        tags,
		Log:         log,
		BodyTimeout: d.BodyTimeout,
		Origins:     d.Origins,
		Withheld:    withheld,
		ProblemOf:   problemOf,
		Quota:       a.quota.take,
		Enter:       a.gate(d),
		Observe:     a.metrics.observe,
		Formats:     map[string]func(io.Writer, any) error{csvType: writeCSV, xlsxType: writeXLSX, htmlType: writeHTML, geoJSONType: writeGeoJSON},
	})
	a.routes(log)
	return a
}

// gate bounds the requests at once of each caller, told apart as for the quota.
func (a *API) gate(d Deployment) func(*http.Request) (func(), *rest.Problem) {
	gate := rest.NewGate(or(d.AtOnce, RequestsAtOnce), or(d.AtOnceInAll, RequestsAtOnceInAll), patience)
	return func(r *http.Request) (func(), *rest.Problem) {
		caller, _ := a.quota.caller(r)
		return gate.Enter(r.Context(), caller)
	}
}

// ClientAddress is where the request comes from, as limits tell callers apart: the address that
// connected or, where that is a trusted proxy, the last address in X-Forwarded-For that is none.
// What stands before it is the caller's own word. An IPv6 caller has a whole /64.
func (d Deployment) ClientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	address = address.Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && d.Trusts(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	if address.Is6() {
		prefix, err := address.WithZone("").Prefix(64)
		if err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// Trusts tells whether the address is that of a trusted proxy.
func (d Deployment) Trusts(address netip.Addr) bool {
	return slices.ContainsFunc(d.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(address.WithZone("")) })
}

func or(value, usual int) int {
	if value == 0 {
		return usual
	}
	return value
}
