package hooks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

const (
	atOnce = 16                 // messages on their way from this replica; persistence.MostAtOnce of them to one endpoint
	every  = time.Second        // how often what is due is looked for, unless a request or an answer says sooner
	tidied = time.Minute        // how often what waited in vain is put away
	lease  = Patience + every*5 // by when what came of a message is written down: after that, others may send it again
)

// Courier posts what is due, until it is told to stop. Any number of replicas run one each, and
// share the work.
type Courier struct {
	store   *persistence.Store
	poster  *Poster
	backoff domain.Backoff
	log     *slog.Logger

	nudged chan struct{}
	slots  chan struct{}
	flying sync.WaitGroup
}

// NewCourier makes one, for webhooks that may reach those networks beside the internet.
func NewCourier(store *persistence.Store, networks domain.Networks, backoff domain.Backoff, log *slog.Logger) *Courier {
	return &Courier{store: store, poster: NewPoster(networks), backoff: backoff, log: log, nudged: make(chan struct{}, 1), slots: make(chan struct{}, atOnce)}
}

// Nudge says that there may be something to do.
func (c *Courier) Nudge() {
	select {
	case c.nudged <- struct{}{}:
	default: // it will look anyway
	}
}

// Nudging serves as the handler does, and nudges the courier after each request that may have
// changed something: the effects follow the commit.
func (c *Courier) Nudging(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			c.Nudge()
		}
	})
}

// Run works until the context ends, and then waits for what is on its way.
func (c *Courier) Run(ctx context.Context) {
	defer c.flying.Wait()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var complained, swept time.Time
	for {
		err := c.round(ctx)
		if err == nil && time.Since(swept) >= tidied {
			swept = time.Now()
			err = c.store.TidyDeliveries(ctx, c.backoff)
		}
		if err != nil && ctx.Err() == nil && time.Since(complained) >= tidied {
			complained = time.Now()
			c.log.WarnContext(ctx, "events could not be sent on: tried again every second", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-c.nudged:
		}
	}
}

// round gives events their place, and sends what is due as far as there is room.
func (c *Courier) round(ctx context.Context) error {
	if _, err := c.store.PlaceEvents(ctx); err != nil {
		return err
	}
	for {
		free := cap(c.slots) - len(c.slots)
		if free == 0 {
			return nil // whoever is through nudges
		}
		messages, err := c.store.ClaimDeliveries(ctx, free, lease)
		if err != nil || len(messages) == 0 {
			return err
		}
		for _, message := range messages {
			c.slots <- struct{}{}
			c.flying.Go(func() {
				c.deliver(context.WithoutCancel(ctx), message)
				<-c.slots
				c.Nudge()
			})
		}
	}
}

// deliver posts a message and writes down what came of it. Where that fails, the lease ends and the
// message is sent again: at least once, under one webhook-id.
func (c *Courier) deliver(ctx context.Context, message persistence.Message) {
	attempt := c.poster.Post(ctx, message)
	ctx, cancel := context.WithTimeout(ctx, lease-Patience)
	defer cancel()
	if err := c.store.SettleDelivery(ctx, message, attempt, c.backoff, rand.Float64()); err != nil { // #nosec G404 -- so that what failed together does not come again together
		c.log.WarnContext(ctx, "it could not be written down what came of a message: it may be sent again", "delivery", message.DeliveryID, "error", err)
	}
}
