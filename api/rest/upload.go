package rest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Upload is the body of an operation that takes a whole file: it is not read into memory. The operation's
// input embeds it, and its RequestBody names the media types, the first of which none is JSON.
type Upload struct {
	media string
	body  io.Reader
	wait  func(time.Duration) // how long the connection has to say the rest of it
}

// Resolve takes hold of the request's body. Huma calls it.
func (u *Upload) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	connection := http.NewResponseController(w)
	u.media, u.body = ctx.Header("Content-Type"), ctx.BodyReader()
	u.wait = func(d time.Duration) { _ = connection.SetReadDeadline(time.Now().Add(d)) }
	return nil
}

// Media is the body's media type, as it was sent.
func (u *Upload) Media() string { return u.media }

// Spool writes the body to a file of its own that nobody else finds and that is gone when it is closed, or when
// the program ends. The body may take as long as arrives. Its error is a *Problem where the request is at fault.
func (u *Upload) Spool(arrives time.Duration) (*Spooled, error) {
	u.wait(arrives)
	file, err := Spool(u.body)
	var tooLarge *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &tooLarge):
		return nil, tooLargeProblem(tooLarge.Limit)
	case errors.As(err, &slow) && slow.Timeout():
		return nil, statusProblem(http.StatusRequestTimeout)
	case errors.Is(err, errBody), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, statusProblem(http.StatusBadRequest)
	}
	return file, err
}

// Spooled is a text that waits on disk to be read, more than once if need be.
type Spooled struct{ *os.File }

// Spool writes a text to a file that only this program can open.
func Spool(text io.Reader) (*Spooled, error) {
	file, err := os.CreateTemp("", "o2r-spool-*") // readable by nobody else
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // where the system allows: it stays until it is closed, under no name
	spooled := &Spooled{file}
	if _, err := io.Copy(file, text); err != nil {
		return nil, errors.Join(err, spooled.Close())
	}
	return spooled, nil
}

// Close does away with the file.
func (s *Spooled) Close() error {
	err := s.File.Close()
	_ = os.Remove(s.Name()) // where it could not be done while it was open
	return err
}

// TakesFile is the request body of an operation whose input embeds Upload, with an example for each media type.
func TakesFile(about string, limit int, examples map[string]string) *huma.RequestBody {
	body := &huma.RequestBody{Description: about, Required: true, Content: map[string]*huma.MediaType{}}
	for media, example := range examples {
		body.Content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: about, MaxLength: &limit, Pattern: controlFreeText, Examples: []any{example}}}
	}
	return body
}
