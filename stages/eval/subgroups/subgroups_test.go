package subgroups

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// hospital is an invented one with what is expected of its groups;
// oracle/subgroup_golden.py wrote it.
type hospital struct {
	Patients []struct {
		SubjectID       int64 `json:"subject_id"`
		Gender          string
		AnchorAge       int32  `json:"anchor_age"`
		AnchorYear      int32  `json:"anchor_year"`
		AnchorYearGroup string `json:"anchor_year_group"`
		Split           string
	}
	Admissions []struct {
		SubjectID int64 `json:"subject_id"`
		HadmID    int64 `json:"hadm_id"`
		Admittime string
		Insurance string
		Race      string
	}
	Stays []struct {
		SubjectID     int64 `json:"subject_id"`
		HadmID        int64 `json:"hadm_id"`
		StayID        int64 `json:"stay_id"`
		Intime        string
		FirstCareunit string `json:"first_careunit"`
	}
	Tasks []struct {
		Task   string
		Kind   task.Kind
		Labels [][]int32
		Logits [][]float32
		Groups []struct {
			Attribute, Group       string
			N, Patients, Positives int64
			AUROC                  *float64
			Paper                  *float64 `json:"auroc_paper"`
			MeanPredicted          *float64 `json:"mean_predicted"`
			Observed, ECE          *float64
		}
	}
	Table1 []struct {
		Split                string
		Patients, Admissions int64
		Mean, SD             float64
		Quartiles            []float64
		Groups               map[string]map[string]int64
	}
}

