package before

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterReduce(stages.Spec{
		Name:    "label.vocab",
		Version: 1,
		Doc: "Lists the labels of label.diagnoses or label.procedures: the categories of codes that at least min_count admissions of train patients have, in labels.json. " +
			"The other patients have no say in the list. A label counts once an admission, with or without a discharge summary. " +
			"The manifest counts admissions with a code, distinct_codes (categories) and pairs of the two over all patients and before the minimum, the labels that are left, and codes_ignored: rows that have no code, or one of another ICD version.",
		In: []stages.Port{{
			Name: "patients", Kind: mimic.KindPatients, Sharded: true,
			Tables: []string{mimic.TableDiagnoses, mimic.TableProcedures}, Doc: "diagnoses and procedures",
		}},
		Out: stages.Output{Kind: task.KindVocabulary},
	}, newVocab)
}

// VocabConfig is the configuration of label.vocab.
type VocabConfig struct {
	Task string `json:"task" enum:"diag,proc" doc:"diag lists diagnoses, proc procedures"`
	Cohort
	// Ten train admissions leave val and test some three positives: below, a
	// label can neither be learnt nor measured.
	MinCount int `json:"min_count" default:"10" min:"1" unit:"admissions" doc:"admissions of train patients that a label must have; with fewer than some ten it can be neither learnt nor measured"`
}

type vocab struct {
	config   VocabConfig
	table    string
	category Category
}

func newVocab(_ *stages.Environment, config VocabConfig) (stages.Reduce, error) {
	task, known := codeTasks[config.Task]
	if !known {
		return nil, exit.Errorf(exit.Usage, "label.vocab: no task %q, only diag and proc", config.Task)
	}
	r, err := recipeNamed(config.Recipe)
	if err != nil {
		return nil, err
	}
	return &vocab{config, task.table, task.category(r)}, nil
}

// Accumulate counts the labels of a part. Its rows are sorted by patient and
// admission.
func (v *vocab) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	sum := newTally()
	var rows []mimic.Code // of one admission
	for row, err := range dataset.Read[mimic.Code](ctx, in.One("patients"), v.table, part) {
		if err != nil {
			return err
		}
		if len(rows) > 0 && stayOf(row) != stayOf(rows[0]) {
			v.count(sum, rows)
			rows = rows[:0]
		}
		rows = append(rows, row)
	}
	v.count(sum, rows)
	value, err := json.Marshal(sum)
	emit(v.config.Task, value)
	return err
}

// count adds the labels of an admission's codes.
func (v *vocab) count(sum *tally, rows []mimic.Code) {
	labels, ignored := v.category.labels(rows)
	sum.Ignored += ignored
	if len(labels) > 0 {
		sum.count(labels, v.config.splitOf(rows[0].SubjectID) == "train")
	}
}

// Merge adds the tallies of the parts.
func (v *vocab) Merge(_ context.Context, _ stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	sum, err := sumOf(accumulators)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sum)
}

// Finish writes labels.json.
func (v *vocab) Finish(_ context.Context, _ stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	values := make([][]byte, len(results))
	for i, r := range results {
		values[i] = r.Value
	}
	sum, err := sumOf(values)
	if err != nil {
		return err
	}
	sum.record(out)
	list := v.list(sum)
	out.Count("labels", int64(len(list.Labels)))
	return list.Write(out)
}

// Task is what the labels are of.
func (v *vocab) Task(stages.Task) stages.Task {
	return stages.Task{Name: v.config.Task, MultiLabel: true}
}

// list is the labels that enough train admissions have, ordered as text.
func (v *vocab) list(sum *tally) vocabulary.Vocabulary {
	c := v.config
	list := vocabulary.Vocabulary{Task: c.Task, Recipe: c.Recipe, Split: c.Split, SplitSeed: c.SplitSeed, MinCount: c.MinCount}
	for _, label := range slices.Sorted(maps.Keys(sum.Labels)) {
		if n := sum.Labels[label].Train; n >= int64(c.MinCount) {
			list.Labels, list.Counts = append(list.Labels, label), append(list.Counts, n)
		}
	}
	return list
}
