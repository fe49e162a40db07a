package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
)

// The files of a metrics dataset.
const (
	MetricsName = "metrics.json"
	CurvesName  = "roc.json"
)

// Metrics is metrics.json.
type Metrics struct {
	Split     string             `json:"split"`
	Variants  map[string]*Scores `json:"variants"`
	KnownBest *Scores            `json:"known_best,omitempty"`
}

// Scores are a variant's. MacroAUROC is the mean over the tasks that have an
// AUROC, null where none has.
type Scores struct {
	MacroAUROC *float64             `json:"macro_auroc"`
	Tasks      map[string]TaskScore `json:"tasks"`
}

// TaskScore is a variant's measure on one task. AUROC is null where the examples
// hold no pair to compare. Positives counts pairs of an example and a class that
// it has; of a binary task that is the positive examples.
type TaskScore struct {
	AUROC          *float64 `json:"auroc"`
	N              int      `json:"n"`
	Positives      int      `json:"positives"`
	Kind           string   `json:"kind"`
	ClassesUsed    *int     `json:"classes_used,omitempty"`
	ClassesSkipped *int     `json:"classes_skipped,omitempty"`
	OneVsOne       *float64 `json:"auroc_ovo,omitempty"`
	OneVsRest      *float64 `json:"auroc_ovr,omitempty"`
	Softmax        *float64 `json:"auroc_softmax,omitempty"`
	Sigmoid        *float64 `json:"auroc_sigmoid,omitempty"`
}

// Curves is roc.json: points for plots, thinned out. Of a task with more than two
// classes it is the vertical mean over the classes.
type Curves struct {
	Variants  map[string]TaskCurves `json:"variants"`
	KnownBest TaskCurves            `json:"known_best,omitempty"`
}

// TaskCurves are curves by task.
type TaskCurves map[string][]auroc.Point

func (m *Metrics) put(key groupKey, score TaskScore) {
	if key.source == sourceBest && m.KnownBest == nil {
		m.KnownBest = &Scores{Tasks: map[string]TaskScore{}}
	}
	to := m.KnownBest
	if key.source == sourceVariant {
		if m.Variants[key.variant] == nil {
			m.Variants[key.variant] = &Scores{Tasks: map[string]TaskScore{}}
		}
		to = m.Variants[key.variant]
	}
	to.Tasks[key.task] = score
}

func (c *Curves) put(key groupKey, curve []auroc.Point) {
	if key.source == sourceBest && c.KnownBest == nil {
		c.KnownBest = TaskCurves{}
	}
	to := c.KnownBest
	if key.source == sourceVariant {
		if c.Variants[key.variant] == nil {
			c.Variants[key.variant] = TaskCurves{}
		}
		to = c.Variants[key.variant]
	}
	to[key.task] = curve
}

// average fills the macro averages.
func (m *Metrics) average() {
	for _, scores := range m.Variants {
		scores.average()
	}
	if m.KnownBest != nil {
		m.KnownBest.average()
	}
}

// average sums in the order of the names, so that its bits do not move.
func (s *Scores) average() {
	var mean auroc.Mean
	for _, task := range slices.Sorted(maps.Keys(s.Tasks)) {
		if value := s.Tasks[task].AUROC; value != nil {
			mean.Add(*value, true)
		}
	}
	s.MacroAUROC = optional(mean.Value, mean.Used > 0)
}

// writeJSON writes an artifact file; encoding/json orders the keys of maps.
func writeJSON(out *shard.Writer, name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return writeFile(out, name, append(data, '\n'))
}

func writeFile(out *shard.Writer, name string, data []byte) error {
	file, err := out.File(name)
	if err != nil {
		return err
	}
	defer file.Abort()
	if _, err := file.Write(data); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return file.Commit()
}

// readJSON reads a file of a dataset.
func readJSON(ctx context.Context, d *shard.Dataset, name string, into any) error {
	file, err := d.OpenFile(ctx, name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := json.NewDecoder(file).Decode(into); err != nil {
		return exit.Errorf(exit.BadData, "%s: %s is not the JSON of this version; make it again", d.URI(), name)
	}
	return nil
}
