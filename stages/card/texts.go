package card

import (
	"context"
	"iter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

var textsPort = stages.Port{
	Name: "texts", Kind: task.KindTexts, Sharded: true, Many: true, Tables: []string{task.TableTexts},
	Doc: "The texts. Of several datasets a later one's row takes the place of the row of the same text, or takes it away: list them in the order in which training lists their tokens.",
}

// given are the texts or, where none are bound, the tokens: those of notes have no texts
// of their own.
func given[D any](in map[string][]D) []D {
	if texts := in[textsPort.Name]; len(texts) > 0 {
		return texts
	}
	return in[examples.TokensPort.Name]
}

// sourceOf is what training will join of these texts, with labels where they are bound.
func sourceOf(in stages.Inputs) examples.Source {
	return examples.Source{Tokens: given(in), Labels: in.One(examples.LabelsPort.Name), Split: in.One(split.Port.Name), Overlap: counted}
}

// eachExample calls do with the examples of a part, each with its text, in the order of
// the texts.
func eachExample(ctx context.Context, s examples.Source, part int, counts *examples.Counts, do func(examples.Example, task.Text) error) error {
	pull, stop := iter.Pull2(laid(ctx, s.Tokens, part))
	defer stop()
	for e, err := range s.Part(ctx, part, counts) {
		if err != nil {
			return err
		}
		text, err, more := pull()
		for more && err == nil && keyOf(text) != (textKey{e.SubjectID, e.ExampleID}) { // it is no example
			text, err, more = pull()
		}
		if err != nil {
			return err
		}
		if err := do(e, text); err != nil {
			return err
		}
	}
	return nil
}

// laid are the texts of a part, those of later datasets in the places of the first's.
// The later ones are in memory, which are the few that differ.
func laid(ctx context.Context, list []*dataset.Dataset, part int) iter.Seq2[task.Text, error] {
	return func(yield func(task.Text, error) bool) {
		later := map[textKey]task.Text{}
		for _, d := range list[1:] {
			for text, err := range textsIn(ctx, d, part) {
				if err != nil {
					yield(text, err)
					return
				}
				later[keyOf(text)] = text
			}
		}
		for text, err := range textsIn(ctx, list[0], part) {
			if over, replaced := later[keyOf(text)]; replaced {
				text = over
			}
			if !yield(text, err) {
				return
			}
		}
	}
}

// textsIn are the rows of texts, or the ids of tokens.
func textsIn(ctx context.Context, d *dataset.Dataset, part int) iter.Seq2[task.Text, error] {
	if d.Manifest.Kind == task.KindTexts {
		return dataset.Read[task.Text](ctx, d, task.TableTexts, part)
	}
	return func(yield func(task.Text, error) bool) {
		for row, err := range dataset.Read[tokenized](ctx, d, task.TableTokens, part) {
			if !yield(task.Text{TextID: row.TextID, SubjectID: row.SubjectID}, err) {
				return
			}
		}
	}
}

// textKey tells a text from all others.
type textKey struct {
	subject int64
	id      string
}

func keyOf(t task.Text) textKey { return textKey{t.SubjectID, t.TextID} }
