package tokenizer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"syscall"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Files are the files of a Hugging Face folder that tokenizers of any kind are
// read from. They are in the fingerprint of a step with a tokenizer's folder.
var Files = []string{
	"tokenizer.model", "tokenizer.json", "vocab.txt", "vocab.json", "merges.txt",
	"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json",
}

// maxFile bounds what is read of a file, in bytes; LLaMA's have half a megabyte
// and two, Llama 3's nine.
const maxFile = 256 << 20

// Folder is a Hugging Face folder, as a Kind sees it.
type Folder struct {
	dir store.Dir
	// definition is that of tokenizer.json once it was read: every kind asks for it.
	definition **Definition
}

func newFolder(dir store.Dir) Folder { return Folder{dir, new(*Definition)} }

// URI is the folder's address, for messages.
func (f Folder) URI() string { return f.dir.URI() }

// Has says whether the folder has one of Files.
func (f Folder) Has(ctx context.Context, name string) (bool, error) {
	_, err := f.dir.Stat(ctx, checked(name))
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}

// Read returns the bytes of one of Files, nil where the folder does not have it.
func (f Folder) Read(ctx context.Context, name string) ([]byte, error) {
	file, err := f.dir.Open(ctx, checked(name))
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read %s/%s: %w", f.URI(), name, err)
	}
	if len(data) > maxFile {
		return nil, exit.Errorf(exit.BadData, "%s/%s: longer than %d MiB; it is no tokenizer's", f.URI(), name, maxFile>>20)
	}
	return data, nil
}

// Contents are files of a folder as they were read, by name.
type Contents map[string][]byte

// ReadAll reads those of names that the folder has.
func (f Folder) ReadAll(ctx context.Context, names ...string) (Contents, error) {
	files := Contents{}
	for _, name := range names {
		data, err := f.Read(ctx, name)
		if err != nil {
			return nil, err
		}
		if data != nil {
			files[name] = data
		}
	}
	return files, nil
}

// Save writes the files into an output.
func (c Contents) Save(out *dataset.Writer) error {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if err := out.WriteFile(name, c[name]); err != nil {
			return err
		}
	}
	return nil
}

// ModelType is model.type of the folder's tokenizer.json, such as "BPE" or
// "WordPiece"; "" where there is no such file, or no such key in it.
func (f Folder) ModelType(ctx context.Context) string {
	of, err := f.Definition(ctx)
	if of == nil || err != nil {
		return "" // those who open the tokenizer say what is wrong with the file
	}
	return of.Type
}

// missing says whether an error tells that there is no such file; the folder may
// be a file itself.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// checked is a name of Files. It panics on another one, which would not be in the
// fingerprint: a fault of the program.
func checked(name string) string {
	if !slices.Contains(Files, name) {
		panic("a tokenizer kind reads " + name + ", which tokenizer.Files does not name")
	}
	return name
}
