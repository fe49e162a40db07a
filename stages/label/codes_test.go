package label_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func code(hadm int64, version int32, text string) mimic.Code {
	return mimic.Code{SubjectID: hadm / 10, HadmID: hadm, ICDCode: text, ICDVersion: version}
}

func stayed(hadms ...int64) []mimic.Admission {
	var all []mimic.Admission
	for _, hadm := range hadms {
		all = append(all, mimic.Admission{SubjectID: hadm / 10, HadmID: hadm, Admittime: admit})
	}
	return all
}

// Each admission of this test has one code: its category, or empty where the
// code is ignored.
func TestCategories(t *testing.T) {
	type row struct {
		version    int32
		code, want string
	}
	for table, list := range map[string][]row{
		"diagnoses": {
			{9, "4280", "9:428"}, {9, "486", "9:486"}, {9, "0389", "9:038"}, {9, "4", "9:4"},
			{9, "V4581", "9:V45"}, {9, "E8889", "9:E888"}, {9, "E88", "9:E88"},
			{10, "E8770", "10:E87"}, {10, "I10", "10:I10"}, {10, "S72141A", "10:S72"},
			{10, "Ä1é9", "10:Ä1é"}, // no code, but no broken text either
			{8, "4280", ""}, {0, "4280", ""}, {9, "", ""},
		},
		"procedures": {
			{9, "0331", "9:033"}, {9, "0093", "9:009"}, {9, "39", "9:39"}, {9, "E888", "9:E88"},
			{10, "02100Z9", "10:021"}, {11, "02100Z9", ""}, {10, "", ""},
		},
	} {
		var s tables
		var codes []mimic.Code
		want := map[int64]string{}
		for i, r := range list {
			subject := int64(i + 1)
			s.admissions = append(s.admissions, stayed(10*subject)...)
			codes = append(codes, code(10*subject, r.version, r.code))
			if r.want != "" {
				want[subject] = r.want
			}
		}
		of := diagnoses(slices.Sorted(maps.Values(want))...)
		if s.diagnoses = codes; table == "procedures" {
			of.Name, s.diagnoses, s.procedures = "proc", nil, codes
		}
		d := stagetest.Run(t, "label."+table, "{}", with(s.inputs(t, 1), set(t, of)))
		got := map[int64]string{}
		for _, m := range medsOf(t, d) {
			got[m.SubjectID] += m.CategoricalValue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
		ignored := int64(len(list) - len(want))
		wantCounts(t, d, map[string]int64{"kept": int64(len(want)), "dropped.no_codes": ignored, "codes_ignored": ignored})
	}
}

func TestDiagnoses(t *testing.T) {
	s := tables{
		admissions: stayed(10, 11, 20, 21, 31),
		diagnoses: []mimic.Code{
			code(10, 9, "4280"), code(10, 9, "42823"), code(10, 10, "I10"), code(10, 9, "E8889"), code(10, 9, "7"), // twice the same, one not listed
			code(11, 9, "999"), // none listed: an empty set
			// 20 has no code, 21 none that counts
			code(21, 8, "4280"), code(21, 9, ""),
			code(31, 10, "E888"), // of ICD-10, unlike the listed
			code(40, 9, "4280"),  // of no admission
		},
		procedures: []mimic.Code{code(20, 9, "4280")},
	}
	of := diagnoses("10:I10", "9:038", "9:428", "9:E888")
	d := stagetest.Run(t, "label.diagnoses", "{}", with(s.inputs(t, 1), set(t, of)))
	of.Release = "mimiciv"
	if diff := cmp.Diff(of, taskOf(t, d)); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, e := range labelsOf(t, d) {
		got = append(got, fmt.Sprint(e.HadmID, e.Label, e.Labels))
	}
	if diff := cmp.Diff([]string{"10 0 [0 2 3]", "11 0 []", "31 0 []"}, got); diff != "" {
		t.Error(diff)
	}
	wantCounts(t, d, map[string]int64{
		"read": 5, "kept": 3, "pairs": 3, "codes_ignored": 2, "dropped.no_codes": 2, "diagnoses_without_admission": 1,
	})
	var meds []task.MEDSLabel
	for _, label := range []string{"10:I10", "9:428", "9:E888"} {
		meds = append(meds, task.MEDSLabel{SubjectID: 1, PredictionTime: admit, CategoricalValue: label})
	}
	if diff := cmp.Diff(meds, medsOf(t, d)); diff != "" {
		t.Error(diff)
	}
}

func TestCodesRefuseALabelSetOfOthers(t *testing.T) {
	in := tables{admissions: stayed(10), diagnoses: []mimic.Code{code(10, 9, "4280")}}.inputs(t, 1)
	try := func(of any, words ...string) {
		t.Helper()
		wantRefusal(t, exit.BadData, "label.diagnoses", "{}", with(in, set(t, of)), words...)
	}
	another := diagnoses("9:428")
	another.Name = "proc"
	try(another, "port label_set", "task proc", "has diag")
	another = diagnoses("9:428")
	another.Recipe = "core"
	try(another, "port label_set", "recipe core", "has clinical")
	try(diagnoses(), "0 labels")
	try([]string{"9:428"}, "is not one of this version")
	try(map[string]any{"name": "diag", "kind": "many", "labels": []string{"9:428"}}, "kind")
	bare := stagetest.Dataset(t, task.KindLabelSet, 0, nil)
	wantRefusal(t, exit.BadData, "label.diagnoses", "{}", with(in, bare), "label.set")
}

// The stages and the label set agree on every label of random codes, and on
// what a plain count of the same rows finds.
func TestCodesAgreeWithTheirLabelSet(t *testing.T) {
	for seed := range uint64(5) {
		s, all := randomCodes(seed)
		for _, parts := range []int{1, 3} {
			in := s.inputs(t, parts)
			set := stagetest.Run(t, "label.set", "{task: proc, min_count: 2}", split(t, "seed: 3", in))
			list := listed(t, set)
			if diff := cmp.Diff(all.train(3, 2), list); diff != "" {
				t.Fatal(diff)
			}
			wantCounts(t, set, all.counts())
			got := map[int64]map[string]bool{}
			for _, e := range labelsOf(t, stagetest.Run(t, "label.procedures", "{}", with(in, set))) {
				got[e.HadmID] = map[string]bool{}
				for i, label := range e.Labels {
					got[e.HadmID][list.Labels[label]] = true
					if i > 0 && e.Labels[i-1] >= label {
						t.Fatalf("hadm_id %d: labels %v do not ascend", e.HadmID, e.Labels)
					}
				}
			}
			if diff := cmp.Diff(all.listed(list.Labels), got); diff != "" {
				t.Fatalf("seed %d, %d parts: %s", seed, parts, diff)
			}
		}
	}
}

// Stages that need a label set say so in their reference.
func TestCodesNeedALabelSet(t *testing.T) {
	for _, name := range []string{"label.diagnoses", "label.procedures"} {
		spec, _ := stages.Default.Lookup(name)
		if port := spec.In[1]; port.Name != "label_set" || port.Kind != task.KindLabelSet || port.Sharded || port.Optional {
			t.Errorf("%s: port %+v", name, port)
		}
	}
}
