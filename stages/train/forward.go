package train

import (
	"context"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// forward computes one output of m for every row, [rows, columns of the output].
// output adds it to a graph; it has one row a sequence. The caller closes what it gets.
func forward(ctx context.Context, name string, m *model.Model, batchSize int, scratch store.Dir, rows examples, output func(*graph.Graph) (*graph.Node, error)) (*outputs, error) {
	if err := rows.checkTokens(m.Config()); err != nil {
		return nil, err
	}
	graphs := newMachines(graph.Options{Batch: batchSize}, func(o graph.Options) (*graph.Graph, *graph.Node, error) {
		g, err := m.Graph(o)
		if err != nil {
			return nil, nil, err
		}
		out, err := output(g)
		if err != nil {
			return nil, nil, err
		}
		return g, g.Output(out), nil
	})
	defer graphs.close()
	bar := progress.Start(name, "examples", int64(len(rows)))
	defer bar.Done()
	return writeOutputs(ctx, scratch, len(rows), func(add func(batch, []float32) error) error {
		for _, b := range rows.inOrder(batchSize) {
			if err := ctx.Err(); err != nil {
				return exit.Errorf(exit.Interrupted, "%s: stopped: %w", name, context.Cause(ctx))
			}
			values, err := graphs.run(rows.tensors(b), b)
			if err != nil {
				return err
			}
			if err := add(b, values); err != nil {
				return err
			}
			bar.Add(int64(len(b.rows)))
		}
		return nil
	})
}

// run computes the output rows of a batch.
func (m *machines) run(in graph.Batch, b batch) ([]float32, error) {
	c, err := m.at(b.length)
	if err != nil {
		return nil, err
	}
	if _, err := c.Run(in); err != nil {
		return nil, err
	}
	return c.values(b)
}

var errNotFinite = exit.Errorf(exit.BadData, "what the model computes is not finite, though its weights are: its numbers grow beyond what the device holds")

// values reads the logits of a batch that just ran, [rows of the batch, columns].
func (c compiled) values(b batch) ([]float32, error) {
	n := c.logits.Cols()
	values := make([]float32, c.logits.Rows()*n)
	if err := c.Read(c.logits, kernel.F32s(values)); err != nil {
		return nil, err
	}
	if !model.Finite(values) {
		return nil, errNotFinite
	}
	return values[:len(b.rows)*n], nil
}

// scatter reads the logits of a batch that just ran, if there are any, into their rows'
// places.
func (c compiled) scatter(b batch, into [][]float32) error {
	if c.logits == nil {
		return nil
	}
	values, err := c.values(b)
	if err != nil {
		return err
	}
	n := c.logits.Cols()
	for i, row := range b.rows {
		into[row] = values[i*n : (i+1)*n : (i+1)*n]
	}
	return nil
}
