package dataset

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/clinflow/clinflow/dataset/parquet"
	"github.com/clinflow/clinflow/internal/exit"
)

// Time is microseconds since 1970-01-01 as the source wrote the clock: MIMIC's
// shifted times carry no zone, and none is added. Zero means absent.
type Time = parquet.Time

// Spans between times. The shifted clocks know no summer time.
const (
	Hour Time = 60 * 60 * 1e6
	Day       = 24 * Hour
)

// table is what is known of a table: the type of its rows, so that a part without
// rows still gets a file with the right columns, and its version.
type table struct {
	row     reflect.Type
	version int
	empty   func(p *PartWriter, table string) (openTable, error)
	each    func(ctx context.Context, d *Dataset, table string, part int, visit func(row any) error) error
	// writeJSON writes a row that is given as a JSON object.
	writeJSON func(p *PartWriter, table string, object []byte) error
}

var tables = map[string]table{}

// RegisterTable makes a table with rows of type T known. Its version is raised when
// its columns change: it stands in the manifests of datasets that have the table,
// and readers of the table take no other. It is called from an init function and
// panics on a name taken twice.
func RegisterTable[T any](name string, version int) {
	if _, taken := tables[name]; taken {
		panic("table registered twice: " + name)
	}
	parquet.Check[T]()
	tables[name] = table{reflect.TypeFor[T](), version, empty[T], each[T], writeJSON[T]}
}

// checkTable refuses a table of another version.
func (m Manifest) checkTable(name string) error {
	t, known := tables[name]
	if got := m.Versions.Tables[name]; known && got != t.version {
		return fmt.Errorf("table %s of version %d, this clinflow reads version %d; make the dataset again or use the clinflow that wrote it", name, got, t.version)
	}
	return nil
}

// registered refuses a table that was not registered.
func registered(name string) error {
	if _, known := tables[name]; !known {
		return fmt.Errorf("table %s is unknown; register it with dataset.RegisterTable", name)
	}
	return nil
}

// checkRowType refuses a table that does not hold rows of type T.
func checkRowType[T any](name string) error {
	if t := reflect.TypeFor[T](); tables[name].row != t {
		return fmt.Errorf("table %s does not hold rows of type %s; register it with dataset.RegisterTable", name, t)
	}
	return nil
}

// emptyPart begins the file of a table that a part has no rows of.
func emptyPart(p *PartWriter, name string) (openTable, error) {
	if err := registered(name); err != nil {
		return nil, err
	}
	return tables[name].empty(p, name)
}

func empty[T any](p *PartWriter, table string) (openTable, error) { return beginTable[T](p, table) }

// Tables are the names of the registered tables, in order.
func Tables() []string { return slices.Sorted(maps.Keys(tables)) }

// TableColumns are the columns of a registered table, in order; none of another.
func TableColumns(name string) []string {
	t, known := tables[name]
	if !known {
		return nil
	}
	var names []string
	for column := range parquet.Columns(reflect.Zero(t.row).Interface()) {
		names = append(names, column.Name)
	}
	return names
}

// Each visits the rows of one part of a registered table, as Read does, each as a
// struct of its type.
func Each(ctx context.Context, d *Dataset, table string, part int, visit func(row any) error) error {
	t, known := tables[table]
	if !known {
		return exit.Errorf(exit.Usage, "dataset %s: table %s is unknown to this program; use the clinflow that wrote it, or one with the stage that made it", d.URI(), table)
	}
	return t.each(ctx, d, table, part, visit)
}

func each[T any](ctx context.Context, d *Dataset, table string, part int, visit func(row any) error) error {
	for row, err := range Read[T](ctx, d, table, part) {
		if err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}
