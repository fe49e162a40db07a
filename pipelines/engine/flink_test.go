package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// fakeFlink has the jobs that its page shows. A cancelled one ends at the third look.
func fakeFlink(t *testing.T, name string) (page string, cancelled *atomic.Bool) {
	t.Helper()
	cancelled = &atomic.Bool{}
	var looks atomic.Int32
	pages := http.NewServeMux()
	pages.HandleFunc("GET /jobs/overview", func(w http.ResponseWriter, _ *http.Request) {
		state := "RUNNING"
		if cancelled.Load() && looks.Add(1) > 2 {
			state = "CANCELED"
		}
		fmt.Fprintf(w, `{"jobs": [{"jid": "1", "name": "other", "state": "RUNNING"}, {"jid": "2", "name": %q, "state": %q}]}`, name, state)
	})
	pages.HandleFunc("PATCH /jobs/2", func(w http.ResponseWriter, r *http.Request) {
		cancelled.Store(r.URL.Query().Get("mode") == "cancel")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "{}")
	})
	pages.HandleFunc("GET /jobs/2/exceptions", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"root-exception": "a patient's words", "exceptionHistory": {"entries": [{"stacktrace": "a patient's words"}, {}]}}`)
	})
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	return server.URL, cancelled
}

// Flink's job is known by the name within the job server's id.
func TestAJobIsCancelledOnFlink(t *testing.T) {
	page, cancelled := fakeFlink(t, "clinflow0a0b-root-1126-c0d2")
	if err := cancelOnFlink(t.Context(), page, "clinflow0a0b-root-1126-c0d2_97cd7e59-fc8c-42b1-9f90-ddbc06279b17"); err != nil || !cancelled.Load() {
		t.Errorf("cancelled %v, %v", cancelled.Load(), err)
	}
}

// The runner flink is one whose jobs are cancelled there.
func TestFlinkIsAskedItself(t *testing.T) {
	serve(t)
	s, err := open(t.Context(), Flink)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, is := s.(onFlink); !is {
		t.Errorf("the service is %T", s)
	}
}

// A job that never came to Flink is not waited for, and no other is cancelled.
func TestAJobThatNeverCameToFlink(t *testing.T) {
	page, cancelled := fakeFlink(t, "another")
	if err := cancelOnFlink(t.Context(), page, "clinflow0a0b-root-1126-c0d2_97cd7e59"); err != nil || cancelled.Load() {
		t.Errorf("cancelled %v, %v", cancelled.Load(), err)
	}
}

// counting is a job service whose workers have counted something.
type counting struct{ service }

func (counting) counters(context.Context, string) (Counters, error) {
	return Counters{Counter{"a", "b"}: 3}, nil
}

// What Flink began again is told, though no work was lost with it.
func TestFailuresOnFlinkAreCounted(t *testing.T) {
	page, _ := fakeFlink(t, "clinflow0a0b-root-1126-c0d2")
	for master, want := range map[string]int64{"": 0, strings.TrimPrefix(page, "http://"): 2} {
		set(t, flinkMaster, master)
		c, err := onFlink{counting{}}.counters(t.Context(), "clinflow0a0b-root-1126-c0d2_97cd7e59")
		if err != nil || c[Failures] != want || c[Counter{"a", "b"}] != 3 {
			t.Errorf("at %q: %v, %v", master, c, err)
		}
	}
}
