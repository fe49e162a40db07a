package examples

import (
	"context"
	"iter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/task"
)

// untokenized stands for the input_ids of a text that has none yet: none at all would
// take it away.
var untokenized = []int32{0}

// textsIn are the texts of a part: the rows of tokens or, of texts, what their tokens
// will be joined by. Who counts examples before there is a tokenizer gives texts.
func textsIn(ctx context.Context, d *dataset.Dataset, part int) iter.Seq2[task.Tokens, error] {
	if d.Manifest.Kind != task.KindTexts {
		return dataset.Read[task.Tokens](ctx, d, task.TableTokens, part)
	}
	return func(yield func(task.Tokens, error) bool) {
		for text, err := range dataset.Read[textKey](ctx, d, task.TableTexts, part) {
			row := task.Tokens{TextID: text.TextID, SubjectID: text.SubjectID, HadmID: text.HadmID}
			if !text.Withdrawn {
				row.InputIDs = untokenized
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// textKey is what is read of a text.
type textKey struct {
	TextID    string `parquet:"text_id,plain"`
	SubjectID int64  `parquet:"subject_id"`
	HadmID    int64  `parquet:"hadm_id,optional"`
	Withdrawn bool   `parquet:"withdrawn"`
}
