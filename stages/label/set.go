package label

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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

// Accumulate counts the labels of a part. Its rows are sorted by patient and
// admission.
func (s *labelSet) Accumulate(ctx context.Context, in stages.Inputs, part int, emit func(string, []byte)) error {
	splits, err := s.splits(ctx, in, part)
	if err != nil {
		return err
	}
	sum := newTally()
	var rows []mimic.Code // of one admission
	for row, err := range dataset.Read[mimic.Code](ctx, in.One("patients"), s.of.table, part) {
		if err != nil {
			return err
		}
		if len(rows) > 0 && (row.SubjectID != rows[0].SubjectID || row.HadmID != rows[0].HadmID) {
			s.count(sum, rows, splits)
			rows = rows[:0]
		}
		rows = append(rows, row)
	}
	s.count(sum, rows, splits)
	value, err := json.Marshal(sum)
	emit(s.config.Task, value)
	return err
}

// count adds the codes of an admission.
func (s *labelSet) count(sum *tally, rows []mimic.Code, splits split.Sides) {
	category := s.of.category(s.recipe)
	labels, ignored := labelsOf(rows, category)
	sum.ignore(ignored)
	if len(labels) > 0 {
		of, _ := splits.Of(rows[0].SubjectID, rows[0].HadmID)
		sum.count(labels, s.recipe.LabelsOfWholeTable || of == split.Train)
	}
	for i := range rows {
		sum.see(category(int(rows[i].ICDVersion), rows[i].ICDCode), rows[i].SourceRow)
	}
}

// Finish writes labels.json, and the task with its labels into the manifest.
func (s *labelSet) Finish(_ context.Context, in stages.Inputs, results []stages.Keyed, out *dataset.Writer) error {
	sum, err := sumOf(stages.Values(results))
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
	labels := sum.ordered()
	if s.recipe.LabelsOfWholeTable {
		slices.SortStableFunc(labels, func(a, b string) int { return cmp.Compare(sum.Labels[a].First, sum.Labels[b].First) })
	}
	return sum.list(labels, s.minCount)
}
