package hooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"o2r/domain"
	"o2r/persistence"
)

// What an endpoint may take and give.
const (
	Patience   = 10 * time.Second // until it has answered
	mostHeader = 16 << 10         // bytes of an answer's header
	mostBody   = 4 << 10          // bytes of its body that are read, so that the connection can be used again
)

// Poster posts messages over connections that a webhook may have.
type Poster struct {
	networks       domain.Networks
	secured, plain *http.Client
	roots          *x509.CertPool // whom certificates are believed of; the system's unless a test says otherwise
	resolver       *net.Resolver  // the system's, likewise
}

// NewPoster makes one for a deployment whose webhooks may reach those networks beside the internet.
func NewPoster(networks domain.Networks) *Poster {
	return newPoster(networks, nil, nil)
}

func newPoster(networks domain.Networks, resolver *net.Resolver, roots *x509.CertPool) *Poster {
	p := &Poster{networks: networks, resolver: resolver, roots: roots}
	p.secured, p.plain = p.client(false), p.client(true)
	return p
}

// errAddress says that a name led where no webhook may go.
var errAddress = errors.New("a webhook may not reach this address")

// client never asks a proxy, follows no redirect, and connects only where a webhook may: what the
// name was resolved to is asked of each connection as it is made, so that it cannot change in between.
func (p *Poster) client(plain bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: Patience / 2, Resolver: p.resolver,
		Control: func(network, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !strings.HasPrefix(network, "tcp") || !p.networks.Reaches(to, plain) {
				return errAddress
			}
			return nil
		},
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, Protocols: protocols,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.roots},
			TLSHandshakeTimeout: Patience / 2, MaxResponseHeaderBytes: mostHeader, DisableCompression: true,
			MaxIdleConns: 2 * atOnce, MaxIdleConnsPerHost: persistence.MostAtOnce, IdleConnTimeout: 30 * time.Second,
		},
	}
}

// bodyOf is a message as Standard Webhooks has it.
func bodyOf(m persistence.Message) ([]byte, error) {
	if m.Event == nil {
		return json.Marshal(domain.TestMessage{Type: m.Type, Timestamp: m.Timestamp, Data: domain.TestData{WebhookID: m.WebhookID}})
	}
	return json.Marshal(domain.EventMessage{Type: domain.EventType(m.Type), Timestamp: m.Timestamp, Data: *m.Event})
}

// sign is the value of webhook-signature: one signature for each secret, the newest first.
func sign(m persistence.Message, at time.Time, text []byte) (string, error) {
	signatures := make([]string, len(m.Secrets))
	for i, secret := range m.Secrets {
		hook, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return "", err
		}
		if signatures[i], err = hook.Sign(m.ID, at, text); err != nil {
			return "", err
		}
	}
	return strings.Join(signatures, " "), nil
}

// Post posts the message once, and says what came of it.
func (p *Poster) Post(ctx context.Context, m persistence.Message) domain.Attempt {
	start := time.Now()
	attempt := p.post(ctx, m, start)
	attempt.Took = time.Since(start)
	return attempt
}

func (p *Poster) post(ctx context.Context, m persistence.Message, now time.Time) domain.Attempt {
	if len(m.Secrets) == 0 {
		return domain.Attempt{Error: domain.DeliveryUnsealed}
	}
	if fault, _ := p.networks.Destination(m.URL); fault != "" { // the deployment may allow less than when it was written
		return domain.Attempt{Error: domain.DeliveryForbidden}
	}
	text, err := bodyOf(m)
	if err != nil {
		return domain.Attempt{Error: domain.DeliveryMalformed}
	}
	signature, err := sign(m, now, text)
	if err != nil {
		return domain.Attempt{Error: domain.DeliveryUnsealed}
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(text))
	if err != nil {
		return domain.Attempt{Error: domain.DeliveryForbidden}
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"o2r-webhooks/1"},
		standardwebhooks.HeaderWebhookID: {m.ID}, standardwebhooks.HeaderWebhookTimestamp: {strconv.FormatInt(now.Unix(), 10)}, standardwebhooks.HeaderWebhookSignature: {signature},
	}
	client := p.secured
	if request.URL.Scheme == "http" {
		client = p.plain
	}
	response, err := client.Do(request) // #nosec G704 -- where to is a partner's word: the dialer's Control refuses what no webhook may reach
	if err != nil {
		return domain.Attempt{Error: classOf(err)}
	}
	defer response.Body.Close()
	// The status decides. What else comes is read a little, and not for long.
	dawdling := time.AfterFunc(time.Second, cancel)
	_, _ = io.CopyN(io.Discard, response.Body, mostBody)
	dawdling.Stop()
	return answered(response, now)
}

// answered is what an answer means.
func answered(response *http.Response, now time.Time) domain.Attempt {
	attempt := domain.Attempt{Status: response.StatusCode}
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
		return attempt
	case response.StatusCode >= 300 && response.StatusCode < 400:
		attempt.Error = domain.DeliveryRedirected
	default:
		attempt.Error = domain.DeliveryRefused
	}
	attempt.RetryAfter = retryAfter(response.Header.Get("Retry-After"), now)
	return attempt
}

// retryAfter reads the header of that name: seconds, or an instant. Nonsense asks for nothing.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, domain.MostRetryAfter) // #nosec G115 -- 31 bits
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now), domain.MostRetryAfter))
	}
	return 0
}

// classOf is what kind of failure it was. The error itself may repeat the URL, or what the endpoint
// sent, and goes nowhere.
func classOf(err error) domain.DeliveryError {
	var timeout net.Error
	var dns *net.DNSError
	var connection *net.OpError
	var untrusted *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errAddress):
		return domain.DeliveryForbidden
	case errors.As(err, &dns): // told apart from the above, it would list the names of this network
		return domain.DeliveryForbidden
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return domain.DeliveryTimeout
	case errors.As(err, &untrusted), errors.As(err, &notTLS), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "gave HTTP response to HTTPS client"):
		return domain.DeliveryUntrusted
	case errors.As(err, &connection), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "server closed idle connection"): // taken, and closed before anything was said: net/http has no error of its own for it
		return domain.DeliveryUnreached
	}
	return domain.DeliveryMalformed
}
