package card

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/task"
)

// indexTimes are the index times of a part's labels: of a text, or of all of an
// admission.
type indexTimes struct {
	byText      map[textKey]dataset.Time
	byAdmission map[[2]int64]dataset.Time
}

func (t indexTimes) of(text task.Text) dataset.Time {
	if own, labelled := t.byText[keyOf(text)]; labelled {
		return own
	}
	return t.byAdmission[[2]int64{text.SubjectID, text.HadmID}]
}

func indexTimesIn(ctx context.Context, in stages.Inputs, part int) (indexTimes, error) {
	t := indexTimes{map[textKey]dataset.Time{}, map[[2]int64]dataset.Time{}}
	for row, err := range dataset.Read[task.Label](ctx, in.One(examples.LabelsPort.Name), task.TableLabels, part) {
		switch {
		case err != nil:
			return t, err
		case row.TextID != "":
			t.byText[textKey{row.SubjectID, row.TextID}] = row.PredictionTime
		default:
			t.byAdmission[[2]int64{row.SubjectID, row.HadmID}] = row.PredictionTime
		}
	}
	return t, nil
}

// tokenized is what is read of tokens.
type tokenized struct {
	TextID    string `parquet:"text_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	NTokens   int32  `parquet:"n_tokens"`
}

// lengthsIn are the lengths of a part's tokens, those of a later dataset in the places of
// an earlier one's.
func lengthsIn(ctx context.Context, list []*dataset.Dataset, part int) (map[textKey]int32, error) {
	if len(list) == 0 {
		return nil, nil
	}
	lengths := map[textKey]int32{}
	for _, d := range list {
		for row, err := range dataset.Read[tokenized](ctx, d, task.TableTokens, part) {
			if err != nil {
				return nil, err
			}
			lengths[textKey{row.SubjectID, row.TextID}] = row.NTokens
		}
	}
	return lengths, nil
}

// groupsIn are the groups of equal texts by their texts; nil where they are not bound.
func groupsIn(ctx context.Context, in stages.Inputs) (map[textKey]int, error) {
	d := in.One(portDuplicates)
	if d == nil {
		return nil, nil
	}
	var list Duplicates
	if err := d.ReadJSON(ctx, DuplicatesFile, &list); err != nil {
		return nil, err
	}
	groups := map[textKey]int{}
	for g, members := range list.Groups {
		for _, m := range members {
			groups[textKey{m.SubjectID, m.TextID}] = g
		}
	}
	return groups, nil
}
