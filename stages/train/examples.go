package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/task"
)

// examples are the rows of one split, ordered by example_id, so that neither
// part order nor part count shows.
type examples []task.Tokens

// readSplits reads the tokens of the wanted splits after the guard has passed
// the whole dataset and what the models under the stage were trained on. They are
// held in memory, 4 bytes a token: MIMIC-IV's 2.6
// million notes at 128 tokens take 1.4 GB.
func readSplits(ctx context.Context, d *dataset.Dataset, under ancestry, wanted ...string) (map[string]examples, error) {
	guard := splitGuard{under: under}
	out := map[string]examples{}
	for part := range d.Parts() {
		for row, err := range dataset.Read[task.Tokens](ctx, d, "tokens", part) {
			if err != nil {
				return nil, err
			}
			guard.see(row.SubjectID, row.Split)
			if slices.Contains(wanted, row.Split) {
				out[row.Split] = append(out[row.Split], row)
			}
		}
	}
	if err := guard.verdict(d.URI()); err != nil {
		return nil, err
	}
	return out, orderByID(out, d.URI())
}

func orderByID(splits map[string]examples, uri string) error {
	seen := map[string]bool{}
	for _, rows := range splits {
		slices.SortFunc(rows, func(a, b task.Tokens) int { return cmp.Compare(a.ExampleID, b.ExampleID) })
		for _, row := range rows {
			if seen[row.ExampleID] {
				return exit.Errorf(exit.BadData, "%s: an example_id occurs twice, so the order of training would depend on the parts; make example ids unique", uri)
			}
			seen[row.ExampleID] = true
		}
	}
	return nil
}

func (e examples) ids() []string {
	ids := make([]string, len(e))
	for i, row := range e {
		ids[i] = row.ExampleID
	}
	return ids
}

func (e examples) lengths() []int {
	lengths := make([]int, len(e))
	for i, row := range e {
		lengths[i] = len(row.InputIDs)
	}
	return lengths
}

// longest returns the longest document's tokens, 0 where there is none.
func (e examples) longest() int { return slices.Max(append(e.lengths(), 0)) }

// sample is at most n of the examples, all where n is 0: the first by the hash of
// their ids.
func (e examples) sample(n int, seed int64) examples {
	if n == 0 || n >= len(e) {
		return e
	}
	chosen := make(examples, n)
	for i, at := range hashOrder(fmt.Sprintf("max_val:%d:", seed), e.ids())[:n] {
		chosen[i] = e[at]
	}
	return chosen
}

// predictable leaves out documents of less than two tokens: a language model has
// nothing to predict there.
func (e examples) predictable() examples {
	return slices.DeleteFunc(slices.Clone(e), func(row task.Tokens) bool { return len(row.InputIDs) < 2 })
}

// pooled cuts documents after the token that a classification head reads, so that it
// is their last one: see model.Config.Pooled.
func (e examples) pooled(c model.Config) examples {
	out := slices.Clone(e)
	for i, row := range out {
		out[i].InputIDs = c.Pooled(row.InputIDs)
	}
	return out
}

// checkTokens refuses documents that a model cannot read. A document without a token
// has nothing to classify.
func (e examples) checkTokens(c model.Config) error {
	vocabulary := c.VocabSize
	for _, row := range e {
		if len(row.InputIDs) == 0 {
			return exit.Errorf(exit.BadData, "a document of split %s has no token; let the tokenizer begin each with BOS, or leave empty documents out", row.Split)
		}
		if slices.ContainsFunc(row.InputIDs, func(id int32) bool { return id < 0 || int(id) >= vocabulary }) {
			return exit.Errorf(exit.BadData, "a document of split %s holds a token outside the model's vocabulary of %d; tokenize with the base model's own tokenizer", row.Split, vocabulary)
		}
	}
	return c.CheckLength(e.longest())
}
