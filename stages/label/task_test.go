package label_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// twoStays are those of one patient, a week apart: the first with an ICU stay, codes and
// ventilation, the second without a discharge.
func twoStays() tables {
	return tables{
		admissions: []mimic.Admission{
			{SubjectID: 1, HadmID: 11, Admittime: admit, Dischtime: admit + 3*day, AdmissionType: "URGENT"},
			{SubjectID: 1, HadmID: 10, Admittime: admit + 10*day},
		},
		diagnoses: []mimic.Code{
			{SubjectID: 1, HadmID: 11, SeqNum: 1, ICDCode: "4280", ICDVersion: 9},
			{SubjectID: 1, HadmID: 11, SeqNum: 2, ICDCode: "I500", ICDVersion: 10},
		},
		procedures:  []mimic.Code{{SubjectID: 1, HadmID: 11, SeqNum: 1, ICDCode: "0331", ICDVersion: 9, Chartdate: admit}},
		icustays:    []mimic.ICUStay{{SubjectID: 1, HadmID: 11, StayID: 5, Intime: admit + day, Outtime: admit + 2*day}},
		ventilation: []mimic.Ventilation{{SubjectID: 1, HadmID: 11, StayID: 5, Kind: mimic.InvasiveVentilation, Starttime: admit + day}},
	}
}

// declaring is the configuration of a task, with more keys if need be.
func declaring(is string, more ...string) string {
	return fmt.Sprintf("task:\n  name: x\n  label: {kind: binary, is: '%s'}\n%s", is, strings.Join(more, "\n"))
}

// Expressions are asked of both admissions: yes, no, or unknown, which is absorbed where
// the rest decides.
func TestExpressions(t *testing.T) {
	for is, want := range map[string]string{
		`admission.hadm_id == 11`:                                                         "yes no",
		`admission.admission_type == "URGENT"`:                                            "yes no",
		`has(admission.dischtime)`:                                                        "yes no",
		`admission.dischtime - admission.admittime == days(3)`:                            "yes unknown",
		`admission.dischtime > admission.admittime || true`:                               "yes yes",
		`has(admission.dischtime) && admission.dischtime > index`:                         "yes no",
		`index == admission.admittime && admission.admittime - hours(12) < index`:         "yes yes",
		`size(patient.admissions) == 2 && patient.admissions.first().hadm_id == 11`:       "yes yes", // by time, not by hadm_id
		`patient.admissions.last() == admission`:                                          "no yes",
		`patient.admissions.exists(a, a.admittime > index)`:                               "yes no",
		`patient.admissions.filter(a, has(a.dischtime)).last().dischtime <= index`:        "no yes",
		`admission.icustays.first().intime > index`:                                       "yes unknown",
		`size(admission.icustays) > 0 && size(patient.icustays) == 1`:                     "yes no",
		`admission.diagnoses.exists(d, d.icd9("428"))`:                                    "yes no",
		`admission.diagnoses.exists(d, d.icd10("428"))`:                                   "no no",
		`admission.diagnoses.exists(d, d.icd10("I50", "I52"))`:                            "yes no",
		`admission.diagnoses.exists(d, d.icd10("I40", "I49"))`:                            "no no",
		`patient.diagnoses.exists(d, d.icd9("420", "428") && d.seq_num == 1)`:             "yes yes",
		`admission.diagnoses.map(d, d.category(3)) == ["9:428", "10:I50"]`:                "yes no",
		`admission.procedures.exists(p, p.icd9("03") && p.icd_code.size() == 4)`:          "yes no",
		`patient.procedures.all(p, p.chartdate <= index)`:                                 "yes yes",
		`admission.ventilation.exists(v, v.kind == "invasive_ventilation")`:               "yes no",
		`patient.age(index) > 17.5 && patient.age(index) >= 18 && patient.gender == "F"`:  "yes yes",
		`duration("72h") == days(3) && days(0.5) == hours(12)`:                            "yes yes",
		`admission.icustays.map(s, s.outtime - s.intime).exists(length, length>=days(1))`: "yes no",
	} {
		s := twoStays()
		d := stagetest.Run(t, "label.task", declaring(is), s.withPatient(t, mimic.Patient{SubjectID: 1, Gender: "F", AnchorAge: 60, AnchorYear: 2180}))
		said := map[int64]string{10: "unknown", 11: "unknown"}
		for _, l := range labelsOf(t, d) {
			said[l.HadmID] = []string{"no", "yes"}[l.Label]
		}
		if got := said[11] + " " + said[10]; got != want {
			t.Errorf("%s: %s, want %s", is, got, want)
		}
		wantCounts(t, d, map[string]int64{"dropped.label_unknown": int64(strings.Count(want, "unknown"))})
	}
}

