package tokenize

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "tokenize.examples",
		Version: 2,
		Doc: "Turns the examples of a task into token ids: one row an example, with its example_id, split, label and labels. " +
			"input_ids is unpadded and cut at max_length. An example without text keeps its row, with BOS alone.",
		In: []stages.Port{
			{Name: "examples", Kind: task.KindExamples, Sharded: true, Tables: []string{task.TableExamples}, Doc: "the labelled examples"},
			tokenizerPort,
		},
		Out: stages.Output{Kind: task.KindTokens, Tables: []string{task.TableTokens}},
	}, newExamples)
}

// ExamplesConfig is the configuration of tokenize.examples.
type ExamplesConfig struct {
	Options
}

type examples struct{ *encoding }

func newExamples(_ *stages.Environment, config ExamplesConfig) (stages.Map, error) {
	t, err := newEncoding(config.Options)
	return &examples{t}, err
}

// Part writes the tokens of a part's examples.
func (x *examples) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	encoder, err := x.encoder(ctx, in)
	if err != nil {
		return err
	}
	defer x.encoders.Put(encoder)
	w, err := newTokenWriter(x.encoding, encoder, out)
	if err != nil {
		return err
	}
	for e, err := range dataset.Read[task.Example](ctx, in.One("examples"), task.TableExamples, part) {
		if err != nil {
			return err
		}
		out.Count("read", 1)
		row := task.Tokens{ExampleID: e.ExampleID, SubjectID: e.SubjectID, Split: e.Split, Label: e.Label, Labels: e.Labels}
		if err := w.write(row, e.Text); err != nil {
			return err
		}
	}
	return nil
}
