package virtual

import (
	"errors"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
)

// FileName is the file's tensor: the virtual tokens, or what an encoder makes of them.
const FileName = "prompt_embeddings"

// Encoded are virtual tokens [tokens, columns] that network makes in a new adapter. The
// file has what it made: an adapter of a file has no network, and cannot be trained.
func (t Tokens) Encoded(tensors *adapter.Tensors, columns int, network func(Encoder) Make) (Make, error) {
	if tensors.Saved() && tensors.Mode() == graph.Trainable {
		return nil, errors.New(FileName + ": is the output of the adapter's encoder, which PEFT does not save; use the adapter frozen, or train a new one")
	}
	if tensors.Saved() {
		return All(tensors.Add(FileName, adapter.Zeros, t.NumVirtualTokens, columns)), nil
	}
	rows := network(Encoder{tensors})
	tensors.Compute(FileName, rows)
	return rows, nil
}

// Before is a method that puts trained rows before the embedded tokens of each text.
type Before struct {
	adapter.Unchanged
	Tokens int
	Rows   Make // [tokens, hidden]
}

// VirtualTokens implements adapter.Method.
func (b *Before) VirtualTokens() int { return b.Tokens }

// Embed implements adapter.Method.
func (b *Before) Embed(g *graph.Graph, x *graph.Node) *graph.Node {
	return g.Prepend(g.RepeatRows(b.Rows(g)), x)
}
