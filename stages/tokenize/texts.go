package tokenize

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "tokenize.texts",
		Version: 3,
		Doc: "Turns texts into token ids: one row a text. input_ids is unpadded and cut at max_length. " +
			"A text that is withdrawn keeps its row, without input_ids; one that is empty keeps it too, with its special tokens alone.",
		In: []stages.Port{
			{Name: "texts", Kind: task.KindTexts, Sharded: true, Tables: []string{task.TableTexts}, Doc: "the texts"},
			tokenizerPort,
		},
		Out: stages.Output{Kind: task.KindTokens, Tables: []string{task.TableTokens}},
	}, newTexts)
}

// TextsConfig is the configuration of tokenize.texts.
type TextsConfig struct {
	Options
}

type texts struct{ *encoding }

func newTexts(_ *stages.Environment, config TextsConfig) (stages.Map, error) {
	return &texts{newEncoding(config.Options)}, nil
}

// Texts are those that it takes.
func (x *texts) Texts(in stages.Givers) task.Texts { return in.Texts("texts") }

// Attributes say what the texts are, where these say it.
func (x *texts) Attributes(_ context.Context, in stages.Inputs) (map[string]any, error) {
	t, err := task.TextsOf(in.One("texts"))
	if t.Of == "" || err != nil {
		return nil, err
	}
	return map[string]any{task.TextsAttribute: t}, nil
}

// Part writes the tokens of a part's texts.
func (x *texts) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	return x.tokenize(ctx, in, out, func(w *writer) error {
		for row, err := range dataset.Read[task.Text](ctx, in.One("texts"), task.TableTexts, part) {
			if err != nil {
				return err
			}
			out.Count("read", 1)
			tokens := task.Tokens{TextID: row.TextID, SubjectID: row.SubjectID, HadmID: row.HadmID}
			if err := w.write(tokens, row.Text, row.Withdrawn); err != nil {
				return err
			}
		}
		return nil
	})
}
