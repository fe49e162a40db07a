package trainer

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
)

// The kinds of Packing that cut or join documents.
const (
	packed   = "pack"
	windowed = "window"
)

// Sequences say how a language model reads documents.
type Sequences struct {
	JoinPatients   bool   `json:"join_patients" default:"false" doc:"Make one document of a patient's documents, in their order, before packing: what one tells is known in the next. Give the tokens' step add_eos, so that EOS stands between them."`
	Packing        string `json:"packing" default:"truncate" enum:"truncate,pack,window" doc:"truncate: a document is a sequence, as the tokens have it, cut by max_length of their step. pack: documents stand back to back, each ended by EOS, in sequences of sequence_length; attention and positions stay within a document, and what does not fit goes on in the next sequence as one of its own. window: a document is cut into sequences of sequence_length that overlap by stride. For the last two give the tokens' step a max_length that cuts nothing."`
	SequenceLength int    `json:"sequence_length" default:"128" unit:"tokens" min:"2" doc:"Tokens of a sequence with packing pack or window."`
	Stride         int    `json:"stride" default:"0" unit:"tokens" min:"0" doc:"Tokens that a window shares with the one before it. It reads them and does not predict them again, so that each token is predicted once. As the tokenizers of Hugging Face use the word."`
}

// Check says whether the settings fit together.
func (s Sequences) Check() error {
	if s.Stride >= s.SequenceLength {
		return exit.Errorf(exit.Usage, "stride: is %d, must be below sequence_length %d", s.Stride, s.SequenceLength)
	}
	if s.Stride > 0 && s.Packing != windowed {
		return exit.Errorf(exit.Usage, "stride: is for packing window, which has windows that overlap; leave it out with %s", s.Packing)
	}
	return nil
}

// Of makes sequences of documents, in an order that depends on seed and their ids, and
// leaves out those with nothing to predict.
func (s Sequences) Of(documents examples.Rows, m *model.Model, seed int64) (examples.Rows, error) {
	rows := documents
	if s.JoinPatients {
		rows = joined(rows)
	}
	switch s.Packing {
	case packed:
		eos, err := packable(m)
		if err != nil {
			return nil, err
		}
		rows = s.pack(rows, eos, seed)
	case windowed:
		rows = s.windows(rows)
	}
	rows = Predictable(rows)
	return rows, CheckTokens(rows, m.Limits())
}

// Fits says whether a model takes such sequences; those of truncate are as long as its
// documents.
func (s Sequences) Fits(m *model.Model) error {
	if s.Packing != packed && s.Packing != windowed {
		return nil
	}
	if s.Packing == packed {
		if _, err := packable(m); err != nil {
			return err
		}
	}
	return m.Limits().CheckLength(s.SequenceLength)
}

// joined makes one document of each patient's; they stand one after the other.
func joined(rows examples.Rows) (out examples.Rows) {
	for _, row := range rows {
		if last := len(out) - 1; last >= 0 && out[last].SubjectID == row.SubjectID {
			out[last].InputIDs = append(slices.Clip(out[last].InputIDs), row.InputIDs...)
			continue
		}
		out = append(out, row)
	}
	return counted(out)
}

// packable is the token that ends a packed document.
func packable(m *model.Model) (eos int32, err error) {
	switch ends := m.Special().EOS; {
	case len(ends) == 0:
		return 0, exit.Errorf(exit.Usage, "packing: pack puts EOS between documents, and the model has no eos_token_id in its config.json; add it, or take window")
	case m.Limits().Virtual > 0:
		return 0, exit.Errorf(exit.Usage, "packing: with pack a sequence holds many documents, and the virtual tokens of an adapter stand before one; take truncate or window")
	default:
		return ends[0], nil
	}
}

// pack fills sequence after sequence with documents in the order of a hash.
func (s Sequences) pack(rows examples.Rows, eos int32, seed int64) (out examples.Rows) {
	var open examples.Example
	for _, i := range examples.HashOrder(fmt.Sprintf("pack:%d:", seed), rows.IDs()) {
		for ids := ended(rows[i].InputIDs, eos); len(ids) > 0; {
			if open.InputIDs == nil {
				open = sequence(rows[i], len(out), []int32{})
			}
			n := min(len(ids), s.SequenceLength-len(open.InputIDs))
			open.Starts = append(open.Starts, int32(len(open.InputIDs)))
			open.InputIDs, ids = append(open.InputIDs, ids[:n]...), ids[n:]
			if len(open.InputIDs) == s.SequenceLength {
				out, open = append(out, open), examples.Example{}
			}
		}
	}
	if len(open.InputIDs) > 0 {
		out = append(out, open)
	}
	return counted(out)
}

// ended is a document with EOS at its end.
func ended(ids []int32, eos int32) []int32 {
	if len(ids) == 0 || ids[len(ids)-1] == eos {
		return ids
	}
	return append(slices.Clip(ids), eos)
}

// windows cuts documents that are longer than a sequence.
func (s Sequences) windows(rows examples.Rows) (out examples.Rows) {
	step := s.SequenceLength - s.Stride
	for _, row := range rows {
		for at := 0; at == 0 || at+s.Stride < len(row.InputIDs); at += step {
			window := sequence(row, at/step, row.InputIDs[at:min(at+s.SequenceLength, len(row.InputIDs))])
			if at > 0 {
				window.Context = s.Stride
			}
			out = append(out, window)
		}
	}
	return counted(out)
}

// sequence is an example of a document's tokens, whose place in an epoch follows from the
// document and the number.
func sequence(of examples.Example, number int, ids []int32) examples.Example {
	of.ExampleID, of.InputIDs = fmt.Sprintf("%s#%d", of.ExampleID, number), ids
	return of
}

func counted(rows examples.Rows) examples.Rows {
	for i := range rows {
		rows[i].NTokens = int32(len(rows[i].InputIDs))
	}
	return rows
}

// places fills in what tokens of a batch see and where they stand, for a graph of packed
// documents.
func places(in *graph.Batch, rows examples.Rows, b batch) {
	in.Positions, in.Starts = make([]int32, len(in.InputIDs)), make([]int32, len(in.InputIDs))
	for i, row := range b.rows {
		starts := append(slices.Clip(rows[row].Starts), int32(b.length))
		for at, document := range starts[:len(starts)-1] {
			for token := document; token < starts[at+1]; token++ {
				in.Starts[i*b.length+int(token)] = document
				in.Positions[i*b.length+int(token)] = token - document
			}
		}
	}
}
