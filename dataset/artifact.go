package dataset

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/clinflow/clinflow/internal/store"
)

// File begins a file of an artifact. It is recorded in the manifest once it is
// committed.
func (w *Writer) File(name string) (store.File, error) {
	if err := checkFileName(name); err != nil {
		return nil, err
	}
	s, err := store.CreateSummed(w.ctx, w.dir, name)
	if err != nil {
		return nil, err
	}
	return &artifactFile{s, w, name}, nil
}

type artifactFile struct {
	*store.SummedFile
	writer *Writer
	name   string
}

func (f *artifactFile) Commit() error {
	if err := f.SummedFile.Commit(); err != nil {
		return err
	}
	f.writer.mu.Lock()
	defer f.writer.mu.Unlock()
	f.writer.files[f.name] = FileInfo{Name: f.name, Bytes: f.Bytes(), SHA256: f.SHA256()}
	return nil
}

// WriteFile writes a file of an artifact that is in memory.
func (w *Writer) WriteFile(name string, data []byte) error {
	return w.fill(name, func(f io.Writer) error {
		if _, err := f.Write(data); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// WriteJSON writes a file of an artifact as indented JSON; the keys of maps come
// in order.
func (w *Writer) WriteJSON(name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return w.WriteFile(name, append(data, '\n'))
}

// StreamFile writes a file of an artifact as write does.
func (w *Writer) StreamFile(name string, write func(io.Writer) error) error {
	return w.fill(name, func(f io.Writer) error {
		if err := write(f); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		return nil
	})
}

// fill commits the file where write succeeds, and removes it elsewhere.
func (w *Writer) fill(name string, write func(io.Writer) error) error {
	f, err := w.File(name)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

// CopyFile copies a file of another artifact under a name of its own.
func (w *Writer) CopyFile(ctx context.Context, from *Dataset, name, as string) error {
	r, err := from.OpenFile(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	return w.StreamFile(as, func(f io.Writer) error {
		_, err := io.Copy(f, r)
		return err
	})
}

// Count adds n to a count of the manifest. Its name is of letters, digits, _ . and -.
func (w *Writer) Count(name string, n int64) {
	w.record(func(m *Manifest) { m.Counts[name] += n })
}

// SetSeed records a seed in the manifest.
func (w *Writer) SetSeed(name string, seed int64) {
	w.record(func(m *Manifest) { m.Seeds[name] = seed })
}

// SetAttribute records in the manifest what the rows and files mean, as JSON.
func (w *Writer) SetAttribute(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("attribute %s of %s: %w", name, w.URI(), err)
	}
	w.record(func(m *Manifest) {
		if m.Attributes == nil {
			m.Attributes = map[string]json.RawMessage{}
		}
		m.Attributes[name] = text
	})
	return nil
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
