package train

import (
	"context"

	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// hiddenCache holds the last token's hidden state of every example of a frozen
// model, so that epochs of the head alone cost next to nothing. An example's
// input_ids become the one number of its state in the table: the table is an
// embedding, and the head's graph one of sequences of one token.
type hiddenCache struct {
	table *graph.Param // [examples, hidden_size], 4 bytes a number in memory
	rows  []examples   // as given, with input_ids replaced
}

// cacheHidden computes the hidden states of all splits.
func cacheHidden(ctx context.Context, m *model.Model, batchSize int, splits ...examples) (hiddenCache, error) {
	var all examples
	c := hiddenCache{}
	for _, rows := range splits {
		numbered := make(examples, len(rows))
		for i, row := range rows {
			all = append(all, row)
			row.InputIDs = []int32{int32(len(all) - 1)}
			numbered[i] = row
		}
		c.rows = append(c.rows, numbered)
	}
	states, err := forward(ctx, "train.finetune hidden states", m, batchSize, all, func(g *graph.Graph) (*graph.Node, error) {
		return g.LastToken(m.Hidden(g)), nil
	})
	if err != nil {
		return c, err
	}
	c.table = m.Params().Add("hidden_states", graph.Frozen, max(len(all), 1), m.Config().HiddenSize)
	if err := m.Params().Err(); err != nil {
		return c, err
	}
	values := make([]float32, 0, c.table.Len())
	for _, state := range states {
		values = append(values, state...)
	}
	return c, c.table.Upload(kernel.F32s(values[:c.table.Len()]))
}

// head is the classification head over the table.
func (c hiddenCache) head(score *graph.Param) func(*graph.Graph) (*graph.Node, error) {
	return func(g *graph.Graph) (*graph.Node, error) {
		return g.Linear(g.Embedding(c.table), score, nil), nil
	}
}
