package pipelines

import (
	"context"
	"errors"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/pipelines/engine"
)

// What workers count by step for the client, who hears of them through the engine alone.
const (
	partsDone  = "clinflow.parts"
	begunAgain = "clinflow.begun_again"
)

func (t Task) counter(of string) beam.Counter { return beam.NewCounter(of, t.Step) }

// counting prepares the counters of a bundle for its goroutines: the first to count makes
// them, without a lock.
func (t Task) counting(ctx context.Context) {
	t.counter(partsDone).Inc(ctx, 0)
	t.counter(begunAgain).Inc(ctx, 0)
}

// done counts a part.
func (t Task) done(ctx context.Context) {
	t.meter().Add(1)
	t.counter(partsDone).Inc(ctx, 1)
}

// begins marks a piece of work as begun, and counts it where the same run had begun it
// already: then the worker that did was lost, or the engine tries again. In the process
// that began the task nothing is lost without its knowing.
func (t Task) begins(ctx context.Context, piece string) error {
	if t.running().home {
		return nil
	}
	if err := t.revoked(ctx); err != nil {
		return err
	}
	out, err := t.writer(ctx)
	if err != nil {
		return err
	}
	first, err := store.Mark(ctx, out.Scratch(), t.marks()+piece)
	if err == nil && !first {
		t.counter(begunAgain).Inc(ctx, 1)
	}
	return err
}

// marks is the folder of what the run has begun, in the output's scratch.
func (t Task) marks() string { return "begun/" + t.Run + "/" }

// explain says what is known of a job that failed without a word of its workers.
func (t Task) explain(ctx context.Context, failure error) error {
	out, err := t.writer(ctx)
	if err != nil {
		return errors.Join(failure, err)
	}
	begun, err := out.Scratch().List(ctx, t.marks())
	if err != nil {
		return errors.Join(failure, err)
	}
	if len(begun) > 0 {
		return exit.Errorf(exit.Retry, "a worker was lost, with its machine or for want of memory: %d pieces of work were begun; run again to go on from what is finished; %w", len(begun), failure)
	}
	return exit.Errorf(exit.Failed, "no worker is known to have begun, look at --environment_type and --environment_config; %w", failure)
}

// counted shows what the engine says that workers counted, and tells once of lost ones.
func (t Task) counted(meter *progress.Task, log zerolog.Logger) func(engine.Counters) {
	told := false
	return func(c engine.Counters) {
		meter.Reach(c[engine.Counter{Namespace: partsDone, Name: t.Step}])
		n, failures := c[engine.Counter{Namespace: begunAgain, Name: t.Step}], c[engine.Failures]
		if n+failures > 0 && !told {
			told = true
			log.Warn().Str("step", t.Step).Int64("pieces", n).Int64("failures", failures).Msg("work was begun again: a worker was lost, or the engine tried again")
		}
	}
}
