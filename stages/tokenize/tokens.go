package tokenize

import (
	"slices"

	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
)

// tokenWriter writes the tokens of one part and counts them.
type tokenWriter struct {
	tokenizer *tokenizer
	encoder   *hf.Encoder
	out       *shard.PartWriter
	rows      *shard.RowWriter[shard.Tokens]
	ids       []int32 // of the last text; a row keeps a copy of its length
}

func newTokenWriter(t *tokenizer, e *hf.Encoder, out *shard.PartWriter) (*tokenWriter, error) {
	rows, err := shard.Rows[shard.Tokens](out, shard.TableTokens)
	return &tokenWriter{tokenizer: t, encoder: e, out: out, rows: rows}, err
}

// write fills in the ids of text and writes the row.
func (w *tokenWriter) write(row shard.Tokens, text string) error {
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
