package gs

import (
	"io"
	"net/http"
	"sync"
)

// settled reads nothing of a request any more once its answer, or its error, is there.
// Google's client then fills the memory of a chunk anew, out of which net/http may still
// be sending: a RoundTripper may read a body until it closes it
// (https://pkg.go.dev/net/http#RoundTripper), and the client does not wait for that.
type settled struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s settled) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return s.base.RoundTrip(r)
	}
	sent := &body{ReadCloser: r.Body}
	defer sent.end()
	r = r.WithContext(r.Context())
	r.Body, r.GetBody = sent, nil // the client itself tries again
	return s.base.RoundTrip(r)
}

// body is that of a request until it ends.
type body struct {
	io.ReadCloser
	mu    sync.Mutex
	ended bool
}

func (b *body) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

// Read implements io.Reader. A body that ends before its length was sent closes the
// connection.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return 0, io.EOF
	}
	return b.ReadCloser.Read(p)
}
