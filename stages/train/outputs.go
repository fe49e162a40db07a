package train

import (
	"context"
	"errors"
	"fmt"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// outputs are what a model computed of every row of some examples, in a file of 4 bytes
// a number: memory holds one batch of them, however many there are. The file has lost
// its name when it can be read, so that nothing is left of it however the process ends.
type outputs struct {
	file  store.ReaderAt
	cols  int
	place []int // of each row in the file: they come in the order of batches
}

// outputsName is the file while it is written, in the step's scratch folder.
const outputsName = "outputs"

// writeOutputs keeps what compute adds, batch by batch: the values of its rows,
// [rows, cols].
func writeOutputs(ctx context.Context, scratch store.Dir, rows int, compute func(add func(b batch, values []float32) error) error) (*outputs, error) {
	f, err := store.Volatile(scratch).Create(ctx, outputsName)
	if err != nil {
		return nil, err
	}
	defer f.Abort()
	o, added := &outputs{place: make([]int, rows)}, 0
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
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// read reads the cols numbers of a row.
func (o *outputs) read(row int, to []float32) error {
	bytes := kernel.F32s(to[:o.cols]).Bytes
	if _, err := o.file.ReadAt(bytes, int64(o.place[row])*int64(len(bytes))); err != nil {
		return fmt.Errorf("read what the model computed of row %d from the scratch folder: %w", row, err)
	}
	return nil
}

func (o *outputs) close() error { return o.file.Close() }
