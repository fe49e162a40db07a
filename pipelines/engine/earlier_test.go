package engine

import (
	"testing"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"

	"github.com/clinflow/clinflow/internal/exit"
)

// leave begins jobs as a client does that is killed: they are at work, and nobody waits.
func leave(t *testing.T, s *fakeService, decides ...string) (jobs []*fakeJob, names []string) {
	t.Helper()
	set(t, detach, true)
	for i, d := range decides {
		w := start(t, d)
		jobs = append(jobs, s.submitted(t, i))
		eventually(t, func() bool { return jobs[i].watched.Load() == 1 })
		w.interrupt()
		if err := w.end(t); exit.Of(err) != exit.Interrupted {
			t.Fatal(err)
		}
		names = append(names, Name("", "texts", d))
	}
	*detach = false
	return jobs, names
}

// A job of other steps that a killed run left may write to the same outputs: none is
// cleared before it has ended, and how it ends is no matter.
func TestNoJobBeginsBeforeEarlierOnesHaveEnded(t *testing.T) {
	s := serve(t)
	left, names := leave(t, s, "a b", "b c")
	w := start(t, "b", append(names, "clinflow-of-none")...)
	for i, end := range []jobpb.JobState_Enum{jobpb.JobState_FAILED, jobpb.JobState_DONE} {
		eventually(t, func() bool { return left[i].watched.Load() == 2 })
		if w.prepared || len(s.jobs) != 2 {
			t.Errorf("prepared %v, %d jobs, before earlier job %d has ended", w.prepared, len(s.jobs), i)
		}
		left[i].becomes(end)
	}
	s.submitted(t, 2).becomes(jobpb.JobState_DONE)
	if err := w.end(t); err != nil || !w.prepared {
		t.Errorf("got %v, prepared %v", err, w.prepared)
	}
}

func TestAnInterruptedRunCancelsEarlierJobs(t *testing.T) {
	s := serve(t)
	left, names := leave(t, s, "a b", "b c")
	w := start(t, "b", names...)
	eventually(t, func() bool { return left[0].watched.Load() == 2 })
	w.interrupt()
	if err := w.end(t); exit.Of(err) != exit.Interrupted {
		t.Errorf("got %v", err)
	}
	if !left[0].cancelled.Load() || !left[1].cancelled.Load() || w.prepared || len(s.jobs) != 2 {
		t.Errorf("cancelled %v %v, prepared %v, %d jobs", left[0].cancelled.Load(), left[1].cancelled.Load(), w.prepared, len(s.jobs))
	}
}

// While an earlier job cannot be watched to its end, no other begins.
func TestAnEarlierJobThatCannotBeWatchedIsNotDoubled(t *testing.T) {
	s := serve(t)
	_, names := leave(t, s, "a b")
	s.lost = true
	w := start(t, "b", names...)
	if err := w.end(t); exit.Of(err) != exit.Retry || w.prepared || len(s.jobs) != 1 {
		t.Errorf("got %v, prepared %v, %d jobs", err, w.prepared, len(s.jobs))
	}
}
