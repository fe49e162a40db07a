package ui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/eval"
)

// measurements keeps what was measured, by the output that holds it: an output never
// becomes another.
type measurements struct {
	mu sync.Mutex
	by map[string]*eval.Metrics
}

// measurement is what a step of a run measured, small cells hidden as its file has them.
type measurement struct {
	run  told
	step string
	*eval.Metrics
}

// baseline is the name of the model that each variant should beat: one that no variant can
// have.
const baseline = "bag of words"

// compared is how many runs the figures show.
const compared = 30

// measured are what the runs measured, the earliest first.
func (f *folder) allMeasured(ctx context.Context, runs []told) (all []measurement, err error) {
	for _, t := range slices.Backward(runs[:min(compared, len(runs))]) {
		for _, s := range t.Steps {
			if s.Fingerprint == "" || s.Stage != eval.StageName || !s.Made() {
				continue
			}
			m, err := f.metrics(ctx, dags.OutputName(s.Step, s.Fingerprint))
			if err != nil {
				return nil, err
			}
			if m != nil {
				all = append(all, measurement{t, s.Step, m})
			}
		}
	}
	return all, nil
}

// metrics reads what eval.auroc left; nil where it is not there any more.
func (f *folder) metrics(ctx context.Context, output string) (*eval.Metrics, error) {
	f.measured.mu.Lock()
	defer f.measured.mu.Unlock()
	if m, known := f.measured.by[output]; known {
		return m, nil
	}
	m, err := readMetrics(ctx, f.Dir().Sub(output).URI())
	if m != nil { // one that is being made again is there at another look
		f.measured.by[output] = m
	}
	return m, err
}

func readMetrics(ctx context.Context, uri string) (*eval.Metrics, error) {
	m := &eval.Metrics{}
	d, err := dataset.Open(ctx, uri)
	if err == nil {
		err = d.ReadJSON(ctx, eval.MetricsName, m)
	}
	if code := exit.Of(err); code == exit.Usage || code == exit.BadData {
		return nil, nil // cleared away, or damaged: clinflow verify tells
	}
	if err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	return m, nil
}

// scored are the scores of a measurement by the names that figures have.
func (m measurement) scored() map[string]*eval.Scores {
	all := maps.Clone(m.Variants)
	if all == nil {
		all = map[string]*eval.Scores{}
	}
	if m.Baseline != nil {
		all[baseline] = m.Baseline
	}
	return all
}
