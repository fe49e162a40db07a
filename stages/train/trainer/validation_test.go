package trainer

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// counting is a recorder that counts how often val is measured.
type counting struct {
	recorder
	measured int
}

func (c *counting) validate(ctx context.Context) (validation, bool, error) {
	c.measured++
	return c.recorder.validate(ctx)
}

// TestValIsMeasuredOnce: before the first step and at each epoch's end, and not again
// by a run that is taken up.
func TestValIsMeasuredOnce(t *testing.T) {
	for stop := range 9 { // 0: never; else within the batch of that number
		work := emptyDir(t)
		ctx, cancel := context.WithCancel(t.Context())
		l := &counting{recorder: recorder{aurocs: []float64{0.5, 0.6, 0.7}, cancel: func(number int) {
			if number == stop {
				cancel()
			}
		}}}
		l.calls = make([]call, 4) // the recorder's AUROCs begin behind the first epoch
		for range 2 {
			r := newLoop(t, work, &l.recorder)
			r.learner, r.Before = l, true
			if err := r.train(ctx); err != nil {
				ctx = t.Context()
				continue
			}
			if r.at.Before == nil || *r.at.Before != 3 || r.at.Val == nil || *r.at.Val != 3 {
				t.Errorf("stopped in batch %d: losses on val %v and %v", stop, r.at.Before, r.at.Val)
			}
			break
		}
		if want := 3; l.measured != want {
			t.Errorf("stopped in batch %d: val was measured %d times, want %d", stop, l.measured, want)
		}
		cancel()
	}
}

// TestStateDoesNotGrow: the log of a run lies beside its training checkpoints, which
// are of one size however long it is.
func TestStateDoesNotGrow(t *testing.T) {
	size := func(epochs int) (state, log int64) {
		work := emptyDir(t)
		r := newLoop(t, work, &recorder{cancel: func(int) {}})
		r.Epochs, r.LogEvery, r.SaveEvery = epochs, 1, 1
		must(t, r.train(t.Context()))
		return fileSize(t, work, StateName), fileSize(t, work, trainlog.Name)
	}
	short, few := size(2)
	long, many := size(60)
	if long > short+40 || many < 20*few {
		t.Errorf("a state of %d bytes beside a log of %d, and of %d beside %d", short, few, long, many)
	}
}

func fileSize(t *testing.T, dir store.Dir, name string) int64 {
	t.Helper()
	info, err := dir.Stat(t.Context(), name)
	must(t, err)
	return info.Size
}

// stepClock goes on by so many minutes each time it is looked at.
type stepClock struct {
	minutes float64
	told    int
}

func (c *stepClock) now() time.Time {
	c.told++
	return time.Unix(0, 0).Add(time.Duration(float64(c.told) * c.minutes * float64(time.Minute)))
}

// TestCheckpointsByTheClock ends a run of 2 epochs of 2 steps within its last step,
// as a kill would, and looks where its last training checkpoint stands.
func TestCheckpointsByTheClock(t *testing.T) {
	for _, c := range []struct {
		name             string
		every            int
		minutes, perStep float64
		killedAfter      int // batches, 2 a step
		at               int // step of the checkpoint that is left
	}{
		{"by the epoch's end alone", 100, 0, 60, 7, 2},
		{"by the clock at each step", 100, 10, 10, 7, 3},
		{"not due yet", 100, 10, 4, 7, 2},
		{"by steps, the clock far", 1, 10, 0.1, 7, 3},
		{"by steps, the clock off", 3, 0, 60, 7, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			work, err := store.Open(t.TempDir())
			must(t, err)
			killed := &recorder{cancel: func(number int) {
				if number > c.killedAfter {
					panic("killed")
				}
			}}
			clock := &stepClock{minutes: c.perStep}
			r := newLoop(t, work, killed)
			r.SaveEvery, r.SaveMinutes, r.now = c.every, c.minutes, clock.now
			if err := guard.Do("a run", func() error { return r.train(t.Context()) }); err == nil {
				t.Fatal("was not killed")
			}
			at, err := readState(t.Context(), work)
			must(t, err)
			if at.Step != c.at {
				t.Errorf("its checkpoint stands after step %d, want %d", at.Step, c.at)
			}
			killed.cancel = func(int) {}
			again := newLoop(t, work, killed)
			must(t, again.train(t.Context()))
			whole := newLoop(t, emptyDir(t), &recorder{cancel: func(int) {}})
			must(t, whole.train(t.Context()))
			if diff := cmp.Diff(keptLog(t, whole.work), keptLog(t, again.work)); diff != "" {
				t.Error("the log of the resumed run differs: ", diff)
			}
		})
	}
}

func emptyDir(t *testing.T) store.Dir {
	t.Helper()
	dir, err := store.Open(t.TempDir())
	must(t, err)
	return dir
}

// keptLog reads the training log beside training checkpoints.
func keptLog(t testing.TB, work store.Dir) []trainlog.Line {
	t.Helper()
	f, err := work.Open(t.Context(), trainlog.Name)
	must(t, err)
	defer f.Close()
	lines, err := trainlog.Decode(f)
	must(t, err)
	return lines
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