func TestDeclaredCohorts(t *testing.T) {
	for _, c := range []struct {
		name    string
		config  string
		want    []task.Label
		dropped string
	}{
		{"all", "", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: admit + 10*day}, {SubjectID: 1, HadmID: 11, PredictionTime: admit}}, ""},
		{"hours after", "index: {hours: 24}\n  cohort: has(admission.dischtime)", []task.Label{{SubjectID: 1, HadmID: 11, PredictionTime: admit + day}}, "not_in_cohort"},
		{"discharge", "index: {at: discharge}", []task.Label{{SubjectID: 1, HadmID: 11, PredictionTime: admit + 3*day}}, "no_index_time"},
		{"first ICU stay", "index: {at: first_icu}", []task.Label{{SubjectID: 1, HadmID: 11, PredictionTime: admit + day}}, "no_index_time"},
		{"unknown cohort", "cohort: admission.dischtime > index", []task.Label{{SubjectID: 1, HadmID: 11, PredictionTime: admit}}, "not_in_cohort_unknown"},
		{"excluded", "exclude: [{reason: never, when: 'false'}, {reason: late, when: admission.hadm_id == 10}]", []task.Label{{SubjectID: 1, HadmID: 11, PredictionTime: admit}}, "late"},
		{"unknown exclusion", "exclude: [{reason: short, when: admission.dischtime < index + days(1)}]", []task.Label{{SubjectID: 1, HadmID: 11, PredictionTime: admit}}, "short_unknown"},
	} {
		d := stagetest.Run(t, "label.task", declaring("false", "  "+c.config), twoStays().inputs(t, 1))
		if diff := cmp.Diff(c.want, labelsOf(t, d)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if c.dropped != "" {
			wantCounts(t, d, map[string]int64{"dropped." + c.dropped: 1, "read": 2})
		}
	}
}

func TestDeclaredKinds(t *testing.T) {
	run := func(label string) (of task.Task, labels []string) {
		d := stagetest.Run(t, "label.task", "task: {name: x, label: "+label+"}", twoStays().inputs(t, 1))
		for _, l := range labelsOf(t, d) {
			labels = append(labels, fmt.Sprint(l.HadmID, l.Label, l.Labels))
		}
		return taskOf(t, d), labels
	}
	for label, want := range map[string][]string{
		`{kind: multiclass, names: [a, b, c], is: "size(admission.diagnoses)"}`:                           []string{"10 0 []", "11 2 []"},
		`{kind: multiclass, names: [none, some], is: "size(admission.icustays) == 0 ? 'none' : 'some'"}`:  []string{"10 0 []", "11 1 []"},
		`{kind: multilabel, names: ["9:428", "10:I50"], is: "admission.diagnoses.map(d, d.category(3))"}`: []string{"10 0 []", "11 0 [0 1]"},
		`{kind: binary, is: "has(admission.dischtime)"}`:                                                  []string{"10 0 []", "11 1 []"},
	} {
		if _, got := run(label); cmp.Diff(want, got) != "" {
			t.Errorf("%s: %s", label, cmp.Diff(want, got))
		}
	}
	of, _ := run(`{kind: binary, is: "true"}`)
	want := task.Task{Name: "x", Kind: task.Binary, Labels: []string{"no", "yes"}, Release: "mimiciv", Texts: task.Texts{Of: task.OfAdmission}}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Error(diff)
	}
}

