package split

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// lists is the split that others published: files of ids.
type lists struct {
	env    *stages.Environment
	rule   Rule
	tables []table
	wrong  error // with the files that are given, together
}

// patientsPort is the input of a stage that reads lists.
var patientsPort = stages.Port{
	Name: "patients", Kind: mimic.KindPatients, Sharded: true,
	Tables: []string{mimic.TablePatients, mimic.TableAdmissions}, Doc: "the patients and their admissions",
}

// Rule implements Ruled.
func (l lists) Rule() Rule { return l.rule }

// Check looks at the columns of every file.
func (l lists) Check(ctx context.Context, _ stages.Givers) (faults []stages.Fault) {
	if l.wrong != nil {
		return stages.FaultOf("file", l.wrong)
	}
	for _, t := range l.tables {
		faults = append(faults, stages.FaultOf(t.key, t.check(ctx))...)
	}
	return faults
}

// Run writes the splits of the patients, or admissions, that are listed. The lists are
// held in memory, some 50 bytes an id.
func (l lists) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	if l.wrong != nil {
		return l.wrong
	}
	of, err := l.read(ctx)
	if err != nil {
		return err
	}
	met, shared := 0, 0
	for part := range out.Parts() {
		w := writer{of: of, first: map[int64]string{}, shared: map[int64]bool{}}
		if err := w.part(ctx, in.One(patientsPort.Name), l.table(), out.Part(part)); err != nil {
			return err
		}
		met, shared = met+w.met, shared+len(w.shared)
	}
	if met == 0 {
		return exit.Errorf(exit.BadData, "none of the %d values of %s that are listed is among the patients; give the lists of this database", len(of), l.tables[0].id)
	}
	out.Count("listed_unknown", int64(len(of)-met))
	l.tellShared(shared)
	l.rule.Lists = hashOf(of)
	return out.SetAttribute(Attribute, l.rule)
}

// table is the one whose rows are split.
func (l lists) table() string {
	if l.rule.By == ByAdmission {
		return mimic.TableAdmissions
	}
	return mimic.TablePatients
}

// tellShared warns of patients in two splits.
func (l lists) tellShared(n int) {
	if n > 0 {
		l.env.Log.Warn().Msgf("split.%s: %s patients are in more than one split, so that they may be trained on and tested; every step that learns or predicts by it refuses it without %s: true", l.rule.Name, smallcell.Of(n), overlapKey)
	}
}

// read is the split of each id that is listed. Rows may repeat: CORe has one a note.
func (l lists) read(ctx context.Context) (map[int64]string, error) {
	of, crossed := map[int64]string{}, map[int64]bool{}
	for _, t := range l.tables {
		err := t.each(ctx, func(id int64, split string) error {
			if before, known := of[id]; known && before != split {
				crossed[id] = true
			}
			of[id] = split
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if n := len(crossed); n > 0 {
		return nil, exit.Errorf(exit.BadData, "%s values of %s are listed in more than one split; list each in one", smallcell.Of(n), l.tables[0].id)
	}
	return of, nil
}

// hashOf is of what is listed, however the files have it.
func hashOf(of map[int64]string) string {
	sum := xxhash.New()
	for _, id := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintln(sum, id, of[id])
	}
	return fmt.Sprintf("%016x", sum.Sum64())
}
