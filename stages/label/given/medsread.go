package given

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/task"
)

// medsLabel is the name of a label at a time.
type medsLabel struct {
	at   dataset.Time
	name string
}

// medsLabels are the labels of patients, in the order of time.
type medsLabels map[int64][]medsLabel

func (m medsLabels) len() (n int) {
	for _, labels := range m {
		n += len(labels)
	}
	return n
}

// names are all labels that occur, in the order of text.
func (m medsLabels) names() []string {
	all := map[string]bool{}
	for _, labels := range m {
		for _, l := range labels {
			all[l.name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// The columns of the MEDS label schema.
const (
	medsSubject  = "subject_id"
	medsTime     = "prediction_time"
	medsCategory = "categorical_value"
)

const parquetEnd = ".parquet"

// medsValues are the columns that the labels of a kind of task may stand in.
var medsValues = map[task.Kind][]string{
	task.Binary: {"boolean_value"}, task.Multiclass: {"integer_value", medsCategory}, task.Multilabel: {medsCategory},
}

// medsFile is a file that was opened, its columns found.
type medsFile struct {
	place  string
	file   *parquet.Reader
	values []string // the columns of values that it has, of whatever kind
}

// eachFile opens the file, or those in the folder in the order of their names.
func (m fromMEDS) eachFile(ctx context.Context, see func(medsFile) error) error {
	root, err := store.Open(m.config.File)
	if err != nil {
		return err
	}
	path := root.URI()
	if info, err := root.Stat(ctx, ""); errors.Is(err, fs.ErrNotExist) {
		return exit.Errorf(exit.Usage, "%s is not there; give the file or folder that has the labels", path)
	} else if err != nil {
		return err
	} else if !info.Mode.IsDir() {
		return m.oneFile(ctx, path, see)
	}
	infos, err := root.List(ctx, "")
	n := 0
	for _, info := range infos {
		if err == nil && strings.HasSuffix(info.Name, parquetEnd) {
			n++
			err = m.withFile(ctx, root.Sub(info.Name).URI(), see)
		}
	}
	if err == nil && n == 0 {
		err = exit.Errorf(exit.Usage, "%s has no file that ends in %s; give the folder that has the labels", path, parquetEnd)
	}
	return err
}

func (m fromMEDS) oneFile(ctx context.Context, path string, see func(medsFile) error) error {
	if !strings.HasSuffix(path, parquetEnd) {
		return exit.Errorf(exit.Usage, "%s does not end in %s, as MEDS labels do; label.file reads labels from CSV", path, parquetEnd)
	}
	return m.withFile(ctx, path, see)
}

func (m fromMEDS) withFile(ctx context.Context, path string, see func(medsFile) error) error {
	dir, name, err := store.FolderOf(path)
	if err != nil {
		return err
	}
	r, err := parquet.Open(ctx, dir, name)
	if err != nil {
		return err
	}
	defer r.Close()
	f := medsFile{place: path, file: r}
	if err := f.find(m.kind); err != nil {
		return err
	}
	return see(f)
}

// find looks for the columns: of values one at least that the kind of task takes.
func (f *medsFile) find(kind task.Kind) error {
	names := f.file.ColumnNames()
	if !slices.Contains(names, medsSubject) || !f.file.HasClock(medsTime) {
		return exit.Errorf(exit.BadData, "%s has no column subject_id, or no prediction_time of type timestamp[us]; give labels in the MEDS label schema", f.place)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_value") {
			f.values = append(f.values, name)
		}
	}
	taken := medsValues[kind]
	if !slices.ContainsFunc(f.values, func(name string) bool { return slices.Contains(taken, name) }) {
		return exit.Errorf(exit.BadData, "%s has no column %s, where the labels of a %s task are; it has %s", f.place, strings.Join(taken, " or "), kind, cmp.Or(strings.Join(f.values, ", "), "no values"))
	}
	return nil
}

// read is the labels of all files.
func (m fromMEDS) read(ctx context.Context) (medsLabels, error) {
	all := medsLabels{}
	err := m.eachFile(ctx, func(f medsFile) error {
		n := 0
		for row, err := range parquet.SideBySide(ctx, f.file, append([]string{medsSubject, medsTime}, f.values...)...) {
			if err != nil {
				return err
			}
			n++
			subject, label, err := m.said(f, row)
			if err != nil {
				return exit.Errorf(exit.BadData, "%s: row %d %w", f.place, n, err)
			}
			all[subject] = append(all[subject], label)
		}
		return nil
	})
	for _, labels := range all {
		slices.SortStableFunc(labels, func(a, b medsLabel) int { return cmp.Compare(a.at, b.at) })
	}
	return all, err
}