// What only the rows show is told with the admission, and never with a value of a row.
func TestDeclaredLabelsThatFail(t *testing.T) {
	list := "[" + strings.Repeat("1,", 999) + "1]"
	endless := list + ".all(a, " + list + ".all(b, " + list + ".all(c, a + b + c > 0)))"
	for label, words := range map[string][]string{
		`{kind: multiclass, names: [a, b], is: "size(admission.diagnoses)"}`:           {"hadm_id 11", "task.label.is", "is no number of a class, which are 0 to 1"},
		`{kind: multiclass, names: [a, b], is: "admission.admission_type"}`:            {"hadm_id 10", "none of the names"},
		`{kind: multilabel, names: [a], is: "admission.diagnoses.map(d, d.icd_code)"}`: {"hadm_id 11", "task.label.names does not"},
		`{kind: binary, is: "1 / size(admission.diagnoses) > 0"}`:                      {"hadm_id 10", "division by zero"},
		`{kind: binary, is: "int(admission.admission_type) > 0"}`:                      {"hadm_id 10", "no value here"},
		`{kind: binary, is: "admission.diagnoses.exists(d, d.icd9('1', '14'))"}`:       {"hadm_id 11", "of one length"},
		`{kind: binary, is: "admission.icustays[0].stay_id > 0"}`:                      {"hadm_id 10", "index out of bounds"},
		`{kind: binary, is: "` + endless + `"}`:                                        {"hadm_id 10", "cost limit exceeded"},
	} {
		wantRefusal(t, exit.BadData, "label.task", "task: {name: x, label: "+label+"}", twoStays().inputs(t, 1), words...)
	}
}

// Faults are told at their places in the task's file, all at once.
func TestFaultsOfATaskFile(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"name: x\nlabel:\n  kind: binary\n  is: admision.hadm_id > 3\n", "task.yaml:4:7: steps.labels.with.task.label.is: undeclared reference to 'admision'; did you mean admission?"},
		{"name: x\ncohort: 'admission.dischtim > index'\nlabel: {kind: binary, is: 'true'}\n", "task.yaml:2:19: steps.labels.with.task.cohort: undefined field 'dischtim'; did you mean dischtime?"},
		{"name: x\nlabel:\n  kind: binary\n  is: |\n    admission.hadm_id > 3\n      && admission.race > 3\n", "task.yaml:6:25: steps.labels.with.task.label.is: found no matching overload for '_>_' applied to '(string, int)'"},
		{"name: x\nlabel:\n  kind: binary\n  is: admission.hadm_id\n", "task.yaml:4:7: steps.labels.with.task.label.is: is a number, want true or false"},
		{"name: x\nlabel:\n  kind: binary\n  is: index - admission.admittime\n", "task.yaml:4:7: steps.labels.with.task.label.is: is a span of time, want true or false"},
		{"name: x\nlabel: {kind: regression, is: admission.hadm_id}\n", "task.yaml:2:15: steps.labels.with.task.label.kind: regression is not to be had"},
		{"name: x\nlabel: {kind: multilable, is: 'true'}\n", "task.yaml:2:15: steps.labels.with.task.label.kind: \"multilable\" is no kind of label; did you mean multilabel?"},
		{"name: x\nlabel: {kind: binary, is: 'true'}\ncohorte: true\n", "task.yaml:3:1: steps.labels.with.task.cohorte: unknown key; did you mean cohort?"},
		{"name: x\nlabel: {kind: binary, is: 'true', names: [a]}\n", "task.yaml:2:42: steps.labels.with.task.label.names: a binary task has two names"},
		{"name: x\nlabel: {kind: multiclass, is: '1'}\n", "task.label.names: a multiclass task needs the names"},
		{"name: x\nlabel: {kind: binary, is: 'true'}\nindex: {at: dischage}\n", "task.yaml:3:13: steps.labels.with.task.index.at: \"dischage\" is not allowed; did you mean discharge?"},
		{"name: x\nlabel: {kind: binary, is: 'true'}\nexclude: [{reason: a, when: 'true'}, {reason: a, when: patient.age(index) < \"18\"}]\n", "task.exclude[1].when: found no matching overload"},
		{"name: x\nlabel: {kind: binary, is: 'true'}\nexclude: [{reason: not_in_cohort, when: 'true'}]\n", "task.yaml:3:20: steps.labels.with.task.exclude[0].reason: not_in_cohort is what others are counted under"},
		{"name: x\nlabel: {kind: binary, is: 'true'}\ntexts: {sections: [history]}\n", "task.yaml:3:20: steps.labels.with.task.texts.sections[0]: no section \"history\"; known: "},
		{"name: x\nlabel: {kind: binary, is: 'true'}\ntexts: {types: [radiology_report]}\n", "task.yaml:3:8: steps.labels.with.task.texts: types, categories"},
		{"name: x\nlabel: {kind: binary, is: '${limit}'}\n", "has a ${…}"},
		{"name: x\nlabel: {kind: binary, is: dayz(3) == days(3)}\n", "undeclared reference to 'dayz'; did you mean days?"},
		{"name: x\nlabel: {kind: binary, is: '(true'}\n", "Syntax error"},
		{"name: x\nlabel: {kind: binary, is: '[1].exists(a, [1].exists(b, [1].exists(c, [1].exists(d, d > 0))))'}\n", "task.yaml:2:"},
		{"name: x\nlabel: {kind: binary, is: ' '}\n", "task.yaml:2:27: steps.labels.with.task.label.is: is empty; want an expression that is true or false"},
		{"", "is empty; start from one that ships: clinibench_hosp_icd10, "},
		{"name: x\nlabel: {kind: multilabel, is: '[\"a\"]'}\n", "steps.labels.in.label_set: the task x names no labels; give it a step of label.task_set"},
	} {
		folder := t.TempDir()
		t.Chdir(folder)
		write(t, "task.yaml", c.file)
		write(t, "dag.yaml", "name: d\nsteps:\n  patients: {stage: synth.mimiciv}\n  rows: {stage: ingest.mimiciv, in: {mimic: patients}}\n  labels: {stage: label.task, in: {patients: rows}, with: {task: task.yaml}}\n")
		_, err := dags.Inspect(t.Context(), stages.Default, dags.Request{DAG: filepath.Join(folder, "dag.yaml")})
		stagetest.WantCode(t, err, exit.Usage)
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n%v\nwant %s", c.file, err, c.want)
		}
	}
}

