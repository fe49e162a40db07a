package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/clinflow/clinflow/dataset/extsort"
	"github.com/clinflow/clinflow/internal/store"
)

// recall reads a record. The bytes that it vouches for were compared when the
// attempt began; their lengths are looked at again, for a worker that outlived an
// earlier attempt may have written the record since.
func (w *Writer) recall(name string, result any) (bool, error) {
	if w.identity == "" {
		return false, nil
	}
	r, err := w.readRecord(w.ctx, name)
	if err != nil || r.Identity != w.identity || !w.there(w.ctx, r.Files) {
		return false, err
	}
	return json.Unmarshal(r.Result, result) == nil, nil
}

// readRecord returns a record of no identity where there is none, or it is damaged.
func (w *Writer) readRecord(ctx context.Context, name string) (r finished, err error) {
	text, err := store.ReadSealed(ctx, w.dir, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, store.ErrDamaged) {
		return finished{}, nil
	}
	if err != nil {
		return finished{}, fmt.Errorf("read what is finished of %s: %w", w.URI(), err)
	}
	if json.Unmarshal(text, &r) != nil {
		return finished{}, nil
	}
	return r, nil
}

// trusted names the files of an unfinished dataset that may stay: the records of
// the Writer's identity and what they vouch for, where its bytes are as recorded.
func (w *Writer) trusted(ctx context.Context, files []store.Info) (map[string]bool, error) {
	stay := map[string]bool{}
	for _, f := range files {
		if w.identity == "" || !strings.HasPrefix(f.Name, finishedName+"/") || store.IsTemporary(f.Name) {
			continue
		}
		r, err := w.readRecord(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		if r.Identity != w.identity || !w.whole(ctx, r.Files) {
			continue
		}
		stay[f.Name] = true
		for _, file := range r.Files {
			stay[file.Name] = true
		}
	}
	return stay, ctx.Err()
}

// whole compares files with their record: their lengths first, which is cheap,
// then their bytes, which is far cheaper than to compute them again.
func (w *Writer) whole(ctx context.Context, files []FileInfo) bool {
	if !w.there(ctx, files) {
		return false
	}
	for _, f := range files {
		var err error
		if f.SHA256 == "" { // a run file
			err = extsort.Check(ctx, w.dir, f.Name, f.Bytes)
		} else {
			err = checkSum(ctx, w.dir, f.Name, f.Bytes, f.SHA256)
		}
		if err != nil {
			return false
		}
	}
	return true
}

func (w *Writer) there(ctx context.Context, files []FileInfo) bool {
	for _, f := range files {
		if info, err := w.dir.Stat(ctx, f.Name); err != nil || info.Size != f.Bytes {
			return false
		}
	}
	return true
}
