package label

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterReduce(stages.Spec{
		Name:    "label.set",
		Version: 2,
		Doc: "Lists the labels of label.diagnoses or label.procedures: the categories of codes that at least min_count admissions of train patients have. " +
			"The other patients have no say in the list. By the quirk labels_of_whole_table, which core has, it lists all categories in the order of their first rows, without a split. " +
			"A label counts once an admission, with or without a discharge summary. The task in the manifest lists the labels by number, labels.json has their counts too. " +
			"The manifest counts admissions with a code, distinct_codes (categories) and pairs of the two over all patients and before the minimum, the labels that are left, and codes_ignored: rows that have no code, one of another ICD version, or one without an equivalent in that of icd; labels.json lists these codes with their rows under unmapped.",
		In: []stages.Port{
			{
				Name: "patients", Kind: mimic.KindPatients, Sharded: true,
				Tables: []string{mimic.TableDiagnoses, mimic.TableProcedures}, Doc: "diagnoses and procedures",
			},
			optional(split.Port),
		},
		Out: stages.Output{Kind: task.KindLabelSet},
	}, newLabelSet)
}

// SetConfig is the configuration of label.set.
type SetConfig struct {
	Task string `json:"task" enum:"diag,proc" doc:"diag lists diagnoses, proc procedures"`
	recipe.Codes
	// Ten train admissions leave val and test some three positives: below, a
	// label can neither be learnt nor measured.
	MinCount *int `json:"min_count,omitempty" min:"1" unit:"admissions" doc:"admissions of train patients that a label must have, 10 where it is left out; with fewer than some ten it can be neither learnt nor measured; labels_of_whole_table has no minimum"`
}

// fewest are the train admissions that a label must have where nothing else is said.
const fewest = 10

// optional is a port that not every recipe needs.
func optional(p stages.Port) stages.Port {
	p.Optional = true
	return p
}

// SetFile is the file of a label set.
const SetFile = "labels.json"

// Counted is what labels.json lists: the labels in the order of their numbers, which
// is that of their texts, and of their first rows where the whole table is listed.
type Counted struct {
	MinCount int      `json:"min_count"` // train admissions a label must have
	Labels   []string `json:"labels"`
	Counts   []int64  `json:"counts"` // train admissions of each label, all where the whole table is listed
	// Unmapped are the codes without a label, each behind its version of ICD, such as
	// 10:Y828, with the number of their rows.
	Unmapped map[string]int64 `json:"unmapped,omitempty"`
}

type labelSet struct {
	config   SetConfig
	of       codeTask
	recipe   recipe.Recipe
	minCount int
}

func newLabelSet(_ *stages.Environment, config SetConfig) (stages.Reduce, error) {
	of, known := codeTasks[config.Task]
	if !known {
		return nil, exit.Errorf(exit.Usage, "label.set: no task %q, only diag and proc", config.Task)
	}
	r, err := config.New()
	s := &labelSet{config, of, r, fewest}
	switch {
	case err != nil:
		return nil, err
	case r.LabelsOfWholeTable && config.MinCount != nil:
		return nil, exit.Errorf(exit.Usage, "min_count: the recipe %s lists every label of the table; leave min_count out", config.Name())
	case r.LabelsOfWholeTable:
		s.minCount = 0
	case config.MinCount != nil:
		s.minCount = *config.MinCount
	}
	return s, nil
}

// Check asks for the split where the recipe goes by it, and for none where it does not.
func (s *labelSet) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return stages.FaultOf("in."+split.Port.Name, s.splitFits(in.One(split.Port.Name) != nil))
}

func (s *labelSet) splitFits(given bool) error {
	switch {
	case given && s.recipe.LabelsOfWholeTable:
		return exit.Errorf(exit.Usage, "the recipe %s lists the labels of all patients, whatever their split; leave the port out", s.config.Name())
	case !given && !s.recipe.LabelsOfWholeTable:
		return exit.Errorf(exit.Usage, "the recipe %s lists the labels that train patients have; give it the split that the model is trained with", s.config.Name())
	}
	return nil
}

