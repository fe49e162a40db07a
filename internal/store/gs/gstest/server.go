// Package gstest is a bucket for tests: a fake of Google Cloud Storage in this process,
// behind a proxy that counts requests, does what the fake does not, and does wrong what a
// network may.
package gstest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// Bucket is the name of the bucket that there is.
const Bucket = "notes"

// Server is a fake with one bucket, to which STORAGE_EMULATOR_HOST leads.
type Server struct {
	Fake *fakestorage.Server
	Host string

	handler http.Handler
	mu      sync.Mutex
	counts  map[string]int
	chunks  map[string]*httptest.ResponseRecorder // answers to the chunks of uploads
	changes sync.Mutex                            // of chunks and removals
	faults  []*Fault
	sparse  map[string]int64
	storm   *storm
}

// New starts a server that lives as long as the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{counts: map[string]int{}, chunks: map[string]*httptest.ResponseRecorder{}}
	listening := httptest.NewUnstartedServer(s)
	s.Host = listening.Listener.Addr().String()
	var err error
	if s.Fake, err = fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: s.Host}); err != nil {
		t.Fatal(err)
	}
	s.handler = s.Fake.HTTPHandler()
	s.Fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: Bucket})
	listening.Config.ErrorLog = quiet
	listening.Start()
	t.Cleanup(func() {
		listening.CloseClientConnections()
		listening.Close()
		s.Fake.Stop()
	})
	t.Setenv("STORAGE_EMULATOR_HOST", s.Host)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.counts[kindOf(r)]++
	s.mu.Unlock()
	if fault := s.fault(r); fault != nil {
		fault.serve(s, w, r)
		return
	}
	s.answer(w, r)
}

// answer does what the fake leaves out: a chunk that is sent again is not added again,
// and a removal minds its precondition.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	switch kindOf(r) {
	case "chunk":
		s.chunk(w, r)
	case "remove":
		s.remove(w, r)
	case "read":
		s.read(w, r)
	default:
		s.handler.ServeHTTP(w, r)
	}
}

func (s *Server) chunk(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("upload_id") + " " + r.Header.Get("Content-Range")
	s.changes.Lock() // it may be sent again while the first is still under way
	before := s.chunks[key]
	if before == nil {
		before = httptest.NewRecorder()
		s.handler.ServeHTTP(before, r)
		s.chunks[key] = before
	}
	s.changes.Unlock()
	for name, values := range before.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(before.Code)
	_, _ = w.Write(before.Body.Bytes())
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	s.changes.Lock()
	defer s.changes.Unlock()
	if want := r.URL.Query().Get("ifGenerationMatch"); want != "" {
		bucket, name := objectOf(r)
		there, err := s.Fake.GetObject(bucket, name)
		if err == nil && strconv.FormatInt(there.Generation, 10) != want {
			http.Error(w, `{"error":{"code":412,"message":"conditionNotMet"}}`, http.StatusPreconditionFailed)
			return
		}
	}
	s.handler.ServeHTTP(w, r)
}

// objectOf is what a request of the JSON interface is about.
func objectOf(r *http.Request) (bucket, name string) {
	rest := strings.TrimPrefix(r.URL.Path, "/storage/v1/b/")
	bucket, name, _ = strings.Cut(rest, "/o/")
	return bucket, name
}

// kindOf is what a request asks for.
func kindOf(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodDelete:
		return "remove"
	case query.Has("upload_id"):
		return "chunk"
	case strings.HasPrefix(r.URL.Path, "/upload/") && query.Get("uploadType") == "resumable":
		return "begin"
	case strings.HasPrefix(r.URL.Path, "/upload/"):
		return "write"
	case strings.Contains(r.URL.Path, "/rewriteTo/"):
		return "copy"
	case strings.HasPrefix(r.URL.Path, "/storage/v1/b/") && strings.Contains(r.URL.Path, "/o/"):
		return "look"
	case strings.HasPrefix(r.URL.Path, "/storage/v1/b/"):
		return "list"
	}
	return "read"
}

// Requests are the requests since the last call, by what they asked for: read, write,
// begin and chunk of a long upload, look, list, copy, remove.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	s.counts = map[string]int{}
	return counts
}

// Objects are those of the bucket whose names begin with prefix, with their bytes.
func (s *Server) Objects(t testing.TB, prefix string) (all []fakestorage.Object) {
	t.Helper()
	listed, err := s.Fake.ListObjectsWithOptionsPaginated(Bucket, fakestorage.ListOptions{Prefix: prefix})
	for _, attrs := range listed.Objects {
		object, failed := s.Fake.GetObject(Bucket, attrs.Name)
		all, err = append(all, object), errors.Join(err, failed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// URI is a folder in the bucket.
func URI(folder string) string { return fmt.Sprintf("gs://%s/%s", Bucket, folder) }
