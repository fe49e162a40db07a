package store

import "context"

// ranger is a Dir that reads a piece of a file more cheaply than by opening it.
type ranger interface {
	ReadRange(ctx context.Context, name string, p []byte, off int64) (int, error)
}

// ReadRange reads a piece of a file into p, as io.ReaderAt does, and lets go of it.
func ReadRange(ctx context.Context, dir Dir, name string, p []byte, off int64) (n int, err error) {
	if d, ok := dir.(ranger); ok {
		return d.ReadRange(ctx, name, p, off)
	}
	f, err := dir.OpenAt(ctx, name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(p, off)
}
