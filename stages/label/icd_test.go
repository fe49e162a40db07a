package label_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	hash "github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// allTrain is a split with every patient of a dataset in train, so that label.set lists
// whatever labels there are.
func allTrain(t *testing.T, patients *dataset.Dataset) *dataset.Dataset {
	t.Helper()
	var rows []task.Split
	for _, p := range stagetest.Rows[mimic.Patient](t, patients, mimic.TablePatients) {
		rows = append(rows, task.Split{SubjectID: p.SubjectID, Split: hash.Train})
	}
	return stagetest.Dataset(t, task.KindSplits, patients.Parts(), map[string]any{hash.Attribute: hash.Rule{Name: "hash"}},
		stagetest.TableOf(task.TableSplits, rows, func(s task.Split) int64 { return s.SubjectID }))
}

// An admission of either version of ICD has labels of the one that it is translated
// into, and what has no equivalent there is listed.
func TestCodesInOneVersionOfICD(t *testing.T) {
	s := tables{
		admissions: stayed(10, 20, 30),
		diagnoses: []mimic.Code{
			code(10, 9, "4280"), code(10, 9, "E8889"),
			code(20, 10, "I509"), code(20, 10, "E780"), // E78.0 has been split since
			code(20, 10, "Y828"), code(20, 10, "Y828"),
			code(30, 10, "A1803"), // tuberculosis of other bones, or with a bone disease
		},
	}.inputs(t, 2)
	all := allTrain(t, s.One("patients"))
	in := stages.Inputs{"patients": s["patients"], "split": {all}}
	for icd, want := range map[string]label.Counted{
		"native":         {Labels: []string{"10:A18", "10:E78", "10:I50", "10:Y82", "9:428", "9:E888"}},
		"icd9_first":     {Labels: []string{"9:015", "9:272", "9:428", "9:E888"}, Unmapped: map[string]int64{"10:Y828": 2}},
		"icd9_all":       {Labels: []string{"9:015", "9:272", "9:428", "9:730", "9:E888"}, Unmapped: map[string]int64{"10:Y828": 2}},
		"icd9_scenario":  {Labels: []string{"9:015", "9:272", "9:428", "9:730", "9:E888"}, Unmapped: map[string]int64{"10:Y828": 2}},
		"icd10_scenario": {Labels: []string{"10:A18", "10:E78", "10:I50", "10:W19", "10:Y82"}},
	} {
		config := "icd: " + icd
		set := stagetest.Run(t, "label.set", "{task: diag, min_count: 1, "+config+"}", in)
		got := listed(t, set)
		if diff := cmp.Diff(want.Labels, got.Labels); diff != "" {
			t.Errorf("%s: %s", icd, diff)
		}
		if diff := cmp.Diff(want.Unmapped, got.Unmapped); diff != "" {
			t.Errorf("%s: %s", icd, diff)
		}
		d := stagetest.Run(t, "label.diagnoses", config, with(in, set))
		if of := taskOf(t, d); icd != "native" && of.Recipe != "clinical "+icd {
			t.Errorf("%s: the recipe %q", icd, of.Recipe)
		}
		if icd == "icd9_first" {
			wantRefusal(t, exit.BadData, "label.diagnoses", "icd: icd9_all", with(in, set), "clinical icd9_first", "clinical icd9_all")
		}
	}
	wantRefusal(t, exit.Usage, "label.set", "{task: diag, icd: icd11_first}", in, "icd")
}

// The rules of a recipe are those of the code that is read: a V code of ICD-9 keeps 4
// characters in core, a procedure loses its zeros, wherever it came from.
func TestRecipesJudgeTranslatedCodes(t *testing.T) {
	s := tables{
		admissions: stayed(10, 20),
		diagnoses:  []mimic.Code{code(10, 9, "V4581"), code(20, 10, "Z951"), code(20, 10, "I509")},
		procedures: []mimic.Code{code(10, 9, "0331"), code(20, 10, "009U3ZX")},
	}.inputs(t, 1)
	for task, want := range map[string][]string{"diag": {"428", "V458"}, "proc": {"331"}} {
		set := stagetest.Run(t, "label.set", "{task: "+task+", recipe: core, icd: icd9_first}", s)
		if got := listed(t, set).Labels; !slices.Equal(got, want) {
			t.Errorf("%s: %q", task, got)
		}
	}
}

// The labels of real codes are those that Python makes of CMS' files.
func TestMIMICDemoInOneVersionOfICD(t *testing.T) {
	text, err := os.ReadFile("testdata/gem_labels.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]map[string]struct {
		counted
		Unmapped map[string]int64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	patients := stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %s, notes: false, shards: 3}", demoTables), nil)
	in := stages.Inputs{"patients": {patients}, "split": {allTrain(t, patients)}}
	for table, of := range map[string][2]string{"diagnoses_icd": {"diag", "label.diagnoses"}, "procedures_icd": {"proc", "label.procedures"}} {
		for icd, want := range golden[table] {
			set := stagetest.Run(t, "label.set", fmt.Sprintf("{task: %s, min_count: 1, icd: %s}", of[0], icd), in)
			wantCounts(t, set, map[string]int64{"admissions": want.Admissions, "distinct_codes": want.DistinctCodes, "pairs": want.Pairs})
			list := listed(t, set)
			if diff := cmp.Diff(want.Unmapped, list.Unmapped); diff != "" {
				t.Errorf("%s %s: %s", of[1], icd, diff)
			}
			var lines []string
			for _, e := range labelsOf(t, stagetest.Run(t, of[1], "icd: "+icd, with(in, set))) {
				for _, label := range e.Labels {
					lines = append(lines, fmt.Sprintf("%d %s\n", e.HadmID, list.Labels[label]))
				}
			}
			slices.Sort(lines)
			digest := sha256.Sum256([]byte(strings.Join(lines, "")))
			if got := hex.EncodeToString(digest[:]); got != want.SHA256 {
				t.Errorf("%s %s: the labels are not those that Python finds", of[1], icd)
			}
		}
	}
}
