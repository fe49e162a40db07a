package split

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// table is a file that lists ids, with the split of each where it is not a file of one
// split alone.
type table struct {
	key   string // of the configuration
	uri   string
	id    string // the column of the ids
	split string // of all ids; "": the file tells it
}

// listed is an id as a file lists it; 0 where there is none.
type listed struct {
	id    int64
	split string
	place string // for errors, such as row 7
}

// list is a table that was opened, its columns found.
type list interface {
	rows(ctx context.Context) iter.Seq2[listed, error]
	close()
}

// formats open the kinds of files, by the end of their names.
var formats = map[string]func(ctx context.Context, t table, dir store.Dir, name string) (list, error){
	".csv": openCSV, ".csv.gz": openCSV, ".parquet": openParquet, ".pkl": openPickle, ".pickle": openPickle,
}

const splitColumn = "split"

// columns are those that a file of rows must have.
func (t table) columns() []string {
	if t.split != "" {
		return []string{t.id}
	}
	return []string{t.id, splitColumn}
}

func (t table) open(ctx context.Context) (list, error) {
	whole, err := store.Open(t.uri)
	if err != nil {
		return nil, err
	}
	path, _ := whole.LocalPath("")
	dir, err := store.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for end, open := range formats {
		if !strings.HasSuffix(path, end) {
			continue
		}
		l, err := open(ctx, t, dir, filepath.Base(path))
		if errors.Is(err, fs.ErrNotExist) {
			err = exit.Errorf(exit.Usage, "%s is not there; give %s", path, t.asked())
		}
		return l, err
	}
	return nil, exit.Errorf(exit.Usage, "%s is none of the files that lists are read of: give one whose name ends in %s", path, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
}

// asked is what the table's key is to name.
func (t table) asked() string {
	if t.key == "folder" {
		return "the folder with mimic_train.csv, mimic_val.csv and mimic_test.csv"
	}
	return "the file that lists a split"
}

// check says what is wrong with a file as far as its columns show it.
func (t table) check(ctx context.Context) error {
	if t.id == "" {
		return nil // what it is to be is a fault that has been told
	}
	l, err := t.open(ctx)
	if err == nil {
		l.close()
	}
	return err
}

// synonyms are what others call the three splits: MEDS has tuning and held_out, BEEP's
// files are named dev.
var synonyms = map[string]string{
	Train: Train, Val: Val, "valid": Val, "validation": Val, "dev": Val, "tuning": Val, Test: Test, "held_out": Test,
}

// each tells the ids of a file with their splits.
func (t table) each(ctx context.Context, see func(id int64, split string) error) error {
	l, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	for row, err := range l.rows(ctx) {
		if err != nil {
			return err
		}
		of, known := t.split, true
		if of == "" {
			of, known = synonyms[strings.ToLower(row.split)]
		}
		switch {
		case row.id <= 0:
			return exit.Errorf(exit.BadData, "%s: %s has no %s, which is a whole number above 0; mend the list", t.uri, row.place, t.id)
		case !known:
			return exit.Errorf(exit.BadData, "%s: %s: its split is none of train, val and test; mend the list", t.uri, row.place)
		}
		if err := see(row.id, of); err != nil {
			return err
		}
	}
	return nil
}
