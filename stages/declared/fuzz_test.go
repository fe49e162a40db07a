package declared

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/tasks"
)

const (
	canary       = "canary7f3a"
	canaryNumber = 715517
)

// fuzzed is a patient of two admissions whose texts are all the canary, with a code that
// is its number.
func fuzzed() *patient {
	const admit, day = dataset.Time(6.6e15), dataset.Time(24 * 60 * 60 * 1e6)
	rows := rowsOf{
		patients: recordsOf(patientKind, mimic.Patient{SubjectID: 1, Gender: canary, AnchorAge: 60, AnchorYear: 2180, Dod: admit + 100*day}),
		admissions: recordsOf(admissionKind,
			mimic.Admission{SubjectID: 1, HadmID: 10, Admittime: admit, Dischtime: admit + 3*day, AdmissionType: canary, Race: canary},
			mimic.Admission{SubjectID: 1, HadmID: 11, Admittime: admit + 9*day, HospitalExpireFlag: -1}),
		diagnoses:   recordsOf(diagnosisKind, mimic.Code{SubjectID: 1, HadmID: 10, ICDCode: canary, ICDVersion: 9}, mimic.Code{SubjectID: 1, HadmID: 10, ICDCode: strconv.Itoa(canaryNumber), ICDVersion: 10}),
		procedures:  recordsOf(procedureKind, mimic.Code{SubjectID: 1, HadmID: 11, ICDCode: canary, ICDVersion: 10}),
		icustays:    recordsOf(icuStayKind, mimic.ICUStay{SubjectID: 1, HadmID: 10, StayID: 5, Intime: admit + day, FirstCareunit: canary}),
		ventilation: recordsOf(ventilationKind, mimic.Ventilation{SubjectID: 1, HadmID: 10, StayID: 5, Kind: canary, Starttime: admit}),
	}
	return rows.patient(1)
}

// FuzzTask reads, checks and asks tasks of any text: nothing panics, what passes the
// check gives labels, and no error tells what a row holds.
func FuzzTask(f *testing.F) {
	files, err := tasks.Files.ReadDir(".")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := tasks.Files.ReadFile(file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, is := range []string{
		"int(admission.race) > 3", "timestamp(admission.admission_type) > index", "admission.icustays[2].stay_id > 0",
		"patient.age(index) / 0 > 1", "patient.diagnoses.map(d, d.category(3))[7] == '9'", "{'a': 1}[patient.gender] > 0",
		"admission == patient.admissions.first()", "duration(patient.gender) > days(1)", "Patient{subject_id: 1} == patient",
		"dyn(admission).race == 3", "patient.gender.matches(patient.gender + '(')", "days(9223372036854775807) > days(1)",
	} {
		f.Add("name: x\nlabel:\n  kind: binary\n  is: \"" + is + "\"\n")
	}
	f.Add("name: x\nlabel: {kind: multiclass, names: [a, b], is: 'int(patient.diagnoses.last().icd_code)'}\n")
	fields := stages.FieldsOf[Declaration]()
	f.Fuzz(func(t *testing.T, text string) {
		resolved, err := dags.Resolve("task.yaml", []byte(text), fields)
		if err != nil {
			return
		}
		var d Declaration
		if err := json.Unmarshal(resolved, &d); err != nil {
			t.Fatal(err)
		}
		checked, faults := Check("task", d)
		for _, fault := range faults {
			if fault.Err == nil || !strings.HasPrefix(fault.Key, "task") || fault.Line < 0 || fault.Col < 0 {
				t.Errorf("fault %+v", fault)
			}
		}
		if len(faults) == 0 {
			ask(t, checked)
		}
	})
}

// ask asks a task of the fuzzed patient's admissions.
func ask(t *testing.T, checked *Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	p := fuzzed()
	for _, a := range p.admissions {
		row := rowOf[mimic.Admission](a)
		o, dropped, err := checked.ask(ctx, p.record, a, &row)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return
		case err != nil && (exit.Of(err) != exit.BadData || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), strconv.Itoa(canaryNumber))):
			t.Errorf("error %v", err)
		case err == nil && dropped == "" && (o.Index == 0 || o.Label < 0):
			t.Errorf("outcome %+v", o)
		}
	}
}
