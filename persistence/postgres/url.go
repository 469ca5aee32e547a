package postgres

import (
	"net/url"
	"strings"
)

// port is only part of the socket's name; nothing listens on the network.
const port = "5432"

// socketURL writes a connection URL for a socket folder. Every value that a PG* variable of the
// environment could otherwise supply is given.
func socketURL(folder, role, database string) string {
	return "postgres://" + escape(role) + "@/" + escape(database) +
		"?host=" + escape(folder) + "&port=" + port + "&sslmode=disable"
}

// escape writes a space as %20: pgx, like libpq, takes a + in a URL literally.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// WithDatabase is the URL of another database of the same server, for the same role. The rest of the
// URL is left as it was written.
func WithDatabase(base, database string) string {
	parsed, err := url.Parse(base)
	if err != nil {
		return base
	}
	parsed.Path = "/" + database
	parsed.RawPath = ""
	return parsed.String()
}