// splits are those of the patients of a part, none where they do not count.
func (s *labelSet) splits(ctx context.Context, in stages.Inputs, part int) (map[int64]string, error) {
	d := in.One(split.Port.Name)
	if err := s.splitFits(d != nil); err != nil || d == nil {
		return nil, err
	}
	return split.Part(ctx, d, part)
}

// Accumulate counts the labels of a part. Its rows are sorted by patient and
// admission.
func (s *labelSet) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	splits, err := s.splits(ctx, in, part)
	if err != nil {
		return err
	}
	sum, category := newTally(), s.of.category(s.recipe)
	count := func(rows []mimic.Code) { // of one admission
		labels, ignored := labelsOf(rows, category)
		sum.ignore(ignored)
		if len(labels) > 0 {
			sum.count(labels, s.recipe.LabelsOfWholeTable || splits[rows[0].SubjectID] == split.Train)
		}
		for i := range rows {
			sum.see(category(int(rows[i].ICDVersion), rows[i].ICDCode), rows[i].SourceRow)
		}
	}
	var rows []mimic.Code
	for row, err := range dataset.Read[mimic.Code](ctx, in.One("patients"), s.of.table, part) {
		if err != nil {
			return err
		}
		if len(rows) > 0 && (row.SubjectID != rows[0].SubjectID || row.HadmID != rows[0].HadmID) {
			count(rows)
			rows = rows[:0]
		}
		rows = append(rows, row)
	}
	count(rows)
	value, err := json.Marshal(sum)
	emit(s.config.Task, value)
	return err
}

// Merge adds the tallies of the parts.
func (s *labelSet) Merge(_ context.Context, _ stages.Inputs, _ string, accumulators [][]byte) ([]byte, error) {
	sum, err := sumOf(accumulators)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sum)
}

// Finish writes labels.json, and the task with its labels into the manifest.
func (s *labelSet) Finish(_ context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	values := make([][]byte, len(results))
	for i, r := range results {
		values[i] = r.Value
	}
	sum, err := sumOf(values)
	if err != nil {
		return err
	}
	list := s.list(sum)
	if len(list.Labels) == 0 {
		return exit.Errorf(exit.BadData, "no label has %d admissions of train patients; lower min_count of label.set, or give it more patients", max(1, s.minCount))
	}
	sum.record(out)
	out.Count("labels", int64(len(list.Labels)))
	t := s.task(list.Labels)
	t.Release = mimic.ReleaseOf(in.One("patients")).String()
	if d := in.One(split.Port.Name); d != nil {
		rule, err := split.RuleOf(d)
		if err != nil {
			return err
		}
		t.Split = rule.String()
	}
	return errors.Join(out.SetAttribute(task.Attribute, t), out.SetAttribute(recipe.Attribute, s.config.Made()), out.WriteJSON(SetFile, list))
}

func (s *labelSet) task(labels []string) task.Task {
	return task.Task{Name: s.config.Task, Kind: task.Multilabel, Labels: labels, Recipe: s.config.Name(), Texts: onAdmission}
}

// list is the labels that enough train admissions have, ordered as text, or all in the
// order of their first rows.
func (s *labelSet) list(sum *tally) Counted {
	list, labels := Counted{MinCount: s.minCount, Unmapped: sum.Unmapped}, slices.Sorted(maps.Keys(sum.Labels))
	if s.recipe.LabelsOfWholeTable {
		slices.SortStableFunc(labels, func(a, b string) int { return cmp.Compare(sum.Labels[a].First, sum.Labels[b].First) })
	}
	for _, label := range labels {
		if n := sum.Labels[label].Train; n >= int64(s.minCount) {
			list.Labels, list.Counts = append(list.Labels, label), append(list.Counts, n)
		}
	}
	return list
}
