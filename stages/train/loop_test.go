package train

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// call is one batch as the loop hands it to the learner.
type call struct {
	norm   float64
	number int
}

// recorder is a learner that notes what it is asked, and stops the run where
// told: a row's weight is 1, its loss 2.
type recorder struct {
	calls  []call
	cancel func(number int)
}

func (*recorder) weight(b batch) (float64, error) { return float64(len(b.rows)), nil }
func (*recorder) tokens(b batch) int64            { return 10 * int64(len(b.rows)) }
func (*recorder) validate(context.Context) (validation, bool, error) {
	return validation{loss: 3}, true, nil
}

func (l *recorder) learn(b batch, norm float64, number int) (float64, error) {
	l.calls = append(l.calls, call{norm, number})
	l.cancel(number)
	return 2 * float64(len(b.rows)), nil
}

// newLoop runs 2 epochs over 7 rows in batches of 2, two a step: groups of 4 and
// 3 rows.
func newLoop(t *testing.T, work store.Dir, l *recorder) *run {
	t.Helper()
	b, err := cpu.New(cpu.Options{})
	must(t, err)
	r := &run{
		name: "test", epochs: 2, batchSize: 2, rate: 1, params: graph.NewParams(b), learner: l, work: work, at: position{Run: "this"},
		set: Optimization{Accumulation: 2, LogEvery: 3, SaveEvery: 100},
	}
	for i := range 7 {
		r.ids, r.lengths = append(r.ids, fmt.Sprint(i)), append(r.lengths, 10)
	}
	return r
}

func TestLoopCountsGoOnAfterAnInterruption(t *testing.T) {
	wantCalls := []call{{4, 1}, {4, 2}, {3, 3}, {3, 4}, {4, 5}, {4, 6}, {3, 7}, {3, 8}}
	wantLog := []logLine{
		{Step: 1, Epoch: 1, Split: "train", Loss: 2, LR: 1, Tokens: 40},
		{Step: 2, Epoch: 1, Split: "val", Loss: 3, LR: 0.75, Tokens: 70},
		{Step: 3, Epoch: 2, Split: "train", Loss: 2, LR: 0.5, Tokens: 110},
		{Step: 4, Epoch: 2, Split: "train", Loss: 2, LR: 0.25, Tokens: 140},
		{Step: 4, Epoch: 2, Split: "val", Loss: 3, LR: 0.25, Tokens: 140},
	}
	for stop := range 9 { // 0: never; else within the batch of that number
		work, err := store.Open(t.TempDir())
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		l := &recorder{cancel: func(number int) {
			if number == stop {
				cancel()
			}
		}}
		r := newLoop(t, work, l)
		err = r.train(ctx)
		if err != nil {
			if exit.Of(err) != exit.Interrupted {
				t.Fatalf("stopped in batch %d: %v", stop, err)
			}
			r = newLoop(t, work, l)
			must(t, r.train(t.Context()))
		}
		if diff := cmp.Diff(wantCalls, l.calls, cmp.AllowUnexported(call{})); diff != "" {
			t.Errorf("stopped in batch %d, the batches are\n%s", stop, diff)
		}
		if diff := cmp.Diff(wantLog, r.at.Log); diff != "" {
			t.Errorf("stopped in batch %d, the log is\n%s", stop, diff)
		}
		cancel()
	}
}
