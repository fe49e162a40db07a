package declared

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types/ref"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// Tables are those that expressions see, the admissions aside.
var Tables = []string{mimic.TablePatients, mimic.TableDiagnoses, mimic.TableProcedures, mimic.TableICUStays, mimic.TableVentilation}

// Patients reads the patients of one part, all rows of one at a time.
type Patients struct {
	patients    *byPatient[mimic.Patient]
	admissions  *byPatient[mimic.Admission]
	diagnoses   *byPatient[mimic.Code]
	procedures  *byPatient[mimic.Code]
	icustays    *byPatient[mimic.ICUStay]
	ventilation *byPatient[mimic.Ventilation]
	current     *patient
}

// Read begins to read one part. Close it.
func Read(ctx context.Context, d *dataset.Dataset, part int) *Patients {
	return &Patients{
		patients:    readByPatient[mimic.Patient](ctx, d, mimic.TablePatients, part),
		admissions:  readByPatient[mimic.Admission](ctx, d, mimic.TableAdmissions, part),
		diagnoses:   readByPatient[mimic.Code](ctx, d, mimic.TableDiagnoses, part),
		procedures:  readByPatient[mimic.Code](ctx, d, mimic.TableProcedures, part),
		icustays:    readByPatient[mimic.ICUStay](ctx, d, mimic.TableICUStays, part),
		ventilation: readByPatient[mimic.Ventilation](ctx, d, mimic.TableVentilation, part),
	}
}

// Close ends the reading, finished or not.
func (p *Patients) Close() {
	for _, stop := range []func(){p.patients.stop, p.admissions.stop, p.diagnoses.stop, p.procedures.stop, p.icustays.stop, p.ventilation.stop} {
		stop()
	}
}

// patient is all of a patient, as expressions see it.
type patient struct {
	subjectID  int64
	record     *record
	admissions []*record // in the order of their table
	next       int       // of the admissions, the one to be asked for
}

// of is the patient of an admission, and the admission. Admissions are asked for in the
// order of their table, each once.
func (p *Patients) of(a *mimic.Admission) (patient, admission *record, err error) {
	if p.current == nil || p.current.subjectID != a.SubjectID {
		if p.current, err = p.read(a.SubjectID); err != nil {
			return nil, nil, err
		}
	}
	p.current.next++
	return p.current.record, p.current.admissions[p.current.next-1], nil
}

func (p *Patients) read(subjectID int64) (*patient, error) {
	var failed error
	admissions := records(p.admissions, subjectID, admissionKind, &failed)
	whole := &record{kind: patientKind, row: reflect.ValueOf(mimic.Patient{SubjectID: subjectID}), lists: map[string]ref.Val{}}
	for _, r := range records(p.patients, subjectID, patientKind, &failed) {
		whole.row = r.row
	}
	byTime := inTime(admissions, func(r *record) dataset.Time { return rowOf[mimic.Admission](r).Admittime })
	whole.lists["admissions"] = list(byTime)
	came := map[int64]dataset.Time{} // admittime by hadm_id
	for _, a := range admissions {
		came[hadmOf(a)] = rowOf[mimic.Admission](a).Admittime
		a.lists = map[string]ref.Val{}
	}
	for name, t := range map[string]struct {
		rows []*record
		at   func(*record) dataset.Time
	}{
		"diagnoses":   {records(p.diagnoses, subjectID, diagnosisKind, &failed), func(r *record) dataset.Time { return came[hadmOf(r)] }},
		"procedures":  {records(p.procedures, subjectID, procedureKind, &failed), func(r *record) dataset.Time { return rowOf[mimic.Code](r).Chartdate }},
		"icustays":    {records(p.icustays, subjectID, icuStayKind, &failed), func(r *record) dataset.Time { return rowOf[mimic.ICUStay](r).Intime }},
		"ventilation": {records(p.ventilation, subjectID, ventilationKind, &failed), func(r *record) dataset.Time { return rowOf[mimic.Ventilation](r).Starttime }},
	} {
		rows := inTime(t.rows, t.at)
		whole.lists[name] = list(rows)
		of := map[int64][]*record{}
		for _, r := range rows {
			of[hadmOf(r)] = append(of[hadmOf(r)], r)
		}
		for _, a := range admissions {
			a.lists[name] = list(of[hadmOf(a)])
		}
	}
	return &patient{subjectID: subjectID, record: whole, admissions: admissions}, failed
}

// hadmOf is the admission that a row names.
func hadmOf(r *record) int64 { return r.row.FieldByName("HadmID").Int() }

// inTime are rows in the order of their times, those of one time as they are in the table.
func inTime(rows []*record, at func(*record) dataset.Time) []*record {
	return slices.SortedStableFunc(slices.Values(rows), func(a, b *record) int { return cmp.Compare(at(a), at(b)) })
}

// byPatient reads a part of a table patient by patient, one row ahead.
type byPatient[R mimic.Row] struct {
	pull  func() (R, error, bool)
	stop  func()
	ahead R
	more  bool
	err   error
}

func readByPatient[R mimic.Row](ctx context.Context, d *dataset.Dataset, table string, part int) *byPatient[R] {
	b := &byPatient[R]{}
	b.pull, b.stop = iter.Pull2(dataset.Read[R](ctx, d, table, part))
	b.advance()
	return b
}

func (b *byPatient[R]) advance() {
	b.ahead, b.err, b.more = b.pull()
	b.more = b.more && b.err == nil
}

// records are a patient's rows. Patients are asked for in ascending order; rows of those
// between are passed over.
func records[R mimic.Row](b *byPatient[R], subjectID int64, k *kind, failed *error) (rows []*record) {
	for ; b.more && b.ahead.Key().SubjectID <= subjectID; b.advance() {
		if b.ahead.Key().SubjectID == subjectID {
			rows = append(rows, &record{kind: k, row: reflect.ValueOf(b.ahead)})
		}
	}
	*failed = errors.Join(*failed, b.err)
	return rows
}
