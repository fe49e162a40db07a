package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// Weights are the tensors of an open checkpoint. They are safe for concurrent
// reading until Close.
type Weights struct {
	files   []mapped
	tensors map[string]located
}

type mapped struct {
	path  string
	data  []byte
	unmap func() error
}

type located struct {
	entry
	file int
}

// OpenFile opens one file of weights: safetensors, or of torch.save where its name ends
// in .bin.
func OpenFile(path string) (*Weights, error) {
	w := &Weights{tensors: map[string]located{}}
	if err := w.add(path); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *Weights) add(path string) error {
	data, unmap, err := mapFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return exit.Errorf(exit.Usage, "open weights: %w", err)
	case err != nil:
		return fmt.Errorf("open weights: %w", err)
	}
	w.files = append(w.files, mapped{path, data, unmap})
	entries, err := entriesOf(path, data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if before, ok := w.tensors[e.Name]; ok {
			return exit.Errorf(exit.BadData, "%s: tensor %q is also in %s", path, e.Name, w.files[before.file].path)
		}
		w.tensors[e.Name] = located{e, len(w.files) - 1}
	}
	return nil
}

// Close unmaps the files.
func (w *Weights) Close() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.unmap())
	}
	w.files, w.tensors = nil, nil
	return errors.Join(errs...)
}

// Names lists the tensors in byte order of their names.
func (w *Weights) Names() []string { return slices.Sorted(maps.Keys(w.tensors)) }

// Shape returns a tensor's dimensions and whether it is there.
func (w *Weights) Shape(name string) ([]int, bool) {
	t, ok := w.tensors[name]
	return slices.Clone(t.Shape), ok
}

// View lends a tensor's values in row-major order to use: the file's own bytes, or a
// copy where the file has them in another order. The tensor must have the given shape;
// the bytes must not be kept.
func (w *Weights) View(name string, shape []int, use func(kernel.Host) error) error {
	return w.view(context.Background(), name, shape, use)
}

// Demand says whether a tensor is there and has the given shape.
func (w *Weights) Demand(name string, shape []int) error {
	t, ok := w.tensors[name]
	if !ok {
		return exit.Errorf(exit.BadData, "%s: has no tensor %q%s", w.place(), name, w.alike(name))
	}
	if !slices.Equal(t.Shape, shape) {
		return exit.Errorf(exit.BadData, "%s: tensor %q has shape %v, the configuration asks for %v", w.files[t.file].path, name, t.Shape, shape)
	}
	return nil
}

func (w *Weights) view(ctx context.Context, name string, shape []int, use func(kernel.Host) error) error {
	if err := w.Demand(name, shape); err != nil {
		return err
	}
	t := w.tensors[name]
	file := w.files[t.file]
	dtype, ok := floats[t.Dtype]
	if !ok {
		return exit.Errorf(exit.BadData, "%s: tensor %q is of dtype %s; F64, F32, F16 and BF16 can be read", file.path, name, t.Dtype)
	}
	err := withoutFault(func() error {
		values, err := t.values(ctx, file.data)
		if err != nil {
			return err
		}
		return use(kernel.Host{DType: dtype, Bytes: values})
	})
	if errors.Is(err, errFault) {
		return exit.Errorf(exit.BadData, "%s: tensor %q: %w", file.path, name, err)
	}
	return err
}

// ViewFinite is View for weights to compute with: one that is infinite or no number
// makes every result such, so it is exit.BadData naming the tensor. It ends with
// ctx's error when ctx ends: here the tensor comes from the disk.
func (w *Weights) ViewFinite(ctx context.Context, name string, shape []int, use func(kernel.Host) error) error {
	return w.view(ctx, name, shape, func(h kernel.Host) error {
		all, err := finite(ctx, h)
		if err != nil {
			return err
		}
		if !all {
			return exit.Errorf(exit.BadData, "%s: tensor %q holds a value that is not finite; the file is damaged or its training diverged, get it again", w.files[w.tensors[name].file].path, name)
		}
		return use(h)
	})
}

// Read decodes a tensor of the given shape.
func Read[T Float](w *Weights, name string, shape ...int) ([]T, error) {
	var values []T
	err := w.View(name, shape, func(h kernel.Host) error {
		values = decode[T](h)
		return nil
	})
	return values, err
}

func (w *Weights) place() string {
	if len(w.files) == 1 {
		return w.files[0].path
	}
	return filepath.Dir(w.files[0].path)
}

var errFault = errors.New("the file shrank or failed while it was read")

// withoutFault turns the fault of reading a mapping whose file was cut short
// meanwhile into an error: unrecovered it would kill the process. Every other
// panic passes.
func withoutFault(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // runtime.Error of a memory fault
			err = errFault
		default:
			panic(cause)
		}
	}()
	return read()
}
