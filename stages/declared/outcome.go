package declared

import (
	"context"
	"slices"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

// Outcome is the label of an admission: Label of a binary or multiclass task, Labels of a
// multilabel one, by name, in order and each once.
type Outcome struct {
	Index  dataset.Time // when the model is asked
	Label  int32
	Labels []string
}

// NoIndexTime is the reason why an admission is of no task that is not asked at any time.
const NoIndexTime = "no_index_time"

// Other reasons, beside those of the declaration. What depends on a value that is not
// known has "_unknown" behind its name.
const (
	notInCohort = "not_in_cohort"
	unknown     = "_unknown"
)

// Of is the outcome of an admission, or the reason why there is none. Admissions come in
// the order of their table, each once.
func (t *Task) Of(ctx context.Context, from *Patients, a *mimic.Admission) (o Outcome, dropped string, err error) {
	patient, admission, err := from.of(a)
	if err != nil {
		return o, "", err
	}
	if o, dropped, err = t.ask(ctx, patient, admission, a); err != nil {
		err = exit.Errorf(exit.Of(err), "hadm_id %d: %w", a.HadmID, err)
	}
	return o, dropped, err
}

// ask computes the expressions of the task for an admission of a patient.
func (t *Task) ask(ctx context.Context, patient, admission *record, a *mimic.Admission) (o Outcome, dropped string, err error) {
	if o.Index = t.Index.Time(a, firstIntime(admission)); o.Index == 0 {
		return o, NoIndexTime, nil
	}
	vars := map[string]any{"patient": patient, "admission": admission, "index": types.Timestamp{Time: timeOf(o.Index)}}
	if dropped, err = t.leaves(ctx, vars); dropped != "" || err != nil {
		return o, dropped, err
	}
	value, known, err := t.label.of(ctx, vars)
	if err != nil || !known {
		return o, reasonOf("label", known), err
	}
	return o, "", t.read(value, &o)
}

// Time is when the model is asked of an admission whose first ICU stay begins at
// firstICU, 0 where that is not known.
func (x Index) Time(a *mimic.Admission, firstICU dataset.Time) dataset.Time {
	at := map[string]dataset.Time{"admission": a.Admittime, "discharge": a.Dischtime, "first_icu": firstICU}[x.At]
	if at == 0 {
		return 0
	}
	return at + Hours(x.Hours)
}

func timeOf(t dataset.Time) time.Time { return time.UnixMicro(int64(t)).UTC() }

// Hours is a span of hours.
func Hours(n float64) dataset.Time { return dataset.Time(n * float64(dataset.Hour)) }

// firstIntime is that of the admission's first ICU stay, 0 where there is none.
func firstIntime(admission *record) (first dataset.Time) {
	stays := admission.lists["icustays"].(traits.Lister)
	for i := types.Int(0); i < stays.Size().(types.Int) && first == 0; i++ {
		first = rowOf[mimic.ICUStay](stays.Get(i).(*record)).Intime // they are in the order of time, the unknown before all
	}
	return first
}

// leaves is the reason why an admission is not of the task, "" where it is.
func (t *Task) leaves(ctx context.Context, vars map[string]any) (reason string, err error) {
	if in, known, err := t.cohort.of(ctx, vars); err != nil || !known || in != types.True {
		return reasonOf(notInCohort, known), err
	}
	for _, x := range t.exclusions {
		if out, known, err := x.when.of(ctx, vars); err != nil || !known || out != types.False {
			return reasonOf(x.reason, known), err
		}
	}
	return "", nil
}

func reasonOf(name string, known bool) string {
	if !known {
		return name + unknown
	}
	return name
}

// read reads the value of the label.
func (t *Task) read(value ref.Val, o *Outcome) error {
	switch v := value.(type) {
	case types.Bool:
		if v {
			o.Label = 1
		}
		return nil
	case types.Int:
		if v < 0 || int(v) >= len(t.Label.Names) {
			return exit.Errorf(exit.BadData, "%s: is no number of a class, which are 0 to %d", t.label.key, len(t.Label.Names)-1)
		}
		o.Label = int32(v)
		return nil
	case types.String:
		i := slices.Index(t.Label.Names, string(v))
		if i < 0 {
			return exit.Errorf(exit.BadData, "%s: is none of the names of the task", t.label.key)
		}
		o.Label = int32(i)
		return nil
	}
	for it := value.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		o.Labels = append(o.Labels, string(it.Next().(types.String)))
	}
	slices.Sort(o.Labels)
	o.Labels = slices.Compact(o.Labels)
	return nil
}

// Open says whether the labels are not named in the declaration, but by a label set.
func (t *Task) Open() bool {
	return task.Kind(t.Label.Kind) == task.Multilabel && len(t.Label.Names) == 0
}
