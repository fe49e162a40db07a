package engine

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/internal/store"
)

// canary stands for note text: it must not be told.
const canary = "zqcanaryengine"

func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come to this in 20 s")
		}
	}
}

// waiting is a run that waits for its job.
type waiting struct {
	interrupt func()
	lose      func() // the lock of the outputs
	ended     chan error
	prepared  bool
	said      *bytes.Buffer // read it after end
	counted   chan Counters
}

// start runs a job of one impulse. What it does is the fake service's matter. earlier are
// the names of jobs that may be at work for the same outputs.
func start(t *testing.T, decides string, earlier ...string) *waiting {
	t.Helper()
	ctx, interrupt := context.WithCancelCause(t.Context())
	w := &waiting{interrupt: func() { interrupt(nil) }, lose: func() { interrupt(store.ErrLockLost) }, ended: make(chan error, 1), said: &bytes.Buffer{}, counted: make(chan Counters, 100)}
	job := Job{
		Step: "texts", Decides: decides, Log: zerolog.New(zerolog.SyncWriter(w.said)),
		Earlier: func(context.Context) ([]string, error) { return earlier, nil },
		Pipeline: func(string) (*beam.Pipeline, error) {
			w.prepared = true
			p, s := beam.NewPipelineWithRoot()
			beam.Impulse(s)
			return p, nil
		},
		Counted: func(c Counters) { w.counted <- c },
	}
	go func() { w.ended <- Run(ctx, Flink, job) }()
	t.Cleanup(w.interrupt)
	return w
}

func (w *waiting) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(30 * time.Second):
		t.Fatal("the run does not end")
		return nil
	}
}

func TestHowAJobEnds(t *testing.T) {
	sealed := exit.Seal(exit.Errorf(exit.BadData, "notes.csv.gz is truncated")).Error()
	for _, c := range []struct {
		name string
		does func(*fakeJob)
		code exit.Code
		says string
	}{
		{"done", func(j *fakeJob) { j.becomes(jobpb.JobState_DONE) }, exit.OK, ""},
		{"cancelled by others", func(j *fakeJob) { j.becomes(jobpb.JobState_CANCELLED) }, exit.Failed, "was cancelled on the engine's side"},
		{"a failure of a worker", func(j *fakeJob) {
			j.says(jobpb.JobMessage_JOB_MESSAGE_ERROR, "java.lang.RuntimeException: "+sealed+canary)
			j.becomes(jobpb.JobState_FAILED)
		}, exit.BadData, "notes.csv.gz is truncated"},
		{"a failure told after the state", func(j *fakeJob) {
			j.says(jobpb.JobMessage_JOB_MESSAGE_ERROR, "first "+canary)
			j.becomes(jobpb.JobState_FAILED)
		}, exit.Failed, "no worker tells of a failure"},
		{"messages of any importance", func(j *fakeJob) {
			for _, importance := range jobpb.JobMessage_MessageImportance_value {
				j.says(jobpb.JobMessage_MessageImportance(importance), canary)
			}
			j.becomes(jobpb.JobState_DONE)
		}, exit.OK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			logged := logged(t)
			s := serve(t)
			w := start(t, c.name)
			c.does(s.submitted(t, 0))
			err := w.end(t)
			if exit.Of(err) != c.code || c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %d, %v", exit.Of(err), err)
			}
			if err != nil && strings.Contains(err.Error(), canary) || strings.Contains(logged.String()+w.said.String(), canary) {
				t.Error("the canary is told")
			}
			if !strings.Contains(w.said.String(), `"message":"Submitted job: job-0"}`) {
				t.Errorf("no line for Airflow in %s", w.said)
			}
		})
	}
}

// logged is what libraries and the process log, as in a run with --verbose.
func logged(t *testing.T) *lines {
	var l lines
	before := slog.Default()
	logs.AdoptSlog(zerolog.New(&l), zerolog.InfoLevel)
	t.Cleanup(func() { slog.SetDefault(before) })
	return &l
}

