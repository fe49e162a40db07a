package tokenize

import (
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(stages.Spec{
		Name:    "tokenize.texts",
		Version: 1,
		Doc: "Turns texts into token ids: one row a text. input_ids is unpadded and cut at max_length. " +
			"A text that is withdrawn keeps its row, without input_ids; one that is empty keeps it too, with BOS and EOS alone.",
		In: []stages.Port{
			{Name: "texts", Kind: task.KindTexts, Sharded: true, Tables: []string{task.TableTexts}, Doc: "the texts"},
			tokenizerPort,
		},
		Out: stages.Output{Kind: task.KindTextTokens, Tables: []string{task.TableTextTokens}},
	}, newTexts)
}

// TextsConfig is the configuration of tokenize.texts.
type TextsConfig struct {
	Options
}

type texts struct{ *encoding }

func newTexts(_ *stages.Environment, config TextsConfig) (stages.Map, error) {
	t, err := newEncoding(config.Options)
	return &texts{t}, err
}

// Part writes the tokens of a part's texts.
func (x *texts) Part(ctx context.Context, in stages.Inputs, part int, out *dataset.PartWriter) error {
	return x.tokenize(ctx, in, out, func(w *writer) error {
		for row, err := range dataset.Read[task.Text](ctx, in.One("texts"), task.TableTexts, part) {
			if err != nil {
				return err
			}
			out.Count("read", 1)
			tokens := task.TextTokens{TextID: row.TextID, SubjectID: row.SubjectID, HadmID: row.HadmID}
			if err := w.write(tokens, row.Text, row.Withdrawn); err != nil {
				return err
			}
		}
		return nil
	})
}

// tokenize calls write with a writer of a part's tokens.
func (t *encoding) tokenize(ctx context.Context, in stages.Inputs, out *dataset.PartWriter, write func(*writer) error) error {
	encoder, err := t.encoder(ctx, in)
	if err != nil {
		return err
	}
	defer t.encoders.Put(encoder)
	rows, err := dataset.Rows[task.TextTokens](out, task.TableTextTokens)
	if err != nil {
		return err
	}
	return write(&writer{encoding: t, encoder: encoder, out: out, rows: rows})
}

// writer writes the tokens of one part and counts them.
type writer struct {
	encoding *encoding
	encoder  tokenizer.Encoder
	out      *dataset.PartWriter
	rows     *dataset.RowWriter[task.TextTokens]
	ids      []int32 // of the last text; a row keeps a copy of its length
}

// write fills in the ids of a text and writes the row.
func (w *writer) write(row task.TextTokens, text string, withdrawn bool) error {
	if withdrawn {
		w.out.Count("withdrawn", 1)
		return w.rows.Write(row)
	}
	ids, cut := w.encoding.inputIDs(w.ids[:0], w.encoder, text)
	w.ids = ids
	row.InputIDs, row.NTokens = slices.Clone(ids), int32(len(ids))
	w.out.Count("kept", 1)
	w.out.Count("tokens", int64(len(ids)))
	if cut {
		w.out.Count("truncated", 1)
	}
	return w.rows.Write(row)
}
