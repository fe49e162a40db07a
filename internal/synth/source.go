package synth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/guard"
	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/internal/store"
)

// source is a given table.
type source struct {
	givenTable
	dir  store.Dir
	name string // with its suffix
	rows int64  // once read
}

// findTables looks for the tables as PhysioNet gives them or decompressed. All
// missing ones are named in one error.
func (o Options) findTables(ctx context.Context) ([]source, error) {
	dir, err := store.Open(o.Attach)
	if err != nil {
		return nil, err
	}
	var found []source
	var missing []string
	for _, t := range o.release().given {
		name, err := t.locate(ctx, dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, t.file+rawcsv.SuffixGzip)
		case err != nil:
			return nil, exit.Errorf(exit.Usage, "cannot read %s: %w", dir.URI(), err)
		}
		found = append(found, source{givenTable: t, dir: dir, name: name})
	}
	if len(missing) > 0 {
		return nil, exit.Errorf(exit.Usage, "%s lacks %s; attach the folder that holds %s", dir.URI(), strings.Join(missing, ", "), o.release().holds)
	}
	return found, nil
}

// locate is the table's file, by its name or its other one.
func (t *givenTable) locate(ctx context.Context, dir store.Dir) (string, error) {
	look := func(name string) error {
		_, err := dir.Stat(ctx, name)
		return err
	}
	name, err := rawcsv.Locate(t.file, look)
	if t.or == "" || !errors.Is(err, fs.ErrNotExist) {
		return name, err
	}
	return rawcsv.Locate(t.or, look)
}

// cancelEvery is how many records are read between looks at the context.
const cancelEvery = 1 << 12

// read hands the table's records to the tree. A malformed one ends the reading:
// these tables were sound enough for their labels, or they are not worth notes.
func (s *source) read(ctx context.Context, g *givenTree) error {
	return s.open(ctx, func(records *rawcsv.Reader, at []int) error {
		c := cells{names: s.columns}
		var record rawcsv.Record
		place := func() string { return fmt.Sprintf("%s: row %d", s.name, record.Row) }
		return guard.At(place, func() error { return s.takeAll(ctx, records, at, &record, &c, g) })
	})
}

// open reads the table's header and hands its records on, with the positions of its
// columns.
func (s *source) open(ctx context.Context, take func(records *rawcsv.Reader, at []int) error) error {
	file, err := s.dir.Open(ctx, s.name)
	if err != nil {
		return exit.Errorf(exit.Usage, "%s: %w", s.name, err)
	}
	defer file.Close()
	records, err := rawcsv.NewReader(file, s.name, 1)
	if err != nil {
		return err
	}
	defer records.Close()
	at, err := records.Columns(s.columns...)
	if err != nil {
		return err
	}
	return take(records, at)
}

// Check looks for the tables to attach and at their headers.
func (o Options) Check(ctx context.Context) error {
	if err := o.CheckValues(); o.Attach == "" || err != nil {
		return err
	}
	tables, err := o.findTables(ctx)
	for _, t := range tables {
		err = errors.Join(err, t.open(ctx, func(*rawcsv.Reader, []int) error { return nil }))
	}
	return err
}

func (s *source) takeAll(ctx context.Context, records *rawcsv.Reader, at []int, record *rawcsv.Record, c *cells, g *givenTree) error {
	for {
		if err := records.Read(record); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if c.fault = record.Reason; c.fault == "" {
			c.fields = record.Texts(c.fields[:0], at)
			s.take(g, c)
		}
		if c.fault != "" {
			return exit.Errorf(exit.BadData, "%s: row %d: %s; mend or remove the row", s.name, record.Row, c.fault)
		}
		s.rows++
		if record.Row%cancelEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
