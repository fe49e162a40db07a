package schedule

import (
	"context"
	"strings"

	"github.com/clinflow/clinflow/internal/store"
)

// Folder is where a scheduler keeps what it knows, in the output folder.
const Folder = "schedule"

// files is what a journal needs of the folder that it lies in. A file is there whole,
// and durable, or not at all.
type files interface {
	// create is store.ErrExists where the name is taken.
	create(ctx context.Context, name string, data []byte) error
	// read is fs.ErrNotExist where there is none.
	read(ctx context.Context, name string) ([]byte, error)
	// list names all files, sorted.
	list(ctx context.Context) ([]string, error)
	remove(ctx context.Context, name string) error
}

// stored are the files of a folder in a store: one file, or object, an event.
type stored struct{ dir store.Dir }

func (s stored) create(ctx context.Context, name string, data []byte) error {
	return store.WriteNew(ctx, s.dir, name, data)
}

func (s stored) read(ctx context.Context, name string) ([]byte, error) {
	return store.ReadFile(ctx, s.dir, name)
}

func (s stored) list(ctx context.Context) ([]string, error) {
	infos, err := s.dir.List(ctx, "")
	names := make([]string, 0, len(infos))
	for _, info := range infos {
		if strings.HasSuffix(info.Name, suffix) {
			names = append(names, info.Name)
		}
	}
	return names, err
}

func (s stored) remove(ctx context.Context, name string) error { return s.dir.RemoveAll(ctx, name) }
