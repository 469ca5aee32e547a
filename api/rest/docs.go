package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the page's script and style
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2/yaml"
)

// Stoplight Elements 9.0.25 (npm: @stoplight/elements), Apache-2.0; see elements/LICENSE. It is served
// from here, so that the page works with no network and no script comes from elsewhere.
var (
	//go:embed elements/web-components.min.js.gz
	elementsScript []byte
	//go:embed elements/styles.min.css.gz
	elementsStyle []byte
)

const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/styles.min.css">
<script src="/docs/web-components.min.js" defer></script>
</head>
<body style="margin: 0; height: 100vh">
<elements-api apiDescriptionUrl="/openapi.json" router="hash" layout="responsive" tryItCredentialsPolicy="omit"></elements-api>
<noscript>This page needs JavaScript. The description itself is at <a href="/openapi.yaml">/openapi.yaml</a>.</noscript>
</body>
</html>
`

// asset is a file that changes only with the program.
type asset struct {
	media, policy string
	plain, zipped []byte
	tag           string
}

func newAsset(media string, plain []byte) asset {
	sum := sha256.Sum256(plain)
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, _ = w.Write(plain) // neither fails on a buffer
	_ = w.Close()
	return asset{media: media, plain: plain, zipped: zipped.Bytes(), tag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// newZippedAsset keeps the file zipped; the few who cannot read that get it unzipped anew.
func newZippedAsset(media string, zipped []byte) asset {
	sum := sha256.Sum256(zipped)
	return asset{media: media, zipped: zipped, tag: `"` + hex.EncodeToString(sum[:12]) + `"`}
}

func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("ETag", a.tag)
	header.Set("Cache-Control", "no-cache") // may be kept, and is asked for again with its ETag
	header.Add("Vary", "Accept-Encoding")
	if a.policy != "" {
		header.Set("Content-Security-Policy", a.policy)
	}
	if matches(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.media)
	if preferenceFor(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		_, _ = w.Write(a.zipped) // a caller who left is no error of ours
		return
	}
	if a.plain != nil {
		_, _ = w.Write(a.plain)
		return
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(a.zipped))
	if err == nil {
		_, _ = io.Copy(w, unzipped) // #nosec G110 -- our own file, compiled in
	}
}

// matches compares entity tags weakly, as If-None-Match asks.
func matches(header, tag string) bool {
	for _, one := range strings.Split(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || one == tag {
			return true
		}
	}
	return false
}

func preferenceFor(header, coding string) bool {
	for _, one := range strings.Split(header, ",") {
		name, rest, _ := strings.Cut(strings.ToLower(one), ";")
		if strings.TrimSpace(name) == coding {
			rest = strings.ReplaceAll(rest, " ", "")
			return rest != "q=0" && !strings.HasPrefix(rest, "q=0.000") && rest != "q=0.0" && rest != "q=0.00"
		}
	}
	return false
}

// serveDocument registers the document in its four forms, and the page that shows it.
func (s *Server) serveDocument() {
	for path, write := range map[string]func() ([]byte, error){
		"/openapi.json":     func() ([]byte, error) { return s.DocumentJSON("3.1") },
		"/openapi.yaml":     func() ([]byte, error) { return s.DocumentYAML("3.1") },
		"/openapi-3.0.json": func() ([]byte, error) { return s.DocumentJSON("3.0") },
		"/openapi-3.0.yaml": func() ([]byte, error) { return s.DocumentYAML("3.0") },
	} {
		media := "application/vnd.oai.openapi+json"
		if strings.HasSuffix(path, ".yaml") {
			media = "application/yaml"
		}
		// Composed when somebody asks: it takes a second or more, and no server should start later for it.
		composed := sync.OnceValues(func() (asset, error) {
			text, err := write()
			return newAsset(media, text), err
		})
		s.Handle("GET "+path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			form, err := composed()
			if err != nil {
				s.Fail(w, r, err)
				return
			}
			form.ServeHTTP(w, r)
		}))
	}
	page := newAsset("text/html; charset=utf-8", fmt.Appendf(nil, docsPage, html.EscapeString(s.settings.Title)))
	page.policy = docsPolicy
	s.Handle("GET /docs", page)
	s.Handle("GET /docs/web-components.min.js", newZippedAsset("text/javascript; charset=utf-8", elementsScript))
	s.Handle("GET /docs/styles.min.css", newZippedAsset("text/css; charset=utf-8", elementsStyle))
}

// toYAML rewrites JSON as YAML.
func toYAML(text []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := yaml.Convert(&out, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document as YAML: %w", err)
	}
	return out.Bytes(), nil
}
