package label

import (
	"context"
	"errors"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// Part is one part being labelled.
type Part struct {
	Context context.Context
	In      stages.Inputs
	Out     *dataset.PartWriter // for counts of one's own
	number  int
	tables  []openTable
}

// openTable is a table that is read beside the admissions, or several. Its orphans are
// rows of no admission; nil: they are not counted.
type openTable struct {
	name    string
	orphans func() (int64, error)
	close   func()
}

// Beside opens a table of the patients, to be asked for the rows of each admission in
// turn. wanted says which of its rows are of interest; nil: all. Rows of no admission
// are counted under <table>_without_admission.
func Beside[R mimic.Row](p *Part, table string, wanted func(*R) bool) *mimic.ByAdmission[R] {
	rows := mimic.ReadByAdmission(p.Context, p.patients(), table, p.number, wanted)
	p.tables = append(p.tables, openTable{table, rows.Orphans, rows.Close})
	return rows
}

// besidePatients opens a table of the patients, to be asked for all rows of each patient
// in turn.
func besidePatients[R mimic.Row](p *Part, table string) *mimic.ByPatient[R] {
	rows := mimic.ReadByPatient[R](p.Context, p.patients(), table, p.number, nil)
	p.tables = append(p.tables, openTable{close: rows.Close})
	return rows
}

func (p *Part) patients() *dataset.Dataset { return p.In.One("patients") }

func (p *Part) countOrphans() (err error) {
	for _, t := range p.tables {
		if t.orphans == nil {
			continue
		}
		n, failed := t.orphans()
		p.Out.Count(t.name+"_without_admission", n)
		err = errors.Join(err, failed)
	}
	return err
}

func (p *Part) close() {
	for _, t := range p.tables {
		t.close()
	}
}
