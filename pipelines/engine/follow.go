package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
)

// An engine is given cancelTimeout to take the order to cancel a job, and then
// cancelPatience to end it.
const (
	cancelTimeout  = 20 * time.Second
	cancelPatience = 40 * time.Second
	// Between two questions for what workers counted.
	countInterval = 5 * time.Second
)

// ErrUnexplained is of a job that failed though no worker tells of a failure.
var ErrUnexplained = errors.New("no worker tells of a failure")

// following is what was heard of a job.
type following struct {
	job Job
	id  string

	mu      sync.Mutex
	state   jobpb.JobState_Enum
	failure error // sealed by a worker
	said    int   // errors and warnings that were withheld
}

// follow waits for the end of a job, or ends it where the run is interrupted.
func follow(ctx context.Context, s service, id string, j Job) error {
	f := &following{job: j, id: id}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended, counted := make(chan error, 1), f.count(watching, s)
	go func() {
		ended <- guard.Do("watch the job "+id, func() error { return s.watch(watching, id, f.hear) })
	}()
	select {
	case err := <-ended:
		counted()
		return interrupted(ctx, f.outcome(err))
	case <-ctx.Done():
		return exit.With(exit.Interrupted, errors.Join(ctx.Err(), f.leave(ctx, watching, s, ended)))
	}
}

// count asks now and then what workers counted, until last, which asks once more.
func (f *following) count(ctx context.Context, s service) (last func()) {
	ask := func(ctx context.Context) {
		ctx, stop := context.WithTimeout(ctx, countInterval)
		defer stop()
		if c, err := s.counters(ctx, f.id); err == nil && c != nil && f.job.Counted != nil { // no counters are no failure of the job
			f.job.Counted(c)
		}
	}
	counting, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-time.After(countInterval):
				ask(counting)
			case <-counting.Done():
				return
			}
		}
	}()
	return func() {
		stop()
		<-stopped
		ask(ctx)
	}
}

// leave ends the job of a run that has ended, or lets it run where the user said so, or
// where another run may have the outputs by now and wait for it.
func (f *following) leave(run, ctx context.Context, s service, ended <-chan error) error {
	if *detach || errors.Is(context.Cause(run), store.ErrLockLost) {
		f.job.Log.Warn().Str("job", f.id).Msg("the job is left running; the next run waits for it")
		return nil
	}
	asking, stop := context.WithTimeout(ctx, cancelTimeout)
	defer stop()
	if f.job.Revoke != nil {
		if err := f.job.Revoke(asking); err != nil {
			f.job.Log.Error().Str("job", f.id).Err(err).Msg("the job's workers could not be told that it is cancelled")
		}
	}
	if err := s.cancel(asking, f.id); err != nil {
		f.job.Log.Error().Str("job", f.id).Msg("the job could not be cancelled and may be running still")
		return fmt.Errorf("cancel the job %s: %w", f.id, err)
	}
	select {
	case <-ended:
		f.job.Log.Warn().Str("job", f.id).Msg("the job is cancelled")
	case <-time.After(cancelPatience):
		f.job.Log.Error().Str("job", f.id).Msg("the job was cancelled and has not ended yet")
	}
	return nil
}

// hear notes an event. What an engine says may hold data, whatever its importance: a
// failure that a worker has sealed is told, all else is only counted.
func (f *following) hear(e event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.text == "" {
		if f.state != e.state {
			slog.Info("state of the job", "job", f.id, "state", e.state.String())
		}
		f.state = e.state
		return
	}
	if failure, sealed := exit.Sealed(e.text); sealed {
		f.failure = errors.Join(f.failure, failure)
		return
	}
	if e.importance >= jobpb.JobMessage_JOB_MESSAGE_WARNING {
		f.said++
	}
	slog.Info("the engine says something of the job that is withheld, for it may hold note text", "job", f.id, "importance", e.importance.String())
}

// outcome is the error of a job that has ended, or that cannot be watched any more.
func (f *following) outcome(watched error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.state {
	case jobpb.JobState_DONE:
		return nil
	case jobpb.JobState_FAILED:
		return f.failed()
	case jobpb.JobState_CANCELLED:
		return exit.Errorf(exit.Failed, "the job %s was cancelled on the engine's side; run again to go on from what it finished", f.id)
	}
	if watched == nil {
		watched = fmt.Errorf("its state is %s", f.state)
	}
	return exit.Errorf(exit.Retry, "the job %s cannot be watched to its end: %w; run again to wait for it where it is running still", f.id, watched)
}

func (f *following) failed() error {
	if f.failure != nil {
		return f.failure
	}
	return fmt.Errorf("%w: the job %s failed (its messages are withheld, they may hold data: %d errors and warnings); look at the engine's own page or log", ErrUnexplained, f.id, f.said)
}
