package split_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// Patients in two splits are told once, fewer than ten without their number.
func TestPatientsInTwoSplitsAreTold(t *testing.T) {
	var log bytes.Buffer
	env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
	stagetest.RunIn(t, env, "split.file", "{by: hadm_id, file: testdata/admissions.csv}", people(t, 3))
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "split.file: <10 patients are in more than one split") || !strings.Contains(got, "allow_patient_overlap: true") {
		t.Error(got)
	}
	log.Reset()
	stagetest.RunIn(t, env, "split.file", "file: testdata/patients.csv", people(t, 3))
	if got := log.String(); got != "" {
		t.Error(got)
	}
}

// What by is to be is one fault: lint looks for no column that has no name.
func TestLintOfAColumnThatIsNone(t *testing.T) {
	spec, _ := stages.Default.Lookup("split.file")
	built, err := spec.Build(stages.Default, []byte(`{"file": "testdata/admissions.csv"}`))
	if err != nil {
		t.Fatal(err)
	}
	if faults := built.(stages.Checked).Check(t.Context(), nil); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
}

// Lint looks at the columns of the lists, and at the whole of a pickle.
func TestLintLooksAtTheLists(t *testing.T) {
	for config, want := range map[string][]string{
		"file: testdata/patients.csv":                                                  nil,
		"{by: hadm_id, file: testdata/patients.csv}":                                   {"file"},
		"{by: hadm_id, file: testdata/numpy.pkl}":                                      {"file"},
		"{train: testdata/patients.csv, val: testdata/admissions.csv, test: none.csv}": {"val", "test"},
	} {
		spec, _ := stages.Default.Lookup("split.file")
		built, err := spec.Build(stages.Default, stagetest.Resolve(t, spec.Config(), config))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, fault := range built.(stages.Checked).Check(t.Context(), nil) {
			got = append(got, fault.Key)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: faults of %v, want %v", config, got, want)
		}
	}
}
