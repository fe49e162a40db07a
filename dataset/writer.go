package dataset

import (
	"context"
	"slices"
	"sync"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Names in a dataset's folder that are not data. The marker says that the folder
// is ours to clear; scratch holds the runs of a Source.
const (
	// ManifestName is the file that makes a folder a dataset.
	ManifestName = "manifest.json"
	markerName   = ".unfinished"
	scratchName  = ".scratch"
)

// Writer writes one dataset. Its methods are safe for concurrent use; each
// PartWriter belongs to one goroutine.
type Writer struct {
	ctx      context.Context
	dir      store.Dir
	kind     string
	parts    int
	identity string // what the records of finished parts say; "": none are kept
	alone    bool   // no other machine writes parts

	mu       sync.Mutex
	tables   []string // declared
	results  map[int]PartResult
	files    map[string]FileInfo
	recorded Manifest // what the stage itself says of its dataset
	after    []func(context.Context) error
}

// NewWriter begins a dataset of that many parts (0: files only). Leftovers of an
// unfinished attempt are removed. A folder that holds a complete dataset, or
// files that no unfinished dataset explains, is an error of exit.Usage.
func NewWriter(ctx context.Context, uri, kind string, parts int) (*Writer, error) {
	w, err := JoinWriter(ctx, uri, kind, parts)
	if err != nil {
		return nil, err
	}
	w.Alone()
	return w, w.begin(ctx)
}

// Alone says that all parts are written on this machine: Commit forces them to disk, at
// once, for one by one each waits for the disk. What a power cut takes before is found by
// its sha256.
func (w *Writer) Alone() { w.alone = true }

// begin clears the folder and marks it as ours.
func (w *Writer) begin(ctx context.Context) error {
	if err := w.clear(ctx); err != nil {
		return err
	}
	return mark(ctx, w.dir)
}

// JoinWriter is for further processes that write parts of a dataset begun by
// NewWriter elsewhere: it removes nothing. The PartResults must reach the Commit
// of the first Writer.
func JoinWriter(ctx context.Context, uri, kind string, parts int) (*Writer, error) {
	dir, err := store.Open(uri)
	if err != nil {
		return nil, err
	}
	if parts < 0 {
		return nil, exit.Errorf(exit.Usage, "dataset %s: %d parts; give 1 or more", uri, parts)
	}
	return &Writer{
		ctx: ctx, dir: dir, kind: kind, parts: parts,
		results: map[int]PartResult{}, files: map[string]FileInfo{},
		recorded: Manifest{Counts: map[string]int64{}, Seeds: map[string]int64{}},
	}, nil
}

// URI is the dataset's folder.
func (w *Writer) URI() string { return w.dir.URI() }

// Dir is the dataset's folder.
func (w *Writer) Dir() store.Dir { return w.dir }

// Parts is the number of parts.
func (w *Writer) Parts() int { return w.parts }

// Scratch is a folder for the runs of a Source. Commit removes it.
func (w *Writer) Scratch() store.Dir { return w.dir.Sub(scratchName) }

// SetTables declares tables: each part gets a file of each, rows or not. Call it
// before the first part is closed.
func (w *Writer) SetTables(names ...string) error {
	for _, name := range names {
		if err := registered(name); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tables = slices.Sorted(slices.Values(names))
	return nil
}

func (w *Writer) declared() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tables
}

// Part begins a part. A part begun twice, as by a retry, must get the same rows;
// the one closed last stays.
func (w *Writer) Part(part int) *PartWriter {
	return &PartWriter{writer: w, part: part, tables: map[string]openTable{}, counts: map[string]int64{}}
}

// AfterCommit has what only an unfinished dataset needs, such as training
// checkpoints, removed when the manifest is written and not before. Where a kill
// comes between, the next run removes it.
func (w *Writer) AfterCommit(remove func(ctx context.Context) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after = append(w.after, remove)
}

func (w *Writer) keep(result PartResult) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results[result.Part] = result
}
