package subgroups

import (
	"context"
	"strconv"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// noted is what is read of a note.
type noted struct {
	NoteID    string `parquet:"note_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
}

// traitsOf are the traits of each example of a part, in their order. The id of an example
// is that of an admission, or where some are not, of a note.
func traitsOf(ctx context.Context, d *dataset.Dataset, part int, members []predictions.Identity) ([]traits, error) {
	subjects := map[int64]bool{}
	for _, m := range members {
		subjects[m.Subject] = true
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
		if a, ok := p.admissions[admissions[i]]; ok && a.subject == m.Subject {
			list[i] = a.traits
		} else {
			list[i] = p.patients[m.Subject]
		}
	}
	return list, err
}

// admissionsOf are the hadm_ids of examples, 0 of one that belongs to none.
func (p people) admissionsOf(ctx context.Context, d *dataset.Dataset, part int, members []predictions.Identity) ([]int64, error) {
	list := make([]int64, len(members))
	all := true
	for i, m := range members {
		list[i], _ = strconv.ParseInt(m.Example, 10, 64)
		all = all && p.admissions[list[i]].subject == m.Subject
	}
	if all {
		return list, nil
	}
	notes := map[predictions.Identity]int64{}
	for row, err := range dataset.Read[noted](ctx, d, mimic.TableNotes, part) {
		if err != nil {
			return nil, err
		}
		if _, wanted := p.patients[row.SubjectID]; wanted {
			notes[predictions.Identity{Subject: row.SubjectID, Example: row.NoteID}] = row.HadmID
		}
	}
	for i, m := range members {
		if of, ok := notes[m]; ok {
			list[i] = of
		}
	}
	return list, nil
}

// membersOf are whose the examples are, in the order of their scores, and their traits.
func membersOf(ctx context.Context, e predictions.Examples, patients *dataset.Dataset) (members []predictions.Identity, list []traits, err error) {
	members, err = e.Identities(ctx)
	if err != nil {
		return nil, nil, err
	}
	from := 0
	for _, t := range e.Parts {
		of, err := traitsOf(ctx, patients, t.Part, members[from:from+t.N])
		if err != nil {
			return nil, nil, err
		}
		list, from = append(list, of...), from+t.N
	}
	return members, list, nil
}
