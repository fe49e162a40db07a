package tokenize

import (
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
	"github.com/clinflow/clinflow/task"
)

// tokenWriter writes the tokens of one part and counts them.
type tokenWriter struct {
	tokenizer *tokenizer
	encoder   *hf.Encoder
	out       *dataset.PartWriter
	rows      *dataset.RowWriter[task.Tokens]
	ids       []int32 // of the last text; a row keeps a copy of its length
}

func newTokenWriter(t *tokenizer, e *hf.Encoder, out *dataset.PartWriter) (*tokenWriter, error) {
	rows, err := dataset.Rows[task.Tokens](out, task.TableTokens)
	return &tokenWriter{tokenizer: t, encoder: e, out: out, rows: rows}, err
}

// write fills in the ids of text and writes the row.
func (w *tokenWriter) write(row task.Tokens, text string) error {
	ids, cut := w.tokenizer.inputIDs(w.ids[:0], w.encoder, text)
	w.ids = ids
	row.InputIDs, row.NTokens = slices.Clone(ids), int32(len(ids))
	w.out.Count("kept", 1)
	w.out.Count("kept."+row.Split, 1)
	w.out.Count("tokens", int64(len(ids)))
	if cut {
		w.out.Count("truncated", 1)
	}
	return w.rows.Write(row)
}