func hospitalOf(t testing.TB) (h hospital) {
	t.Helper()
	data, err := os.ReadFile("testdata/subgroups.json")
	if err == nil {
		err = json.Unmarshal(data, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func when(t testing.TB, text string) dataset.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return dataset.Time(at.UnixMicro())
}

// inputs are the hospital's datasets. change may give patients other columns, and
// examples the ids of notes.
func (h hospital) inputs(t testing.TB, parts int, change func(*mimic.Patient), ofNotes bool) stages.Inputs {
	t.Helper()
	var patients []mimic.Patient
	var splits []task.Split
	for _, p := range h.Patients {
		row := mimic.Patient{SubjectID: p.SubjectID, Gender: p.Gender, AnchorAge: p.AnchorAge, AnchorYear: p.AnchorYear, AnchorYearGroup: p.AnchorYearGroup}
		change(&row)
		patients = append(patients, row)
		splits = append(splits, task.Split{SubjectID: p.SubjectID, Split: p.Split})
	}
	var admissions []mimic.Admission
	var notes []mimic.Note
	for _, a := range h.Admissions {
		admissions = append(admissions, mimic.Admission{SubjectID: a.SubjectID, HadmID: a.HadmID, Admittime: when(t, a.Admittime), Insurance: a.Insurance, Race: a.Race})
		notes = append(notes, mimic.Note{NoteID: h.noteID(a.HadmID), SubjectID: a.SubjectID, HadmID: a.HadmID, Text: "zqcanary"})
	}
	var stays []mimic.ICUStay
	for _, s := range h.Stays {
		stays = append(stays, mimic.ICUStay{SubjectID: s.SubjectID, HadmID: s.HadmID, StayID: s.StayID, Intime: when(t, s.Intime), FirstCareunit: s.FirstCareunit})
	}
	slices.SortFunc(admissions, mimic.Compare)
	slices.SortFunc(stays, mimic.Compare)
	return stages.Inputs{
		"predictions": h.predictions(t, parts, ofNotes),
		"patients": {stagetest.Dataset(t, mimic.KindPatients, parts, nil,
			stagetest.TableOf(mimic.TablePatients, patients, func(r mimic.Patient) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableAdmissions, admissions, func(r mimic.Admission) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableICUStays, stays, func(r mimic.ICUStay) int64 { return r.SubjectID }),
			stagetest.TableOf(mimic.TableNotes, notes, func(r mimic.Note) int64 { return r.SubjectID }))},
		"split": {stagetest.Dataset(t, task.KindSplits, parts, map[string]any{split.Attribute: split.Rule{Name: "hash"}},
			stagetest.TableOf(task.TableSplits, splits, func(r task.Split) int64 { return r.SubjectID }))},
	}
}

// noteID is the id of an admission's note: in MIMIC-III that of another's admission.
func (hospital) noteID(hadm int64) string { return fmt.Sprint(hadm ^ 1) }

func (h hospital) predictions(t testing.TB, parts int, ofNotes bool) (all []*dataset.Dataset) {
	t.Helper()
	for _, of := range h.Tasks {
		var rows []task.Prediction
		for i, a := range h.Admissions {
			row := task.Prediction{ExampleID: fmt.Sprint(a.HadmID), SubjectID: a.SubjectID, Task: of.Task, Variant: "lora", Split: "test", Logits: of.Logits[i]}
			if ofNotes {
				row.ExampleID = h.noteID(a.HadmID)
			}
			if of.Kind == task.Multilabel {
				row.Labels = of.Labels[i]
			} else {
				row.Label = of.Labels[i][0]
			}
			rows = append(rows, row)
		}
		all = append(all, evaltest.PredictionsOf(t, parts, evaltest.TaskOf(of.Task, len(of.Logits[0])), rows))
	}
	return all
}

func unchanged(*mimic.Patient) {}

func subgroupsOf(t testing.TB, config string, in stages.Inputs) (s Result) {
	t.Helper()
	if err := stagetest.Run(t, "eval.subgroups", config, in).ReadJSON(t.Context(), FileName, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

var toTheBit = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12*max(1, math.Abs(b)) })

// TestSubgroupsEqualTheOracle: every figure of every group is pandas' and scikit-learn's,
// by the clinical recipe for examples that are named by admissions, by the paper's for
// those that are named by notes.
func TestSubgroupsEqualTheOracle(t *testing.T) {
	h := hospitalOf(t)
	for _, ofNotes := range []bool{false, true} {
		recipe := map[bool]string{false: "clinical", true: "paper"}[ofNotes]
		got := subgroupsOf(t, "{small_cells: show, recipe: "+recipe+"}", h.inputs(t, 3, unchanged, ofNotes))
		for _, of := range h.Tasks {
			found := map[string]GroupScore{}
			for _, a := range got.Variants["lora"][of.Task] {
				for _, g := range a.Groups {
					found[a.Name+"/"+g.Group] = g
				}
			}
			if len(found) != len(of.Groups) {
				t.Errorf("%s: %d groups, want %d", of.Task, len(found), len(of.Groups))
			}
			for _, want := range of.Groups {
				g, name := found[want.Attribute+"/"+want.Group], of.Task+", "+want.Group
				if int64(g.N) != want.N || int64(g.Patients) != want.Patients || int64(g.Positives) != want.Positives {
					t.Errorf("%s: %d of %d patients, %d positive; want %+v", name, g.N, g.Patients, g.Positives, want)
				}
				if ofNotes {
					want.AUROC = want.Paper
				}
				for _, diff := range []string{cmp.Diff(want.AUROC, g.AUROC, toTheBit), cmp.Diff(want.MeanPredicted, g.MeanPredicted, toTheBit), cmp.Diff(want.Observed, g.Observed, toTheBit), cmp.Diff(want.ECE, g.ECE, toTheBit)} {
					if diff != "" {
						t.Errorf("%s: %s", name, diff)
					}
				}
			}
		}
	}
}

func TestTable1EqualsTheOracle(t *testing.T) {
	h := hospitalOf(t)
	got := subgroupsOf(t, "{small_cells: show}", h.inputs(t, 3, unchanged, false))
	for i, want := range h.Table1 {
		s := got.Table1.Splits[i]
		quartiles := []float64{*s.Age.Q1, *s.Age.Median, *s.Age.Q3}
		if s.Split != want.Split || int64(s.Patients) != want.Patients || int64(s.Admissions) != want.Admissions {
			t.Errorf("%+v, want %+v", s, want)
		}
		for _, diff := range []string{
			cmp.Diff(want.Quartiles, quartiles), cmp.Diff(want.Mean, s.Age.Mean, toTheBit), cmp.Diff(want.SD, s.Age.SD, toTheBit),
			cmp.Diff(float64(want.Admissions)/float64(want.Patients), *s.AdmissionsPerPatient),
		} {
			if diff != "" {
				t.Errorf("%s: %s", want.Split, diff)
			}
		}
		groups := map[string]map[string]int64{}
		for _, a := range s.Attributes {
			groups[a.Name] = map[string]int64{}
			for _, g := range a.Groups {
				groups[a.Name][g.Group] = int64(g.N)
			}
		}
		if diff := cmp.Diff(want.Groups, groups); diff != "" {
			t.Errorf("%s: %s", want.Split, diff)
		}
	}
}

// TestSubgroupsOfMIMICIII: age is by the date of birth, and there is no year group.
func TestSubgroupsOfMIMICIII(t *testing.T) {
	h := hospitalOf(t)
	byBirth := func(p *mimic.Patient) {
		born := time.Date(int(p.AnchorYear-p.AnchorAge), 1, 1, 0, 0, 0, 0, time.UTC)
		if p.AnchorAge > 89 {
			born = born.AddDate(-210, 0, 0)
		}
		*p = mimic.Patient{SubjectID: p.SubjectID, Gender: p.Gender, Dob: dataset.Time(born.UnixMicro())}
	}
	four, three := subgroupsOf(t, "{}", h.inputs(t, 2, unchanged, false)), subgroupsOf(t, "{}", h.inputs(t, 2, byBirth, false))
	of := four.Variants["lora"]["pmv"]
	if of[len(of)-1].Name != AttributeYears {
		t.Fatal("the last attribute is not the year group")
	}
	if diff := cmp.Diff(of[:len(of)-1], three.Variants["lora"]["pmv"]); diff != "" {
		t.Error(diff)
	}
}

// TestSubgroupsAreTheSameWhateverTheParts: and nothing of the notes is in them.
func TestSubgroupsAreTheSameWhateverTheParts(t *testing.T) {
	h := hospitalOf(t)
	var first string
	for _, parts := range []int{1, 2, 7} {
		text := evaltest.File(t, stagetest.Run(t, "eval.subgroups", "{}", h.inputs(t, parts, unchanged, true)), FileName)
		if first == "" {
			first = text
		}
		if text != first || strings.Contains(text, "zqcanary") {
			t.Errorf("%d parts give other bytes than one, or tell of a note", parts)
		}
	}
}

func TestSubgroupsOfOtherPatients(t *testing.T) {
	in := hospitalOf(t).inputs(t, 2, func(p *mimic.Patient) { p.SubjectID += 1e6 }, false)
	_, err := stagetest.Try(t, "eval.subgroups", "{}", in)
	stagetest.WantCode(t, err, exit.BadData)
	if err != nil && !strings.Contains(err.Error(), "does not have all patients") {
		t.Error(err)
	}
	in = hospitalOf(t).inputs(t, 2, unchanged, false)
	_, err = stagetest.Try(t, "eval.subgroups", "{split: val}", in)
	stagetest.WantCode(t, err, exit.BadData)
	rows := stagetest.Rows[task.Prediction](t, in["predictions"][0], task.TablePredictions)
	for i := range rows {
		rows[i].Split = split.Val
	}
	in["predictions"] = []*dataset.Dataset{evaltest.Predictions(t, 2, rows)}
	_, err = stagetest.Try(t, "eval.subgroups", "{}", in)
	stagetest.WantCode(t, err, exit.BadData)
}

// TestAGroupIsMeasuredAsIfItWereAll: to the last bit as eval.auroc measures the same
// examples by themselves.
func TestAGroupIsMeasuredAsIfItWereAll(t *testing.T) {
	h := hospitalOf(t)
	in := h.inputs(t, 2, unchanged, false)
	groups := subgroupsOf(t, "{replicates: 100}", in).Variants["lora"]
	women := map[int64]bool{}
	for _, p := range h.Patients {
		women[p.SubjectID] = p.Gender == "F"
	}
	for i, of := range h.Tasks {
		rows := slices.DeleteFunc(stagetest.Rows[task.Prediction](t, in["predictions"][i], task.TablePredictions), func(r task.Prediction) bool { return !women[r.SubjectID] })
		all := stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 3, evaltest.TaskOf(of.Task, len(of.Logits[0])), rows)}}
		want := evaltest.Read[eval.Metrics](t, stagetest.Run(t, "eval.auroc", "{replicates: 100}", all), eval.MetricsName).Variants["lora"].Tasks[of.Task]
		g := groups[of.Task][0].Groups[0]
		if want.Interval == nil {
			t.Error("no interval to compare with")
		}
		if diff := cmp.Diff(want.Interval, g.Interval); diff != "" || *g.AUROC != *want.AUROC || g.N != want.N || g.Patients != want.Patients || g.Positives != want.Positives {
			t.Errorf("%s: %+v, want %+v: %s", of.Task, g, want, diff)
		}
	}
}

