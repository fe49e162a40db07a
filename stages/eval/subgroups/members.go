package subgroups

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/eval/predictions"
	"github.com/clinflow/clinflow/task"
)

// noted is what is read of a note.
type noted struct {
	NoteID    string `parquet:"note_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
}

// member is whose an example is.
type member struct {
	subject int64
	example string
}

func (m member) compare(other member) int {
	return cmp.Or(cmp.Compare(m.subject, other.subject), strings.Compare(m.example, other.example))
}

// traitsOf are the traits of each example of a part, in their order. The id of an example
// is that of an admission, or where some are not, of a note.
func traitsOf(ctx context.Context, d *dataset.Dataset, part int, members []member) ([]traits, error) {
	subjects := map[int64]bool{}
	for _, m := range members {
		subjects[m.subject] = true
	}
	p, err := peopleOf(ctx, d, part, func(subject int64) bool { return subjects[subject] })
	if err != nil {
		return nil, err
	}
	if len(p.patients) < len(subjects) {
		return nil, exit.Errorf(exit.BadData, "%s: part %d does not have all patients that the predictions are of; give the patients that these were made from", d.URI(), part)
	}
	admissions, err := p.admissionsOf(ctx, d, part, members)
	list := make([]traits, len(members))
	for i, m := range members {
		if a, ok := p.admissions[admissions[i]]; ok && a.subject == m.subject {
			list[i] = a.traits
		} else {
			list[i] = p.patients[m.subject]
		}
	}
	return list, err
}

// admissionsOf are the hadm_ids of examples, 0 of one that belongs to none.
func (p people) admissionsOf(ctx context.Context, d *dataset.Dataset, part int, members []member) ([]int64, error) {
	list := make([]int64, len(members))
	all := true
	for i, m := range members {
		list[i], _ = strconv.ParseInt(m.example, 10, 64)
		all = all && p.admissions[list[i]].subject == m.subject
	}
	if all {
		return list, nil
	}
	notes := map[member]int64{}
	for row, err := range dataset.Read[noted](ctx, d, mimic.TableNotes, part) {
		if err != nil {
			return nil, err
		}
		if _, wanted := p.patients[row.SubjectID]; wanted {
			notes[member{row.SubjectID, row.NoteID}] = row.HadmID
		}
	}
	for i, m := range members {
		if of, ok := notes[m]; ok {
			list[i] = of
		}
	}
	return list, nil
}

// owned is what is read of a prediction to know whose it is.
type owned struct {
	ExampleID string `parquet:"example_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	Variant   string `parquet:"variant"`
	Split     string `parquet:"split"`
}

// membersOf are whose the examples are, in the order of their scores, and their traits.
func membersOf(ctx context.Context, e predictions.Examples, patients *dataset.Dataset) (members []member, list []traits, err error) {
	for _, t := range e.Parts {
		from := len(members)
		for row, err := range dataset.Read[owned](ctx, e.Dataset, task.TablePredictions, t.Part) {
			if err != nil {
				return nil, nil, err
			}
			if e.Hold(task.Prediction{Split: row.Split, Variant: row.Variant}) {
				members = append(members, member{row.SubjectID, row.ExampleID})
			}
		}
		of, err := traitsOf(ctx, patients, t.Part, members[from:])
		if err != nil {
			return nil, nil, err
		}
		list = append(list, of...)
	}
	return members, list, nil
}
