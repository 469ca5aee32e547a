// Receiver is a partner's endpoint, for tests: it verifies what it is sent by the words of Standard Webhooks, with nothing
// of ours, writes one line for each message, and behaves as the file MODE says: ok, 500, or slow, which writes the line
// and answers too late.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	address, journal, mode, secrets := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	lines, err := os.OpenFile(journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	var writing sync.Mutex
	handle := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		how := strings.TrimSpace(read(mode))
		var message struct {
			Type string
			Data struct {
				ID         string
				ReferralID string `json:"referral_id"`
			}
		}
		fault := verify(r.Header, body, strings.Fields(read(secrets)))
		if err := json.Unmarshal(body, &message); err != nil {
			fault = err.Error()
		}
		line, _ := json.Marshal(map[string]any{
			"id": r.Header.Get("webhook-id"), "event": message.Data.ID, "type": message.Type, "referral": message.Data.ReferralID,
			"fault": fault, "mode": how, "at": time.Now(), "names": strings.Contains(string(body), "Fictif"),
		})
		writing.Lock()
		_, err = fmt.Fprintf(lines, "%s\n", line)
		writing.Unlock()
		switch {
		case err != nil:
			w.WriteHeader(507)
		case fault != "":
			w.WriteHeader(401)
		case how == "500":
			w.WriteHeader(500)
		case how == "slow":
			time.Sleep(11 * time.Second)
		default:
			w.WriteHeader(204)
		}
	}
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(handle)))
}

func read(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}

// verify gives what is wrong with a message, or nothing.
func verify(header http.Header, body []byte, secrets []string) string {
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return "headers"
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return "secret"
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "." + string(body)))
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, signature := range strings.Split(header.Get("webhook-signature"), " ") {
			if hmac.Equal([]byte(signature), []byte(want)) {
				return ""
			}
		}
	}
	return "signature"
}
