package train

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// watched is a context that looks, when it is asked whether the work may go on, at what
// the process holds: between two batches, so that no rubbish of theirs counts.
type watched struct {
	context.Context
	sync.Mutex
	asked        int
	before, peak int64
}

func (w *watched) Err() error {
	w.Lock()
	defer w.Unlock()
	if w.asked++; w.asked%50 == 0 {
		w.peak = max(w.peak, held()-w.before)
	}
	return w.Context.Err()
}

// held is what the process holds, in bytes.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// under is a test whose stages run under another context.
type under struct {
	testing.TB
	ctx context.Context
}

func (u under) Context() context.Context { return u.ctx }

// peakOf runs a stage and returns the most that it held at once beyond what was held
// before, in bytes.
func peakOf(t *testing.T, stage, config string, in stages.Inputs) (*dataset.Dataset, int64) {
	t.Helper()
	w := &watched{Context: t.Context(), before: held()}
	d := stagetest.Run(under{t, w}, stage, config, in)
	if w.asked < 100 {
		t.Fatalf("%s asked %d times whether to go on", stage, w.asked)
	}
	return d, w.peak
}

// numbered are n documents of a patient each, whom no model of the tests knows.
func numbered(n int, split string) []examples.Example {
	rows := make([]examples.Example, n)
	for i := range rows {
		rows[i] = examples.Example{ExampleID: fmt.Sprint("n", i), SubjectID: int64(1000000 + i), Split: split, InputIDs: []int32{1, int32(7 + i%20)}, NTokens: 2}
	}
	return rows
}

func TestPredictionsAreNotHeldInMemory(t *testing.T) {
	const rows, labels = 6000, 2000
	const all = rows * labels * 4
	tokens := corpus(t, 40, 1).as(t, "diag", task.Multilabel, labels)
	base := baseModel(t, tokens, quickBase)
	adapter := stagetest.Run(t, "train.finetune", `{peft: {type: none}, epochs: 1}`, tokens.with(stages.Inputs{"base": {base}}))
	in := write(t, numbered(rows, "test"), 1).as(t, "diag", task.Multilabel, labels).with(stages.Inputs{"base": {base}, "adapter": {adapter}})
	d, peak := peakOf(t, "train.predict", `{variant: head, splits: [test]}`, in)
	t.Logf("%d MiB of logits, %d MiB held at most", all>>20, peak>>20)
	if peak > all/2 {
		t.Errorf("predicting holds %d bytes, of %d of logits", peak, all)
	}
	if n := d.Manifest.Tables[task.TablePredictions][0].Rows; n != rows {
		t.Errorf("%d predictions of %d", n, rows)
	}
}

func TestHiddenStatesAreNotHeldInMemory(t *testing.T) {
	const rows, hidden = 16000, 512
	const all = rows * hidden * 4
	base := stagetest.Run(t, "train.base", fmt.Sprintf(`{hidden_size: %d, intermediate_size: 8, layers: 1, heads: 64, kv_heads: 1, max_length: 24, epochs: 1}`, hidden),
		corpus(t, 10, 1).with(stages.Inputs{"tokenizer": {smallestTokenizer(t)}}))
	in := write(t, numbered(rows, "train"), 1).with(stages.Inputs{"base": {base}})
	_, peak := peakOf(t, "train.finetune", `{peft: {type: none}, epochs: 1, batch_size: 64}`, in)
	t.Logf("%d MiB of hidden states, %d MiB held at most", all>>20, peak>>20)
	if peak > all/2 {
		t.Errorf("training a head holds %d bytes, where there are %d of hidden states", peak, all)
	}
}