// lines are those of a log that is read while workers still write to it.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestAnInterruptedRunCancelsItsJob(t *testing.T) {
	s := serve(t)
	w := start(t, "a")
	job := s.submitted(t, 0)
	w.interrupt()
	if err := w.end(t); exit.Of(err) != exit.Interrupted {
		t.Errorf("got %v", err)
	}
	if !job.cancelled.Load() || !strings.Contains(w.said.String(), "the job is cancelled") {
		t.Errorf("cancelled: %v, said %s", job.cancelled.Load(), w.said)
	}
}

// Another run may have the outputs, and wait for the job.
func TestARunThatLostItsLockLeavesItsJob(t *testing.T) {
	s := serve(t)
	w := start(t, "a")
	job := s.submitted(t, 0)
	eventually(t, func() bool { return job.watched.Load() == 1 })
	w.lose()
	if err := w.end(t); exit.Of(err) != exit.Interrupted || job.cancelled.Load() {
		t.Errorf("got %v, cancelled %v", err, job.cancelled.Load())
	}
}

func TestADetachedJobIsFoundAgain(t *testing.T) {
	s := serve(t)
	set(t, detach, true)
	first := start(t, "a")
	job := s.submitted(t, 0)
	eventually(t, func() bool { return job.watched.Load() == 1 })
	first.interrupt()
	if err := first.end(t); exit.Of(err) != exit.Interrupted || job.cancelled.Load() {
		t.Errorf("got %v, cancelled %v", err, job.cancelled.Load())
	}
	other := start(t, "b")
	s.submitted(t, 1).becomes(jobpb.JobState_DONE)
	if err := other.end(t); err != nil || !other.prepared {
		t.Errorf("another job: %v, prepared %v", err, other.prepared)
	}
	again := start(t, "a")
	eventually(t, func() bool { return job.watched.Load() == 2 })
	job.becomes(jobpb.JobState_DONE)
	if err := again.end(t); err != nil || again.prepared || len(s.jobs) != 2 {
		t.Errorf("got %v, prepared %v, %d jobs", err, again.prepared, len(s.jobs))
	}
	once := start(t, "a") // it has ended, and is no job to wait for
	s.submitted(t, 2).becomes(jobpb.JobState_DONE)
	if err := once.end(t); err != nil {
		t.Error(err)
	}
}

func TestABrokenStreamIsReadAgain(t *testing.T) {
	s := serve(t)
	s.breaks = 2
	w := start(t, "a")
	s.submitted(t, 0).becomes(jobpb.JobState_DONE)
	if err := w.end(t); err != nil {
		t.Error(err)
	}
}

// A job service that does not know the job any more, as after a restart.
func TestALostJobServiceIsTold(t *testing.T) {
	s := serve(t)
	s.breaks = 1
	w := start(t, "a")
	s.submitted(t, 0)
	s.mu.Lock()
	s.jobs = nil
	s.mu.Unlock()
	if err := w.end(t); exit.Of(err) != exit.Retry || !strings.Contains(err.Error(), "cannot be watched to its end") {
		t.Errorf("got %v", err)
	}
}

func TestNoJobService(t *testing.T) {
	serve(t)
	w := start(t, "a")
	w.interrupt()
	if err := w.end(t); exit.Of(err) != exit.Interrupted {
		t.Errorf("got %v", err)
	}
}

// Counters come while the job runs, and once more at its end.
func TestWorkersAreHeardOfByCounters(t *testing.T) {
	s := serve(t)
	w := start(t, "a")
	job := s.submitted(t, 0)
	parts := Counter{"clinflow.parts", "texts"}
	job.counts("map", parts, 2)
	if now := <-w.counted; now[parts] != 2 {
		t.Errorf("counted %v", now)
	}
	job.counts("merge", parts, 300)
	job.becomes(jobpb.JobState_DONE)
	if err := w.end(t); err != nil {
		t.Fatal(err)
	}
	if last := <-w.counted; last[parts] != 302 {
		t.Errorf("counted %v at the end", last)
	}
}
