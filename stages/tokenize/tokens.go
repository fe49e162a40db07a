package tokenize

import (
	"context"
	"math"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
	"github.com/clinflow/clinflow/task"
)

// tokenize calls write with a writer of a part's tokens.
func (t *encoding) tokenize(ctx context.Context, in stages.Inputs, out *dataset.PartWriter, write func(*writer) error) error {
	encoder, err := t.encoder(ctx, in)
	if err != nil {
		return err
	}
	defer t.encoders.Put(encoder)
	rows, err := dataset.Rows[task.Tokens](out, task.TableTokens)
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
	rows     *dataset.RowWriter[task.Tokens]
	ids      []int32 // of the last text; a row keeps a copy of its length
}

// write fills in the ids of a text and writes the row.
func (w *writer) write(row task.Tokens, text string, withdrawn bool) error {
	if withdrawn {
		w.out.Count(task.CountWithdrawn, 1)
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

// inputIDs appends the ids of a text to ids, which is empty, and says whether the
// text was cut.
func (t *encoding) inputIDs(ids []int32, e tokenizer.Encoder, text string) (_ []int32, cut bool) {
	a := t.around
	room := t.options.MaxLength - len(a.before) - len(a.after)
	limit := room + 1
	if a.left {
		limit = math.MaxInt
	}
	ids = append(ids, a.before...)
	begin := len(ids)
	ids = e.Encode(ids, text, limit)
	more := len(ids) - begin - room
	switch {
	case more > 0 && a.left:
		ids = slices.Delete(ids, begin, begin+more)
	case more > 0:
		ids = ids[:begin+room]
	}
	return append(ids, a.after...), more > 0
}
