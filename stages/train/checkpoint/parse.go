package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/foreign"
	"github.com/clinflow/clinflow/stages/train/checkpoint/pytorch"
)

// pickleExt ends the names of files that torch.save wrote.
const pickleExt = ".bin"

// entriesOf reads which tensors a file has, in the format that its name tells.
func entriesOf(path string, data []byte) (entries []entry, err error) {
	fault := withoutFault(func() error {
		entries, err = parseAs(filepath.Ext(path), data)
		return nil
	})
	switch {
	case fault != nil:
		return nil, exit.Errorf(exit.BadData, "%s: %w", path, fault)
	case err != nil:
		return nil, unreadable(path, data, err)
	}
	return entries, nil
}

func parseAs(ext string, data []byte) ([]entry, error) {
	if ext != pickleExt {
		return parse(data)
	}
	if !pytorch.Is(data) {
		return nil, errors.New("the file does not begin as those of torch.save do")
	}
	tensors, err := pytorch.Parse(data)
	entries := make([]entry, len(tensors))
	for i, t := range tensors {
		entries[i] = entry(t)
	}
	return entries, err
}

// unreadable says what a file is that has another format than its name tells.
func unreadable(path string, data []byte, fault error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return exit.Errorf(exit.Usage, "%s: is not a regular file; give the folder of a model or adapter", path)
	}
	if filepath.Ext(path) == pickleExt && pytorch.Is(data) {
		return fmt.Errorf("%s: %w", path, fault)
	}
	if other := foreign.Refuse(data); other != nil && len(data) > 0 {
		return exit.Errorf(exit.BadData, "%s: %w", path, other)
	}
	if bytes.HasPrefix(data, []byte("{")) {
		return exit.Errorf(exit.BadData, "%s: the file is JSON, perhaps a server's message, and no weights; get it again", path)
	}
	return exit.Errorf(exit.BadData, "%s: %w; the file is damaged, get it again", path, fault)
}

// values are the tensor's in row-major order, of a file's bytes.
func (e entry) values(ctx context.Context, file []byte) ([]byte, error) {
	bytes := file[e.Begin:e.End:e.End]
	if e.Strides == nil {
		return bytes, nil
	}
	return pytorch.Gather(ctx, bytes, e.Shape, e.Strides, int(dtypeBytes[e.Dtype]))
}
