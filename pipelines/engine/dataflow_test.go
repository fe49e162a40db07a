package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/gcpopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow"
	"github.com/rs/zerolog"
	v1b3 "google.golang.org/api/dataflow/v1b3"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store/gs/gstest"
)

// fakeDataflow is as much of Dataflow as a client meets. Every job that is asked for
// ends as the test says.
type fakeDataflow struct {
	mu      sync.Mutex
	jobs    []*v1b3.Job
	ends    string // the state that a job comes to by itself; "": none
	says    string
	counted []*v1b3.MetricUpdate
	looked  int // at a job
}

func (d *fakeDataflow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, rest, _ := strings.Cut(r.URL.Path, "/v1b3/projects/p/locations/r/jobs")
	var answer any
	switch {
	case r.URL.Path == "/token":
		answer = map[string]any{"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
	case rest == "" && r.Method == http.MethodPost:
		job := &v1b3.Job{}
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(job); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		job.Id, job.CurrentState = fmt.Sprint("2026-", len(d.jobs)), "JOB_STATE_PENDING"
		d.jobs = append(d.jobs, job)
		answer = job
	case rest == "":
		list := &v1b3.ListJobsResponse{}
		for _, job := range d.jobs {
			if !ended(dataflowState(job.CurrentState)) {
				list.Jobs = append(list.Jobs, job)
			}
		}
		answer = list
	default:
		answer = d.one(r, strings.Split(rest[1:], "/"))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// one answers for a job.
func (d *fakeDataflow) one(r *http.Request, path []string) any {
	var job *v1b3.Job
	for _, j := range d.jobs {
		if j.Id == path[0] {
			job = j
		}
	}
	switch {
	case len(path) > 1 && path[1] == "messages":
		return &v1b3.ListJobMessagesResponse{JobMessages: []*v1b3.JobMessage{{Time: "2026-01-01T00:00:00Z", MessageImportance: "JOB_MESSAGE_ERROR", MessageText: d.says}}}
	case len(path) > 1:
		return &v1b3.JobMetrics{Metrics: d.counted}
	case r.Method == http.MethodGet:
		d.looked++
		if d.ends != "" {
			job.CurrentState = d.ends
		}
	default:
		asked := &v1b3.Job{}
		_ = json.NewDecoder(r.Body).Decode(asked)
		job.CurrentState = asked.RequestedState
	}
	return job
}

// dataflowAt points Beam's options and Google's credentials to the fake.
func dataflowAt(t *testing.T, d *fakeDataflow) {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	gstest.New(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "private_key_id": "k", "client_email": "a@b", "token_uri": server.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"key.json": text, "clinflow": []byte("the worker's binary")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(dir, "key.json"))
	set(t, gcpopts.Project, "p")
	set(t, gcpopts.Region, "r")
	set(t, jobopts.WorkerBinary, filepath.Join(dir, "clinflow"))
	set(t, &dataflowInterval, 5*time.Millisecond)
	for name, value := range map[string]string{"staging_location": "gs://" + gstest.Bucket + "/staging", "dataflow_endpoint": server.URL + "/"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, "") })
	}
}

func onDataflow(ctx context.Context, said *bytes.Buffer, counted func(Counters)) error {
	return Run(ctx, Dataflow, Job{
		Step: "texts", Decides: "a", Log: zerolog.New(zerolog.SyncWriter(said)), Counted: counted,
		Pipeline: func(string) (*beam.Pipeline, error) {
			p, s := beam.NewPipelineWithRoot()
			beam.Impulse(s)
			return p, nil
		},
	})
}

func TestHowADataflowJobEnds(t *testing.T) {
	for _, c := range []struct {
		name, ends, says string
		code             exit.Code
		want             string
	}{
		{"done", "JOB_STATE_DONE", canary, exit.OK, ""},
		{"cancelled by others", "JOB_STATE_CANCELLED", canary, exit.Failed, "cancelled on the engine's side"},
		{"a failure of a worker", "JOB_STATE_FAILED", canary + exit.Seal(exit.Errorf(exit.BadData, "row 7 is bad")).Error(), exit.BadData, "row 7 is bad"},
		{"a failure of no worker", "JOB_STATE_FAILED", canary, exit.Failed, "no worker tells of a failure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &fakeDataflow{ends: c.ends, says: c.says, counted: []*v1b3.MetricUpdate{{Scalar: 7, Name: &v1b3.MetricStructuredName{Name: "texts", Context: map[string]string{"namespace": "clinflow.parts"}}}}}
			dataflowAt(t, d)
			var said bytes.Buffer
			var counted Counters
			err := onDataflow(t.Context(), &said, func(c Counters) { counted = c })
			if exit.Of(err) != c.code || c.want != "" && !strings.Contains(err.Error(), c.want) || err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("got %d, %v", exit.Of(err), err)
			}
			if strings.Contains(said.String(), canary) || !strings.Contains(said.String(), `"message":"Submitted job: 2026-0"}`) {
				t.Errorf("said %s", said.String())
			}
			if counted[Counter{"clinflow.parts", "texts"}] != 7 {
				t.Errorf("counted %v", counted)
			}
			if job := d.jobs[0]; !valid.MatchString(job.Name) || job.Environment.WorkerPools[0].Packages[0].Sha256 == "" {
				t.Errorf("the job is %s", job.Name)
			}
		})
	}
}

func TestAnInterruptedRunCancelsItsDataflowJob(t *testing.T) {
	d := &fakeDataflow{}
	dataflowAt(t, d)
	set(t, detach, false)
	for _, leaves := range []bool{true, false} { // the second run finds what the first has left
		*detach = leaves
		d.mu.Lock()
		looked := d.looked
		d.mu.Unlock()
		ctx, interrupt := context.WithCancel(t.Context())
		var said bytes.Buffer
		ended := make(chan error, 1)
		go func() { ended <- onDataflow(ctx, &said, nil) }()
		eventually(t, func() bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.looked > looked
		})
		interrupt()
		if err := <-ended; exit.Of(err) != exit.Interrupted {
			t.Errorf("got %v", err)
		}
		want := "JOB_STATE_CANCELLED"
		if leaves {
			want = "JOB_STATE_PENDING"
		}
		if len(d.jobs) != 1 || d.jobs[0].CurrentState != want {
			t.Errorf("%d jobs, the first %s, want %s; said %s", len(d.jobs), d.jobs[0].CurrentState, want, said.String())
		}
	}
}
