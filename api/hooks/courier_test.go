package hooks_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"o2r/api/hooks"
	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

var loopback = domain.Networks{netip.MustParsePrefix("127.0.0.0/8")}

// scene is a programme with a partner.
type scene struct {
	*testing.T
	store   *persistence.Store
	partner domain.Actor
}

func newScene(t *testing.T) *scene {
	t.Helper()
	f := &scene{T: t, store: storetest.New(t)}
	f.must(f.store.UseWebhooks(t.Context(), []byte("a key of thirty-two bytes, or more"), loopback))
	admin := f.store.As(domain.Actor{Subject: "admin", Role: domain.Admin})
	spip, err := admin.NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "spip", OrganisationNaming: domain.OrganisationNaming{Name: "SPIP", Kind: domain.OrganisationSPIP}})
	f.must(err)
	_, err = admin.NewProgramme(t.Context(), domain.ProgrammeInput{Slug: "o2r-essai", Name: "Essai", OperatorID: spip.ID, StartsOn: domain.MustDate("2024-11-01"), EndsOn: domain.MustDate("2027-12-31")})
	f.must(err)
	f.partner = domain.Actor{Subject: "partenaire", Role: domain.Partner, OrganisationID: spip.ID, Programmes: []string{"o2r-essai"}}
	return f
}

func (f *scene) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *scene) refer(reference string) {
	f.Helper()
	_, _, err := f.store.As(f.partner).Refer(f.Context(), domain.ReferralInput{Programme: "o2r-essai", ExternalReference: &reference, Identity: domain.Identity{FirstName: "Sacha", LastName: "Fictif"},
		Contact: domain.Contact{Phone: new("06 39 98 00 02")}, ConsentedOn: domain.MustDate("2025-03-01")})
	f.must(err)
}

// deliver runs so many couriers until stop is called, which waits for them.
func (f *scene) deliver(couriers int) (nudge, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var all []*hooks.Courier
	for range couriers {
		courier := hooks.NewCourier(f.store, loopback, domain.UsualBackoff, slog.New(slog.DiscardHandler))
		all = append(all, courier)
		running.Go(func() { courier.Run(ctx) })
	}
	nudge = func() {
		for _, courier := range all {
			courier.Nudge()
		}
	}
	return nudge, func() { cancel(); running.Wait() }
}

func (f *scene) waiting() int {
	f.Helper()
	waiting, err := f.store.Waiting(f.Context())
	f.must(err)
	return waiting.Pending
}

func (f *scene) until(what string, done func() bool) {
	f.Helper()
	for start := time.Now(); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			f.Fatal("not yet: ", what)
		}
	}
}

// Two couriers share what there is, and what each was about to hear is written down before it stops.
func TestCouriersShareAndFinish(t *testing.T) {
	f := newScene(t)
	var came, flying, most atomic.Int32
	held := make(chan struct{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), flying.Add(1)))
		defer flying.Add(-1)
		if came.Add(1) > 40 {
			<-held
		}
	}))
	defer endpoint.Close()
	_, err := f.store.As(f.partner).NewWebhook(t.Context(), domain.WebhookInput{URL: endpoint.URL})
	f.must(err)
	for i := range 40 {
		f.refer(fmt.Sprint("C-", i))
	}
	start := time.Now()
	nudge, stop := f.deliver(2)
	nudge()
	f.until("all of them", func() bool { return f.waiting() == 0 && came.Load() == 40 })
	t.Logf("40 messages to one endpoint in %s", time.Since(start))
	if n := most.Load(); n > persistence.MostAtOnce {
		t.Errorf("%d at once", n)
	}

	f.refer("C-last")
	nudge()
	f.until("the last is on its way", func() bool { return came.Load() == 41 })
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("it stopped without what became of the message")
	case <-time.After(200 * time.Millisecond):
	}
	close(held)
	<-stopped
	if n := f.waiting(); n != 0 || came.Load() != 41 {
		t.Errorf("%d wait, %d came", n, came.Load())
	}
}

// An endpoint that never answers takes up two places, and the others' messages go as if it were not.
func TestASilentEndpointSlowsNobodyElse(t *testing.T) {
	f := newScene(t)
	done := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer silent.Close()
	var came atomic.Int32
	prompt := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer prompt.Close()
	partner := f.store.As(f.partner)
	for range 5 {
		_, err := partner.NewWebhook(t.Context(), domain.WebhookInput{URL: silent.URL})
		f.must(err)
	}
	_, err := partner.NewWebhook(t.Context(), domain.WebhookInput{URL: prompt.URL})
	f.must(err)
	for i := range 10 {
		f.refer(fmt.Sprint("S-", i))
	}
	start := time.Now()
	_, stop := f.deliver(1)
	defer stop()
	defer close(done)
	f.until("the prompt endpoint's", func() bool { return came.Load() == 10 })
	took := time.Since(start)
	t.Logf("10 messages beside five silent endpoints in %s", took)
	if took > hooks.Patience {
		t.Errorf("it waited for the silent ones: %s", took)
	}
}
