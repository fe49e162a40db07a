package split

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
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

const splitColumn = "split"

// columns are those that a file of rows must have.
func (t table) columns() []string {
	if t.split != "" {
		return []string{t.id}
	}
	return []string{t.id, splitColumn}
}

func (t table) open(ctx context.Context) (list, error) {
	open := openColumns
	if strings.HasSuffix(t.uri, ".pkl") || strings.HasSuffix(t.uri, ".pickle") {
		open = openPickle
	}
	l, err := open(ctx, t)
	if errors.Is(err, fs.ErrNotExist) {
		err = exit.Errorf(exit.Usage, "%s is not there; give %s", t.uri, t.asked())
	}
	return l, err
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
