package gstest

import (
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// Fault is what goes wrong with some requests.
type Fault struct {
	Of    string // the kind of requests, as Requests names them; "" is any
	Times int    // how many go wrong
	Do    Wrong
}

// Wrong is a way to go wrong.
type Wrong struct {
	status int  // the answer, instead of doing anything
	lose   bool // do it, and cut the connection instead of an answer
	after  int  // bytes of the answer, then
	cut    bool // the connection is cut, or
	slow   time.Duration
}

// Status answers with a status and does nothing.
func Status(code int) Wrong { return Wrong{status: code} }

// Lost does what is asked and cuts the connection before the answer.
func Lost() Wrong { return Wrong{lose: true} }

// Cut cuts the connection so many bytes into the answer's body.
func Cut(after int) Wrong { return Wrong{cut: true, after: after} }

// Slow gives nothing for a while, so many bytes into the answer's body.
func Slow(after int, pause time.Duration) Wrong { return Wrong{slow: pause, after: after} }

// Fail makes requests go wrong from now on.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// storm is faults at random.
type storm struct {
	random *rand.Rand
	share  float64
}

// Storm makes a share of all requests go wrong, in ways drawn from a seed.
func (s *Server) Storm(seed uint64, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storm = &storm{rand.New(rand.NewPCG(seed, 1)), share}
}

func (s *Server) fault(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := kindOf(r)
	for _, f := range s.faults {
		if f.Times > 0 && (f.Of == "" || f.Of == kind) {
			f.Times--
			return f
		}
	}
	if s.storm == nil || s.storm.random.Float64() >= s.storm.share {
		return nil
	}
	ways := []Wrong{Status(503), Status(429), Status(500), Lost(), Cut(100), Cut(70_000), Slow(0, 20*time.Millisecond)}
	return &Fault{Do: ways[s.storm.random.IntN(len(ways))]}
}

func (f *Fault) serve(s *Server, w http.ResponseWriter, r *http.Request) {
	switch {
	case f.Do.status != 0:
		_, _ = io.Copy(io.Discard, r.Body)
		http.Error(w, `{"error":{"message":"made to fail"}}`, f.Do.status)
	case f.Do.lose:
		s.answer(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		s.answer(&disturbed{w, r, f.Do, 0}, r)
	}
}

// disturbed is an answer that is cut, or stops for a while.
type disturbed struct {
	http.ResponseWriter
	request *http.Request
	wrong   Wrong
	sent    int
}

// Write implements http.ResponseWriter.
func (d *disturbed) Write(p []byte) (int, error) {
	before := min(len(p), max(d.wrong.after-d.sent, 0))
	if d.sent > d.wrong.after || before == len(p) && before > 0 {
		d.sent += len(p)
		return d.ResponseWriter.Write(p)
	}
	n, err := d.ResponseWriter.Write(p[:before])
	d.sent += n
	if err != nil {
		return n, err
	}
	_ = http.NewResponseController(d.ResponseWriter).Flush()
	if d.wrong.cut {
		panic(http.ErrAbortHandler)
	}
	select {
	case <-time.After(d.wrong.slow):
	case <-d.request.Context().Done():
	}
	d.sent = d.wrong.after + 1
	rest, err := d.ResponseWriter.Write(p[before:])
	return n + rest, err
}

// Pending is how many faults were not met yet.
func (s *Server) Pending() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		n += f.Times
	}
	return n
}

// Heal ends all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.storm = nil, nil
}
