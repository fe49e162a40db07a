package shard

import (
	"slices"

	"github.com/clinflow/clinflow/internal/store"
)

// File begins a file of an artifact. It is recorded in the manifest once it is
// committed.
func (w *Writer) File(name string) (store.File, error) {
	if err := checkFileName(name); err != nil {
		return nil, err
	}
	s, err := createSink(w.ctx, w.dir, name)
	if err != nil {
		return nil, err
	}
	return &artifactFile{s, w, name}, nil
}

type artifactFile struct {
	*sink
	writer *Writer
	name   string
}

func (f *artifactFile) Commit() error {
	if err := f.sink.Commit(); err != nil {
		return err
	}
	f.writer.mu.Lock()
	defer f.writer.mu.Unlock()
	f.writer.files[f.name] = FileInfo{Name: f.name, Bytes: f.bytes, SHA256: f.digest()}
	return nil
}

// Count adds n to a count of the manifest.
func (w *Writer) Count(name string, n int64) {
	w.record(func(m *Manifest) { m.Counts[name] += n })
}

// SetSeed records a seed in the manifest.
func (w *Writer) SetSeed(name string, seed int64) {
	w.record(func(m *Manifest) { m.Seeds[name] = seed })
}

// SetKernel records the kernel that computed the dataset.
func (w *Writer) SetKernel(name string) { w.record(func(m *Manifest) { m.Kernel = name }) }

// SetSources records the names of the raw files, by source_file.
func (w *Writer) SetSources(names []string) {
	w.record(func(m *Manifest) { m.Sources = slices.Clone(names) })
}

func (w *Writer) record(set func(*Manifest)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	set(&w.recorded)
}
