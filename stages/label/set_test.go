package label_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

// ofSplit finds n patients of a split.
func ofSplit(name string, seed int64, n int) (subjects []int64) {
	for subject := int64(1); len(subjects) < n; subject++ {
		if hash.Of(subject, seed) == name {
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

// Only train patients have a say in the list; a label counts once an admission,
// and twice for a patient's two.
func TestLabelSetCountsAdmissionsOfTrainPatients(t *testing.T) {
	train, test := ofSplit("train", 1, 2), ofSplit("test", 1, 1)
	dx := func(subject, hadm int64, text string) mimic.Code {
		return mimic.Code{SubjectID: subject, HadmID: hadm, ICDCode: text, ICDVersion: 9}
	}
	in := tables{
		diagnoses: []mimic.Code{
			dx(train[0], 1, "4280"), dx(train[0], 1, "42823"), dx(train[0], 1, ""), // one label, one ignored
			dx(train[0], 2, "4280"), dx(train[0], 2, "0389"),
			dx(train[1], 3, "0389"), dx(train[1], 3, "E8889"),
			dx(test[0], 4, "E8889"), dx(test[0], 5, "E8889"), dx(test[0], 5, "250"), // no say
		},
		procedures: []mimic.Code{dx(train[0], 1, "9999")},
	}.inputs(t, 2)
	in = split(t, "{}", in)
	list := func(config string) *dataset.Dataset { return stagetest.Run(t, "label.set", config, in) }
	d := list("{task: diag, min_count: 2}")
	want := label.Counted{MinCount: 2, Labels: []string{"9:038", "9:428"}, Counts: []int64{2, 2}}
	if diff := cmp.Diff(want, listed(t, d)); diff != "" {
		t.Error(diff)
	}
	of := diagnoses("9:038", "9:428")
	of.Release = "mimiciv"
	if diff := cmp.Diff(of, taskOf(t, d)); diff != "" {
		t.Error(diff)
	}
	wantCounts(t, d, map[string]int64{"admissions": 5, "distinct_codes": 4, "pairs": 8, "labels": 2, "codes_ignored": 1})
	one := listed(t, list("{task: diag, min_count: 1}"))
	if diff := cmp.Diff([]string{"9:038", "9:428", "9:E888"}, one.Labels); diff != "" {
		t.Error(diff)
	}
	wantRefusal(t, exit.BadData, "label.set", "{task: diag, min_count: 3}", in, "no label", "min_count")
	wantRefusal(t, exit.BadData, "label.set", "{task: diag}", in, "no label") // the default is more than 3
	if got := listed(t, list("{task: proc, min_count: 1}")).Labels; !slices.Equal(got, []string{"9:999"}) {
		t.Errorf("procedures %q", got)
	}
}

// By admission only those of train count; a patient in two splits is refused unless it is
// allowed.
func TestLabelSetOfASplitByAdmission(t *testing.T) {
	dx := func(subject, hadm int64, text string) mimic.Code {
		return mimic.Code{SubjectID: subject, HadmID: hadm, ICDCode: text, ICDVersion: 9}
	}
	in := tables{diagnoses: []mimic.Code{dx(1, 1, "4280"), dx(1, 2, "0389"), dx(2, 3, "4280")}}.inputs(t, 1)
	rows := []task.Split{{SubjectID: 1, HadmID: 1, Split: "train"}, {SubjectID: 1, HadmID: 2, Split: "test"}, {SubjectID: 2, HadmID: 3, Split: "train"}}
	rule := map[string]any{hash.Attribute: hash.Rule{Name: "file", By: hash.ByAdmission}}
	in["split"] = []*dataset.Dataset{stagetest.Dataset(t, task.KindSplits, 1, rule, stagetest.TableOf(task.TableSplits, rows, func(r task.Split) int64 { return r.SubjectID }))}
	wantRefusal(t, exit.BadData, "label.set", "{task: diag, min_count: 1}", in, "<10 patients occur in more than one split", "allow_patient_overlap: true")
	d := stagetest.Run(t, "label.set", "{task: diag, min_count: 1, allow_patient_overlap: true}", in)
	want := label.Counted{MinCount: 1, Labels: []string{"9:428"}, Counts: []int64{2}}
	if diff := cmp.Diff(want, listed(t, d)); diff != "" {
		t.Error(diff)
	}
}

func TestLabelSetOfNobodyIsRefused(t *testing.T) {
	wantRefusal(t, exit.BadData, "label.set", "{task: proc, min_count: 1}", split(t, "{}", tables{}.inputs(t, 2)), "no label")
}

// What crosses a stage's boundary has the same bytes whatever the order of what
// went into it.
func TestLabelSetAccumulatorsAreDeterministic(t *testing.T) {
	spec, _ := stages.Default.Lookup("label.set")
	built, err := spec.Build(stages.Default, stagetest.Resolve(t, spec.Config(), "{task: proc, min_count: 1}"))
	if err != nil {
		t.Fatal(err)
	}
	stage := built.(stages.Reduce)
	s, _ := randomCodes(5)
	in := split(t, "{}", s.inputs(t, 3))
	var parts [][]byte
	for part := range 3 {
		err := stage.Accumulate(t.Context(), in, part, func(key string, value []byte) {
			if key != "proc" {
				t.Errorf("key %q", key)
			}
			parts = append(parts, value)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	whole, err := stage.Merge(t.Context(), nil, "proc", parts)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		slices.Reverse(parts)
		half, err := stage.Merge(t.Context(), nil, "proc", parts[:2])
		if err != nil {
			t.Fatal(err)
		}
		again, err := stage.Merge(t.Context(), nil, "proc", [][]byte{parts[2], half})
		if err != nil || string(again) != string(whole) {
			t.Fatalf("merged in another order: %v", err)
		}
	}
	if _, err := stage.Merge(t.Context(), nil, "proc", [][]byte{[]byte("{")}); err == nil {
		t.Error("half a tally was taken")
	}
}

// coding is what a plain count finds: labels by admission, and whose it is.
type coding struct {
	labels  map[int64]map[string]bool
	subject map[int64]int64
}

// randomCodes gives some patients procedure codes, many of them alike.
func randomCodes(seed uint64) (tables, coding) {
	random := rand.New(rand.NewPCG(seed, 1))
	var s tables
	all := coding{map[int64]map[string]bool{}, map[int64]int64{}}
	for range 40 {
		subject := 1 + random.Int64N(12)
		hadm := 100*subject + random.Int64N(3)
		if all.subject[hadm] == 0 {
			s.admissions = append(s.admissions, mimic.Admission{SubjectID: subject, HadmID: hadm, Admittime: admit})
			all.subject[hadm] = subject
			all.labels[hadm] = map[string]bool{}
		}
		for range 1 + random.IntN(3) {
			version := []int32{9, 10}[random.IntN(2)]
			text := fmt.Sprintf("%02d%d%d", random.IntN(3), random.IntN(3), random.IntN(5))
			s.procedures = append(s.procedures, mimic.Code{SubjectID: subject, HadmID: hadm, SeqNum: random.Int32N(9), ICDCode: text, ICDVersion: version})
			all.labels[hadm][fmt.Sprintf("%d:%s", version, text[:3])] = true
		}
	}
	return s, all
}

// train is the label set of the admissions of train patients.
func (c coding) train(seed int64, minCount int) label.Counted {
	v := label.Counted{MinCount: minCount}
	n := map[string]int64{}
	for hadm, labels := range c.labels {
		for label := range labels {
			if hash.Of(c.subject[hadm], seed) == "train" {
				n[label]++
			}
		}
	}
	for label, count := range n {
		if count >= int64(minCount) {
			v.Labels = append(v.Labels, label)
		}
	}
	slices.Sort(v.Labels)
	for _, label := range v.Labels {
		v.Counts = append(v.Counts, n[label])
	}
	return v
}

func (c coding) counts() map[string]int64 {
	distinct, pairs := map[string]bool{}, 0
	for _, labels := range c.labels {
		for label := range labels {
			distinct[label] = true
			pairs++
		}
	}
	return map[string]int64{"admissions": int64(len(c.labels)), "distinct_codes": int64(len(distinct)), "pairs": int64(pairs), "codes_ignored": 0}
}

// listed are the labels of each admission that are in a label set.
func (c coding) listed(set []string) map[int64]map[string]bool {
	all := map[int64]map[string]bool{}
	for hadm, labels := range c.labels {
		all[hadm] = map[string]bool{}
		for label := range labels {
			if slices.Contains(set, label) {
				all[hadm][label] = true
			}
		}
	}
	return all
}

// With labels_of_whole_table the list is the table's: no split, no minimum, and rows of
// admissions that are not there, each label where its first row stands.
func TestLabelSetOfTheWholeTable(t *testing.T) {
	row := func(n, subject int64, text string) mimic.Code {
		return mimic.Code{SubjectID: subject, HadmID: 10 * subject, ICDCode: text, ICDVersion: 9, Origin: mimic.Origin{SourceRow: n}}
	}
	in := tables{
		admissions: stayed(10),
		diagnoses:  []mimic.Code{row(5, 1, "4280"), row(4, 1, "V4581"), row(3, 2, "4281"), row(2, 3, "E8889"), row(1, 3, ""), row(6, 3, "E8881"), row(7, 3, "V4582")},
	}.inputs(t, 3)
	d := stagetest.Run(t, "label.set", "{task: diag, recipe: core}", in)
	want := label.Counted{Labels: []string{"E888", "428", "V458"}, Counts: []int64{1, 2, 2}}
	if diff := cmp.Diff(want, listed(t, d)); diff != "" {
		t.Error(diff)
	}
	if of := taskOf(t, d); of.Recipe != "core" || of.Split != "" {
		t.Errorf("the task has the recipe %q and the split %q", of.Recipe, of.Split)
	}
	wantRefusal(t, exit.Usage, "label.set", "{task: diag, recipe: core}", split(t, "{}", in), "core", "leave the port out")
	wantRefusal(t, exit.Usage, "label.set", "{task: diag, recipe: core, min_count: 3}", in, "min_count", "core")
	wantRefusal(t, exit.Usage, "label.set", "{task: diag}", in, "clinical", "give it the split")
	for config, key := range map[string]string{"{task: diag, recipe: core}": "", "{task: diag}": "in.split"} {
		spec, _ := stages.Default.Lookup("label.set")
		built, err := spec.Build(stages.Default, stagetest.Resolve(t, spec.Config(), config))
		if err != nil {
			t.Fatal(err)
		}
		faults := built.(stages.Checked).Check(t.Context(), stages.Givers{})
		if got := fmt.Sprint(len(faults)); key == "" && got != "0" || key != "" && (got != "1" || faults[0].Key != key) {
			t.Errorf("%s: %v", config, faults)
		}
	}
}