// A file that is not there is one fault: what a task needs goes without saying.
func TestTaskThatIsNotThere(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	write(t, "dag.yaml", "name: d\nsteps:\n  patients: {stage: synth.mimiciv}\n  rows: {stage: ingest.mimiciv, in: {mimic: patients}}\n  labels: {stage: label.task, in: {patients: rows}, with: {task: readmission_30}}\n")
	_, err := dags.Inspect(t.Context(), stages.Default, dags.Request{DAG: filepath.Join(folder, "dag.yaml")})
	stagetest.WantCode(t, err, exit.Usage)
	want := ":5:66: steps.labels.with.task: readmission_30 is neither a file nor one that ships; did you mean readmission_30d?"
	if text := err.Error(); !strings.HasSuffix(text, want) || strings.Contains(text, "\n") {
		t.Errorf("%v\nwant the one fault %s", err, want)
	}
}

// What a file that cannot be read would have said is not told as missing.
func TestATaskFileThatCannotBeReadIsOneFault(t *testing.T) {
	for text, want := range map[string]string{
		"name: [x\n":              "malformed YAML",
		"name: x\n---\nname: y\n": "more than one YAML document",
		"":                        "is empty",
	} {
		folder := t.TempDir()
		t.Chdir(folder)
		write(t, "task.yaml", text)
		write(t, "dag.yaml", "name: d\nsteps:\n  patients: {stage: synth.mimiciv}\n  rows: {stage: ingest.mimiciv, in: {mimic: patients}}\n  labels: {stage: label.task, in: {patients: rows}, with: {task: task.yaml}}\n")
		_, err := dags.Inspect(t.Context(), stages.Default, dags.Request{DAG: filepath.Join(folder, "dag.yaml")})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
