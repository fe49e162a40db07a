package trainer

import (
	"context"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// HiddenStates are the last token's hidden states of every example of a frozen model,
// computed once, so that epochs of the head alone cost next to nothing. They are kept
// on disk; the device holds those of one batch, in a table. An example's input_ids are
// replaced by one number, that of its state. When a batch runs, its states are copied
// into the table and the number becomes the row in it: the table is an embedding, and
// the head's graph has sequences of one token.
type HiddenStates struct {
	states *Outputs
	table  *graph.Param    // [batch_size, hidden_size]
	values []float32       // of the table
	Rows   []examples.Rows // as given, with input_ids replaced
}

// ComputeHidden computes the hidden states of all splits.
func ComputeHidden(ctx context.Context, env *stages.Environment, name string, m *model.Model, batchSize int, scratch store.Dir, splits ...examples.Rows) (*HiddenStates, error) {
	var all examples.Rows
	h := &HiddenStates{}
	for _, rows := range splits {
		numbered := make(examples.Rows, len(rows))
		for i, row := range rows {
			all = append(all, row)
			row.InputIDs = []int32{int32(len(all) - 1)}
			numbered[i] = row
		}
		h.Rows = append(h.Rows, numbered)
	}
	batchSize = fitting(batchSize, splits...)
	h.table = m.Params().Add("hidden_states", graph.Frozen, batchSize, m.Width())
	if err := m.Params().Err(); err != nil {
		return nil, err
	}
	h.values = make([]float32, h.table.Len())
	states, err := Forward(ctx, env, name+" hidden states", m, batchSize, scratch, all, func(g *graph.Graph) (*graph.Node, error) {
		return m.Pool(g), nil
	})
	h.states = states
	return h, err
}

// load copies the states of a batch into the table. It does nothing where h is nil.
func (h *HiddenStates) load(in *graph.Batch) error {
	if h == nil {
		return nil
	}
	for i, number := range in.InputIDs {
		if err := h.states.Read(int(number), h.values[i*h.states.cols:]); err != nil {
			return err
		}
		in.InputIDs[i] = int32(i)
	}
	return h.table.Upload(kernel.F32s(h.values))
}

// Head is the classification head over the table.
func (h *HiddenStates) Head(head *adapter.Head) func(*graph.Graph) (*graph.Node, error) {
	return func(g *graph.Graph) (*graph.Node, error) {
		return head.Logits(g, g.Embedding(h.table)), nil
	}
}

// Close frees the space on disk.
func (h *HiddenStates) Close() error {
	if h == nil {
		return nil
	}
	return h.states.Close()
}
