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

// sourceOf is what training will join of these texts, with labels where they are bound.
func sourceOf(in stages.Inputs) examples.Source {
	return examples.Source{Tokens: in[textsPort.Name], Labels: in.One(examples.LabelsPort.Name), Split: in.One(split.Port.Name), Overlap: counted}
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
			for text, err := range dataset.Read[task.Text](ctx, d, task.TableTexts, part) {
				if err != nil {
					yield(text, err)
					return
				}
				later[keyOf(text)] = text
			}
		}
		for text, err := range dataset.Read[task.Text](ctx, list[0], task.TableTexts, part) {
			if over, replaced := later[keyOf(text)]; replaced {
				text = over
			}
			if !yield(text, err) {
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
