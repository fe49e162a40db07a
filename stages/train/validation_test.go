package train

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
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
			r.learner, r.before = l, true
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
		r.epochs, r.set.LogEvery, r.set.SaveEvery = epochs, 1, 1
		must(t, r.train(t.Context()))
		return fileSize(t, work, stateName), fileSize(t, work, logName)
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

// TestMaxValChoosesTheSameDocuments: whatever parts they lie in, and its loss is the
// last line of the log.
func TestMaxValChoosesTheSameDocuments(t *testing.T) {
	var want []byte
	for _, parts := range []int{1, 3} {
		tokens := corpus(t, 120, parts)
		in := stages.Inputs{"tokens": {tokens}, "base": {baseModel(t, tokens, quickBase)}}
		all := stagetest.Run(t, "train.pretrain", `{peft: {r: 2}, max_val: 0}`, in)
		few := stagetest.Run(t, "train.pretrain", `{peft: {r: 2}, max_val: 5}`, in)
		if all.Manifest.Counts["val_examples"] <= 5 || few.Manifest.Counts["val_examples"] != 5 {
			t.Fatalf("val of %d documents, %d of them measured", all.Manifest.Counts["val_examples"], few.Manifest.Counts["val_examples"])
		}
		got := metrics(t, few)
		if want == nil {
			want = got
		}
		if string(got) != string(want) {
			t.Errorf("%d parts: %s, with one %s", parts, got, want)
		}
		var m struct {
			Perplexity struct{ Before, After float64 } `json:"val_perplexity"`
		}
		must(t, json.Unmarshal(got, &m))
		lines := readLog(t, few)
		if after := math.Exp(lines[len(lines)-1].Loss); math.Abs(after-m.Perplexity.After) > 1e-9*after {
			t.Errorf("perplexity after %g, by the log %g", m.Perplexity.After, after)
		}
	}
}

func metrics(t *testing.T, d *dataset.Dataset) []byte {
	t.Helper()
	f, err := d.OpenFile(t.Context(), "metrics.json")
	must(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	must(t, err)
	return text
}
