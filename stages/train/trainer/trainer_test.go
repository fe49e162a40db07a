package trainer

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// call is one batch as the loop hands it to the learner.
type call struct {
	norm   float64
	number int
}

// recorder is a learner that notes what it is asked, and stops the run where
// told: a row's weight is 1, its loss 2. On val it has the given AUROCs in turn.
type recorder struct {
	calls  []call
	aurocs []float64
	cancel func(number int)
}

func (*recorder) weight(b batch) (float64, error) { return float64(len(b.rows)), nil }
func (*recorder) tokens(b batch) int64            { return 10 * int64(len(b.rows)) }
func (l *recorder) validate(context.Context) (validation, bool, error) {
	v := validation{loss: 3}
	if epochs := len(l.calls) / 4; epochs <= len(l.aurocs) { // 4 batches an epoch
		v.auroc = &l.aurocs[epochs-1]
	}
	return v, true, nil
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
		Trainer: Trainer{
			Env:  stages.Default,
			Name: "test", Epochs: 2, BatchSize: 2, LearningRate: 1, Optimization: Optimization{Accumulation: 2, LogEvery: 3, SaveEvery: 100},
		},
		params: graph.NewParams(b), learner: l, work: work, at: State{Identity: "this"},
	}
	for i := range 7 {
		r.ids, r.lengths = append(r.ids, fmt.Sprint(i)), append(r.lengths, 10)
	}
	return r
}

func TestLoopCountsGoOnAfterAnInterruption(t *testing.T) {
	wantCalls := []call{{4, 1}, {4, 2}, {3, 3}, {3, 4}, {4, 5}, {4, 6}, {3, 7}, {3, 8}}
	wantLog := []trainlog.Line{
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
		if diff := cmp.Diff(wantLog, keptLog(t, work)); diff != "" {
			t.Errorf("stopped in batch %d, the log is\n%s", stop, diff)
		}
		cancel()
	}
}

func TestPatienceEndsTheRun(t *testing.T) {
	for _, c := range []struct {
		name     string
		patience int
		aurocs   []float64
		epochs   int
		early    bool
	}{
		{"off", 0, []float64{0.9, 0.8, 0.7, 0.6, 0.5}, 5, false},
		{"the first was the best", 2, []float64{0.7, 0.6, 0.7, 0.8, 0.9}, 3, true},
		{"a rise begins anew", 2, []float64{0.6, 0.5, 0.7, 0.6, 0.6}, 5, false},
		{"an equal is no rise", 1, []float64{0.6, 0.7, 0.7, 0.9, 0.9}, 3, true},
		{"never worse for so long", 3, []float64{0.6, 0.5, 0.5, 0.7, 0.5}, 5, false},
		{"without labels the loss counts", 2, nil, 3, true},
	} {
		work, err := store.Open(t.TempDir())
		must(t, err)
		r := newLoop(t, work, &recorder{aurocs: c.aurocs, cancel: func(int) {}})
		r.Epochs, r.Patience = 5, c.patience
		must(t, r.train(t.Context()))
		lines := keptLog(t, work)
		last := lines[len(lines)-1]
		if r.at.Epoch != c.epochs || last.Epoch != c.epochs || last.Stopped != c.early {
			t.Errorf("%s: ended after %d epochs, its log with %+v; want %d epochs, stopped early: %v", c.name, r.at.Epoch, last, c.epochs, c.early)
		}
		if want := (schedule{1, 0, 10}).at(r.at.Step - 1); last.LR != want {
			t.Errorf("%s: the last learning rate is %g, the plan of all epochs says %g", c.name, last.LR, want)
		}
	}
}
