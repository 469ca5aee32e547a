package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"o2r/api"
	"o2r/api/hooks"
	"o2r/domain"
)

// webhookSettings say where events may be posted to, and how often they are tried.
type webhookSettings struct {
	Allow   []string        `name:"webhook-allow" env:"O2R_WEBHOOK_ALLOW" placeholder:"CIDR" help:"Networks that webhooks may reach beside the public internet, on any port and without TLS too, as addresses or networks, separated by commas; none when left out."`
	Backoff []time.Duration `name:"webhook-backoff" env:"O2R_WEBHOOK_BACKOFF" default:"5s,5m,30m,2h,5h,10h,14h,20h,24h" help:"The longest waits before a message is posted again, after each failure; then it is parked."`
}

func (s webhookSettings) read() (domain.Networks, domain.Backoff, error) {
	networks, err := api.ParseProxies(s.Allow)
	if err != nil {
		return nil, nil, fmt.Errorf("O2R_WEBHOOK_ALLOW: %w", err)
	}
	backoff := domain.Backoff(s.Backoff)
	if !backoff.Check() {
		return nil, nil, errors.New("O2R_WEBHOOK_BACKOFF is a list of waits such as 5s,5m,2h, each of a millisecond to a week")
	}
	return domain.Networks(networks), backoff, nil
}

// courier begins to post events, until stop is called, which waits for what is on its way.
func (s webhookSettings) courier(ctx context.Context, db *database) (*hooks.Courier, func(), error) {
	networks, backoff, err := s.read()
	if err != nil {
		return nil, nil, err
	}
	key, err := webhookKey(db.dir)
	if err != nil {
		return nil, nil, err
	}
	if err := db.UseWebhooks(ctx, key, networks); err != nil {
		return nil, nil, err
	}
	courier := hooks.NewCourier(db.Store, networks, backoff, slog.Default())
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		courier.Run(ctx)
	}()
	return courier, func() { cancel(); <-ended }, nil
}
