package declared

import (
	"cmp"
	"context"
	"errors"
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
	patients    *mimic.ByPatient[mimic.Patient]
	admissions  *mimic.ByPatient[mimic.Admission]
	diagnoses   *mimic.ByPatient[mimic.Code]
	procedures  *mimic.ByPatient[mimic.Code]
	icustays    *mimic.ByPatient[mimic.ICUStay]
	ventilation *mimic.ByPatient[mimic.Ventilation]
	current     *patient
}

// Read begins to read one part. Close it.
func Read(ctx context.Context, d *dataset.Dataset, part int) *Patients {
	return &Patients{
		patients:    mimic.ReadByPatient[mimic.Patient](ctx, d, mimic.TablePatients, part, nil),
		admissions:  mimic.ReadByPatient[mimic.Admission](ctx, d, mimic.TableAdmissions, part, nil),
		diagnoses:   mimic.ReadByPatient[mimic.Code](ctx, d, mimic.TableDiagnoses, part, nil),
		procedures:  mimic.ReadByPatient[mimic.Code](ctx, d, mimic.TableProcedures, part, nil),
		icustays:    mimic.ReadByPatient[mimic.ICUStay](ctx, d, mimic.TableICUStays, part, nil),
		ventilation: mimic.ReadByPatient[mimic.Ventilation](ctx, d, mimic.TableVentilation, part, nil),
	}
}

// Close ends the reading, finished or not.
func (p *Patients) Close() {
	for _, table := range []interface{ Close() }{p.patients, p.admissions, p.diagnoses, p.procedures, p.icustays, p.ventilation} {
		table.Close()
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
	rows := rowsOf{
		patients:    records(p.patients, subjectID, patientKind, &failed),
		admissions:  records(p.admissions, subjectID, admissionKind, &failed),
		diagnoses:   records(p.diagnoses, subjectID, diagnosisKind, &failed),
		procedures:  records(p.procedures, subjectID, procedureKind, &failed),
		icustays:    records(p.icustays, subjectID, icuStayKind, &failed),
		ventilation: records(p.ventilation, subjectID, ventilationKind, &failed),
	}
	return rows.patient(subjectID), failed
}

// rowsOf are the rows of one patient, in the order of their tables.
type rowsOf struct{ patients, admissions, diagnoses, procedures, icustays, ventilation []*record }

// patient puts the rows together: lists in the order of time, an admission's beside it.
func (r rowsOf) patient(subjectID int64) *patient {
	whole := &record{kind: patientKind, row: reflect.ValueOf(mimic.Patient{SubjectID: subjectID}), lists: map[string]ref.Val{}}
	for _, known := range r.patients {
		whole.row = known.row
	}
	came := map[int64]dataset.Time{} // admittime by hadm_id
	for _, a := range r.admissions {
		came[hadmOf(a)] = rowOf[mimic.Admission](a).Admittime
		a.lists = map[string]ref.Val{}
	}
	whole.lists["admissions"] = list(inTime(r.admissions, func(a *record) dataset.Time { return came[hadmOf(a)] }))
	r.share(whole, "diagnoses", inTime(r.diagnoses, func(d *record) dataset.Time { return came[hadmOf(d)] }))
	r.share(whole, "procedures", inTime(r.procedures, func(p *record) dataset.Time { return rowOf[mimic.Code](p).Chartdate }))
	r.share(whole, "icustays", inTime(r.icustays, func(s *record) dataset.Time { return rowOf[mimic.ICUStay](s).Intime }))
	r.share(whole, "ventilation", inTime(r.ventilation, func(v *record) dataset.Time { return rowOf[mimic.Ventilation](v).Starttime }))
	return &patient{subjectID: subjectID, record: whole, admissions: r.admissions}
}

// share gives rows to the patient, and to each admission its own.
func (r rowsOf) share(whole *record, name string, rows []*record) {
	whole.lists[name] = list(rows)
	of := map[int64][]*record{}
	for _, row := range rows {
		of[hadmOf(row)] = append(of[hadmOf(row)], row)
	}
	for _, a := range r.admissions {
		a.lists[name] = list(of[hadmOf(a)])
	}
}

// hadmOf is the admission that a row names.
func hadmOf(r *record) int64 { return r.row.FieldByName("HadmID").Int() }

// inTime are rows in the order of their times, those of one time as they are in the table.
func inTime(rows []*record, at func(*record) dataset.Time) []*record {
	return slices.SortedStableFunc(slices.Values(rows), func(a, b *record) int { return cmp.Compare(at(a), at(b)) })
}

// records are a patient's rows.
func records[R mimic.Row](from *mimic.ByPatient[R], subjectID int64, k *kind, failed *error) (all []*record) {
	rows, err := from.Of(subjectID)
	*failed = errors.Join(*failed, err)
	return recordsOf(k, rows...)
}

func recordsOf[R mimic.Row](k *kind, rows ...R) (all []*record) {
	for i := range rows {
		all = append(all, &record{kind: k, row: reflect.ValueOf(rows[i])})
	}
	return all
}
