package dataset

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/internal/store"
)

// finishedName holds, in the folder of an unfinished dataset, the records of the
// parts and scans that are whole: what the next attempt need not compute again.
const finishedName = ".finished"

// finished is one record. It is written after the files that it names, and sealed:
// its counts go into the manifest unseen.
type finished struct {
	Identity string          `json:"identity"` // of the attempt; see Remember
	Files    []FileInfo      `json:"files"`
	Result   json.RawMessage `json:"result"` // PartResult or scan
}

// ResumeWriter is NewWriter for a dataset that may have been begun already: what
// a record of the same identity vouches for is kept, after its bytes were
// compared with the record; all else is removed.
func ResumeWriter(ctx context.Context, uri, kind string, parts int, identity string) (*Writer, error) {
	w, err := JoinWriter(ctx, uri, kind, parts)
	if err != nil {
		return nil, err
	}
	w.Remember(identity)
	return w, w.begin(ctx)
}

// Remember lets the Writer record what is finished, and find what an earlier
// attempt finished. The identity says all that decides the bytes: a record of
// another is not used. Call it before the first part is begun.
func (w *Writer) Remember(identity string) { w.identity = identity }

// Identity is what Remember was given, "" where it was not called: then nothing of an
// earlier attempt may be used.
func (w *Writer) Identity() string { return w.identity }

// Finished is the result of a part that is whole already.
func (w *Writer) Finished(part int) (result PartResult, ok bool, err error) {
	ok, err = w.recall(partRecord(part, w.parts), &result)
	return result, ok, err
}

// recordPart notes that a part is whole. Its files are on disk by then where another
// machine commits: that one cannot force them there.
func (w *Writer) recordPart(result PartResult) error {
	var files []FileInfo
	var names []string
	for table, info := range result.Tables {
		name := partName(table, result.Part, w.parts)
		names, files = append(names, name), append(files, FileInfo{Name: name, Bytes: info.Bytes, SHA256: info.SHA256})
	}
	if !w.alone {
		if err := store.Settle(w.dir, names...); err != nil {
			return err
		}
	}
	return w.vouch(partRecord(result.Part, w.parts), files, result)
}

func partRecord(part, parts int) string {
	return fmt.Sprintf("%s/part-%05d-of-%05d.json", finishedName, part, parts)
}

// vouch writes a record where the Writer keeps any.
func (w *Writer) vouch(name string, files []FileInfo, result any) error {
	if w.identity == "" {
		return nil
	}
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("record what is finished: %w", err)
	}
	data, err := json.Marshal(finished{w.identity, files, text})
	if err != nil {
		return fmt.Errorf("record what is finished: %w", err)
	}
	// A record that a power cut takes only costs its work again.
	return store.WriteSealed(w.ctx, store.Volatile(w.dir), name, data)
}