// TestDifferenceOfAGroup: its interval is that of the examples repeated by their patients'
// weights.
func TestDifferenceOfAGroup(t *testing.T) {
	h := hospitalOf(t)
	of, women := h.Tasks[0], map[int64]bool{}
	for _, p := range h.Patients {
		women[p.SubjectID] = p.Gender == "F"
	}
	got := subgroupsOf(t, "{replicates: 50, seed: 3}", h.inputs(t, 2, unchanged, false)).Variants["lora"][of.Task][0].Groups[0]
	var drawn []float64
	var subjects []int64
	for replicate := range 50 {
		var sum, n float64
		for i, a := range h.Admissions {
			if !women[a.SubjectID] {
				continue
			}
			if replicate == 0 {
				subjects = append(subjects, a.SubjectID)
			}
			for range inference.Weight(3, a.SubjectID, replicate) {
				sum += 1/(1+math.Exp(float64(of.Logits[i][0])-float64(of.Logits[i][1]))) - float64(of.Labels[i][0])
				n++
			}
		}
		drawn = append(drawn, sum/n)
	}
	effective := inference.Effective(inference.PatientsOf(subjects).Of, func(int) bool { return true })
	want, _, _ := inference.OfDifference(*got.MeanPredicted-*got.Observed, drawn, effective)
	if diff := cmp.Diff((*eval.Interval)(&want), got.Difference, toTheBit); diff != "" {
		t.Error(diff)
	}
}
