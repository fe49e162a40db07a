package eval

import (
	"maps"
	"slices"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/task"
)

// The files of a metrics dataset.
const (
	MetricsName = "metrics.json"
	CurvesName  = "roc.json"
)

// Metrics is metrics.json. Variants are those of training; beside them stand
// the baseline, which each should beat, and the best possible model, which none can.
type Metrics struct {
	Split     string             `json:"split"`
	Recipe    string             `json:"recipe"` // which AUROC counts where a task has two
	Tasks     map[string]Task    `json:"tasks"`
	Variants  map[string]*Scores `json:"variants"`
	Baseline  *Scores            `json:"baseline,omitempty"`
	KnownBest *Scores            `json:"known_best,omitempty"`
	Interval  *IntervalSettings  `json:"interval,omitempty"` // of all intervals; none where they were not asked for
}

// Task is what was measured, as the manifests of the predictions tell it.
type Task struct {
	Kind      task.Kind `json:"kind"`
	NumLabels int       `json:"num_labels"`
	Labels    []string  `json:"labels,omitempty"` // their names by number; a multilabel task has too many
	Recipe    string    `json:"recipe,omitempty"`
	Split     string    `json:"split,omitempty"` // how patients were split
	Release   string    `json:"release,omitempty"`
	// SharedPatients are in more than one split, which the configuration allowed.
	SharedPatients smallcell.Count `json:"shared_patients,omitempty"`
}

func taskMeasured(of task.Task, show bool) Task {
	t := Task{Kind: of.Kind, NumLabels: of.NumLabels(), Recipe: of.Recipe, Split: of.Split, Release: of.Release, SharedPatients: smallcell.Count(of.SharedPatients)}
	if !show {
		t.SharedPatients = smallcell.Of(of.SharedPatients)
	}
	if !of.Multilabel() {
		t.Labels = of.Labels
	}
	return t
}

// Scores are a variant's. MacroAUROC is the mean over the tasks that have an
// AUROC, null where none has, and TasksAveraged their number: means over
// different tasks must not be compared.
type Scores struct {
	MacroAUROC    *float64             `json:"macro_auroc"`
	MacroInterval *Interval            `json:"macro_interval,omitempty"` // over the same draws of patients in every task
	TasksAveraged int                  `json:"tasks_averaged"`
	Tasks         map[string]TaskScore `json:"tasks"`
}

// TaskScore is a variant's measure on one task. AUROC is null where the examples
// hold no pair to compare. Positives counts pairs of an example and a class that
// it has; of a binary task that is the positive examples. A class is used where
// some examples have it and others do not; a binary task has one to use.
type TaskScore struct {
	AUROC          *float64          `json:"auroc"`
	N              smallcell.Count   `json:"n"`
	Positives      smallcell.Count   `json:"positives"`
	ClassesUsed    int               `json:"classes_used"`
	ClassesSkipped int               `json:"classes_skipped"`
	ClassCounts    []smallcell.Count `json:"class_counts,omitempty"` // multiclass: examples by class
	// SmallCells says that the AUROC is of fewer than ten on one side: it has two
	// digits or one (Coarse) and no curve.
	SmallCells bool `json:"small_cells,omitempty"`
	// Measure says which of the two below AUROC is, where a task has two.
	Measure   string   `json:"measure,omitempty"`
	OneVsOne  *float64 `json:"auroc_ovo,omitempty"`
	OneVsRest *float64 `json:"auroc_ovr,omitempty"`
	Softmax   *float64 `json:"auroc_softmax,omitempty"`
	Sigmoid   *float64 `json:"auroc_sigmoid,omitempty"`
	// Patients are those whose examples these are.
	Patients smallcell.Count `json:"patients,omitzero"`
	// Interval is AUROC's, by a bootstrap over patients; none where fewer than two
	// patients are on one side. DeLong's takes examples for independent: it stands
	// beside, of a binary task.
	Interval *Interval `json:"interval,omitempty"`
	DeLong   *Interval `json:"delong,omitempty"`

	// Micro is over all pairs of an example and a class as if they were of one class,
	// Weighted a mean over the classes that are used, by their positives. A binary task has
	// neither. Both are of the scores that AUROC is of; of a multiclass task the classes
	// are one-versus-rest.
	MicroAUROC    *float64 `json:"auroc_micro,omitempty"`
	WeightedAUROC *float64 `json:"auroc_weighted,omitempty"`
	// AUPRC is the average precision, of a task with more than two classes the mean over
	// the classes that are used. Chance has Prevalence.
	AUPRC         *float64 `json:"auprc,omitempty"`
	MicroAUPRC    *float64 `json:"auprc_micro,omitempty"`
	WeightedAUPRC *float64 `json:"auprc_weighted,omitempty"`
	// Prevalence is the share of positive examples, of a multilabel task that of all pairs
	// of an example and a label. A multiclass task has none.
	Prevalence    *float64       `json:"prevalence,omitempty"`
	Probabilities *Probabilities `json:"probabilities,omitempty"`
	// Calibration and AtThreshold come of val: they are left out where the predictions
	// hold no val or val itself is measured, and where fewer than ten of val's examples have
	// a class, or have it not.
	Calibration *Calibration `json:"calibration,omitempty"`
	// AtHalf takes the likeliest class, of a multilabel task each label above one half.
	// AtThreshold takes what is at or above the threshold that has the highest F1 on val,
	// of a multilabel task micro F1 and one threshold for all labels. A multiclass task has
	// no threshold.
	AtHalf      *Decisions `json:"at_half,omitempty"`
	AtThreshold *Decisions `json:"at_threshold,omitempty"`
}

// Curves is roc.json: points for plots, thinned out. Of a task with more than two
// classes it is the vertical mean over the classes.
type Curves = ByVariant[[]auroc.Point]

// TaskCurves are curves by task.
type TaskCurves = map[string][]auroc.Point

func (m *Metrics) put(key predictions.Key, score TaskScore) {
	m.of(key).Tasks[key.Task] = score
}

// of is where the scores of a key stand.
func (m *Metrics) of(key predictions.Key) *Scores {
	empty := &Scores{Tasks: map[string]TaskScore{}}
	switch key.Port {
	case predictions.PortBaseline:
		if m.Baseline == nil {
			m.Baseline = empty
		}
		return m.Baseline
	case predictions.PortBest:
		if m.KnownBest == nil {
			m.KnownBest = empty
		}
		return m.KnownBest
	}
	if m.Variants[key.Variant] == nil {
		m.Variants[key.Variant] = empty
	}
	return m.Variants[key.Variant]
}

// average fills the macro averages.
func (m *Metrics) average() {
	for _, scores := range m.Variants {
		scores.average()
	}
	for _, scores := range []*Scores{m.Baseline, m.KnownBest} {
		if scores != nil {
			scores.average()
		}
	}
}

// average sums in the order of the names, so that its bits do not move.
func (s *Scores) average() {
	var mean auroc.Mean
	for _, name := range s.Averaged() {
		mean.Add(*s.Tasks[name].AUROC, true)
	}
	s.MacroAUROC, s.TasksAveraged = Optional(mean.Value, mean.Used > 0), mean.Used
}

// Averaged are the tasks that have an AUROC, in the order of their names.
func (s *Scores) Averaged() []string {
	var tasks []string
	for _, name := range slices.Sorted(maps.Keys(s.Tasks)) {
		if s.Tasks[name].AUROC != nil {
			tasks = append(tasks, name)
		}
	}
	return tasks
}
