package shard

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/clinflow/clinflow/internal/store"
)

var errUnwritten = errors.New("not written yet")

type layout struct{}

func layoutOf[T any]() *layout { return nil }

// Digest identifies the content: sha256 over kind, schema version, and the digests of
// parts and files; with tables named, over those tables' parts alone.
func (m Manifest) Digest(tables ...string) string { return "" }

// Dataset is an opened, complete dataset.
type Dataset struct{ Manifest Manifest }

// Open opens a complete dataset. A folder without a manifest is an error of exit.Usage.
func Open(ctx context.Context, uri string) (*Dataset, error) { return nil, errUnwritten }

func (d *Dataset) URI() string    { return "" }
func (d *Dataset) Parts() int     { return 0 }
func (d *Dataset) Dir() store.Dir { return nil }
func (d *Dataset) OpenFile(ctx context.Context, name string) (io.ReadCloser, error) {
	return nil, errUnwritten
}
func (d *Dataset) LocalPath(name string) (string, error) { return "", errUnwritten }
func (d *Dataset) Verify(ctx context.Context) error      { return errUnwritten }

// Read streams a part's rows.
func Read[T any](ctx context.Context, d *Dataset, table string, part int) iter.Seq2[T, error] {
	return nil
}

// Writer writes a dataset.
type Writer struct{}

// NewWriter begins a dataset; leftovers of an unfinished attempt are removed. A complete dataset or a foreign non-empty folder is refused.
func NewWriter(ctx context.Context, uri, kind string, parts int) (*Writer, error) {
	return nil, errUnwritten
}

// JoinWriter is NewWriter for a further process (remote worker) writing parts of the same dataset: nothing is removed; its PartResults go to the first's Commit.
func JoinWriter(ctx context.Context, uri, kind string, parts int) (*Writer, error) {
	return nil, errUnwritten
}

func (w *Writer) URI() string    { return "" }
func (w *Writer) Parts() int     { return 0 }
func (w *Writer) Dir() store.Dir { return nil }

// SetTables declares the tables every part has even without rows.
func (w *Writer) SetTables(names ...string) error { return errUnwritten }

// Scratch is a folder for runs; Commit removes it.
func (w *Writer) Scratch() store.Dir                   { return nil }
func (w *Writer) Part(part int) *PartWriter            { return nil }
func (w *Writer) File(name string) (store.File, error) { return nil, errUnwritten }

// Count, SetSeed, SetKernel and SetSources let a job add to the manifest.
func (w *Writer) Count(name string, n int64)      {}
func (w *Writer) SetSeed(name string, seed int64) {}
func (w *Writer) SetKernel(name string)           {}
func (w *Writer) SetSources(names []string)       {}

// Commit writes the manifest. parts are results from other processes; parts closed through this Writer are known to it.
func (w *Writer) Commit(ctx context.Context, header Manifest, parts []PartResult) error {
	return errUnwritten
}

// PartResult is JSON-able.
type PartResult struct {
	Part   int                 `json:"part"`
	Tables map[string]PartInfo `json:"tables"`
	Counts map[string]int64    `json:"counts,omitempty"`
}

// PartWriter writes one part of all tables; not safe for concurrent use.
type PartWriter struct{}

func (p *PartWriter) Part() int                  { return 0 }
func (p *PartWriter) Reject(r Reject) error      { return errUnwritten }
func (p *PartWriter) Count(name string, n int64) {}
func (p *PartWriter) Close() (PartResult, error) { return PartResult{}, errUnwritten }
func (p *PartWriter) Abort()                     {}

// RowWriter writes rows of a table of one part.
type RowWriter[T any] struct{}

func Rows[T any](p *PartWriter, table string) (*RowWriter[T], error) { return nil, errUnwritten }
func (w *RowWriter[T]) Write(row T) error                            { return errUnwritten }

// SetMemory sets the byte budget of all spills of the process, 1 GiB by default.
func SetMemory(bytes int64) {}

type Spill struct{}

func NewSpill(dir store.Dir, parts int, file int) *Spill { return nil }
func Add[T Row](s *Spill, table string, row T) error     { return errUnwritten }
func (s *Spill) Reject(r Reject) error                   { return errUnwritten }
func (s *Spill) Count(name string, n int64)              {}
func (s *Spill) Close() ([]Run, map[string]int64, error) { return nil, nil, errUnwritten }
func (s *Spill) Abort()                                  {}

// Run names sorted rows of one part of one table in a run file.
type Run struct {
	Dir      string `json:"dir"` // URI of the folder
	Table    string `json:"table"`
	Name     string `json:"name"`
	Part     int    `json:"part"`
	RowGroup int    `json:"row_group"`
	Rows     int64  `json:"rows"`
}

// MergeRuns merges the runs of a table into a part in Key order, streaming. Runs of other tables are passed over. Runs say where they lie. The rejects are merged by MergeRuns[Reject](ctx, runs, TableQuarantine, out), which counts them too.
func MergeRuns[T Row](ctx context.Context, runs []Run, table string, out *PartWriter) error {
	return errUnwritten
}
