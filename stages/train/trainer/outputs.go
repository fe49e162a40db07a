package trainer

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
)

// Forward computes one output of m for every row, [rows, columns of the output].
// output adds it to a graph; it has one row a sequence. The caller closes what it gets.
func Forward(ctx context.Context, env *stages.Environment, name string, m *model.Model, batchSize int, scratch store.Dir, rows examples.Rows, output func(*graph.Graph) (*graph.Node, error)) (*Outputs, error) {
	if err := CheckTokens(rows, m.Limits()); err != nil {
		return nil, err
	}
	batchSize = fitting(batchSize, rows)
	compiled := newGraphs(graph.Options{Batch: batchSize}, func(o graph.Options) (*graph.Graph, *graph.Node, error) {
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
	defer compiled.close()
	bar := env.Progress.Start(name, "examples", int64(len(rows)))
	defer bar.Done()
	return writeOutputs(ctx, scratch, len(rows), func(add func(batch, []float32) error) error {
		for _, b := range inOrder(rows, batchSize) {
			if err := ctx.Err(); err != nil {
				return exit.Errorf(exit.Interrupted, "%s: stopped: %w", name, context.Cause(ctx))
			}
			values, err := compiled.run(tensors(rows, b), b)
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

// Outputs are what a model computed of every row of some examples, in a file of 4 bytes
// a number: memory holds one batch of them, however many there are. The file is deleted
// as soon as it is open for reading, so nothing is left of it however the process ends.
type Outputs struct {
	file  store.ReaderAt
	cols  int
	place []int // of each row in the file: they come in the order of batches
}

// outputsName is the file while it is written, in the step's scratch folder.
const outputsName = "outputs"

// writeOutputs writes the values that compute adds batch by batch, [rows of the batch,
// cols].
func writeOutputs(ctx context.Context, scratch store.Dir, rows int, compute func(add func(b batch, values []float32) error) error) (*Outputs, error) {
	scratch, err := store.OnThisMachine(scratch)
	if err != nil {
		return nil, err
	}
	f, err := store.Volatile(scratch).Create(ctx, outputsName)
	if err != nil {
		return nil, err
	}
	defer f.Abort()
	o, added := &Outputs{place: make([]int, rows)}, 0
	err = compute(func(b batch, values []float32) error {
		o.cols = len(values) / len(b.rows)
		for i, row := range b.rows {
			o.place[row] = added + i
		}
		added += len(b.rows)
		_, err := f.Write(kernel.F32s(values).Bytes)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := f.Commit(); err != nil {
		return nil, err
	}
	if o.file, err = scratch.OpenAt(ctx, outputsName); err != nil {
		return nil, err
	}
	if err := scratch.RemoveAll(ctx, outputsName); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// Cols is how many numbers there are of a row.
func (o *Outputs) Cols() int { return o.cols }

// Read reads the numbers of a row, [Cols].
func (o *Outputs) Read(row int, to []float32) error {
	bytes := kernel.F32s(to[:o.cols]).Bytes
	if _, err := o.file.ReadAt(bytes, int64(o.place[row])*int64(len(bytes))); err != nil {
		return fmt.Errorf("read what the model computed of row %d from the scratch folder: %w", row, err)
	}
	return nil
}

// Close frees the space on disk.
func (o *Outputs) Close() error { return o.file.Close() }
