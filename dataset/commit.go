package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Commit completes the dataset: it writes the manifest, last of all files.
// header says what the runner knows (stage, config, inputs, counts of its own);
// kind, tables and files are filled in here, and the counts of all parts added.
// parts are the results of other processes; parts closed through this Writer are
// known to it. A part without a result is an error. At the end is done what
// AfterCommit was told.
func (w *Writer) Commit(ctx context.Context, header Manifest, parts []PartResult) error {
	for _, p := range parts {
		w.keep(p)
	}
	m, err := w.manifest(header)
	if err != nil {
		return err
	}
	if err := w.checkCounts(m.Counts); err != nil {
		return err
	}
	var settled errgroup.Group
	settled.Go(func() error { return w.settle(ctx, m) })
	if err := errors.Join(w.sweep(ctx), settled.Wait()); err != nil {
		return err
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	if err := w.publish(ctx, data); err != nil {
		return err
	}
	err = Tidy(ctx, w.dir)
	for _, remove := range w.after {
		err = errors.Join(err, remove(ctx))
	}
	return err
}

// settle forces the parts to disk. Where it fails, the next attempt finds no record of what
// is finished: a disk that could not write some bytes may answer the second time that it
// has nothing to write, while they can still be read from memory.
func (w *Writer) settle(ctx context.Context, m Manifest) error {
	err := store.Settle(w.dir, m.partNames()...)
	if err != nil {
		err = errors.Join(err, w.dir.RemoveAll(ctx, finishedName))
	}
	return err
}

// publish writes the manifest, of whose writers one wins. Where the same one is there
// already, an earlier attempt wrote it whose answer was lost.
func (w *Writer) publish(ctx context.Context, data []byte) error {
	err := store.WriteNew(ctx, w.dir, ManifestName, data)
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	there, err := store.ReadFile(ctx, w.dir, ManifestName)
	if err == nil && !bytes.Equal(there, data) {
		err = exit.Errorf(exit.Retry, "dataset %s: another run has completed it meanwhile; run again to go on from there", w.URI())
	}
	return err
}

func (w *Writer) manifest(header Manifest) (Manifest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := header
	m.ManifestVersion, m.Kind = manifestVersion, w.kind
	m.Counts = addCounts(header.Counts, w.recorded.Counts)
	m.Seeds = maps.Clone(w.recorded.Seeds)
	maps.Copy(m.Seeds, header.Seeds)
	if m.Kernel == "" {
		m.Kernel = w.recorded.Kernel
	}
	if m.Sources == nil {
		m.Sources = w.recorded.Sources
	}
	m.Files = nil
	for _, name := range slices.Sorted(maps.Keys(w.files)) {
		m.Files = append(m.Files, w.files[name])
	}
	m.Attributes = maps.Clone(w.recorded.Attributes)
	err := w.addParts(&m)
	m.Versions = VersionsOf(w.kind, slices.Collect(maps.Keys(m.Tables))...)
	return m, err
}

// addParts fills the tables from the parts' results.
func (w *Writer) addParts(m *Manifest) error {
	m.Parts, m.Tables = 0, map[string][]PartInfo{}
	names := w.written()
	if len(names) == 0 {
		return nil
	}
	m.Parts = w.parts
	for part := range w.parts {
		result, ok := w.results[part]
		if !ok {
			return exit.Errorf(exit.Failed, "dataset %s: part %d of %d was not written; the dataset stays incomplete", w.URI(), part, w.parts)
		}
		result.Tables = maps.Clone(result.Tables)
		if err := w.Part(part).fill(&result, names); err != nil {
			return fmt.Errorf("dataset %s: complete part %d: %w", w.URI(), part, err)
		}
		for _, name := range names {
			m.Tables[name] = append(m.Tables[name], result.Tables[name])
		}
		m.Counts = addCounts(m.Counts, result.Counts)
	}
	return nil
}

// written lists the declared tables and those that any part has.
func (w *Writer) written() []string {
	names := map[string]bool{}
	for _, table := range w.tables {
		names[table] = true
	}
	for _, result := range w.results {
		for table := range result.Tables {
			names[table] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// sweep removes the runs and what killed workers left.
func (w *Writer) sweep(ctx context.Context) error {
	if err := w.dir.RemoveAll(ctx, scratchName); err != nil {
		return err
	}
	files, err := w.dir.List(ctx, "")
	if err != nil {
		return err
	}
	for _, f := range files {
		if !store.IsTemporary(f.Name) {
			continue
		}
		if err := w.dir.RemoveAll(ctx, f.Name); err != nil {
			return err
		}
	}
	return nil
}

var countName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`)

// checkCounts refuses names of counts that are no names: the journal and the report show
// them, and a value of a row must not get there as one.
func (w *Writer) checkCounts(counts map[string]int64) error {
	for name := range counts {
		if !countName.MatchString(name) {
			return exit.Errorf(exit.Failed, "dataset %s: a count's name may hold letters, digits, _ . and - only; name what is counted, never what was read", w.URI())
		}
	}
	return nil
}

// addCounts adds the counts of b to a.
func addCounts(a, b map[string]int64) map[string]int64 {
	sum := maps.Clone(a)
	if sum == nil {
		sum = map[string]int64{}
	}
	for name, n := range b {
		sum[name] += n
	}
	return sum
}
