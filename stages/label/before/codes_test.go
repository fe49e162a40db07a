package before_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
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
		v := listed(slices.Sorted(maps.Values(want))...)
		if s.diagnoses = codes; table == "procedures" {
			v.Task, s.diagnoses, s.procedures = "proc", nil, codes
		}
		in := s.withNotes().inputs(t, 1)
		in["vocabulary"] = []*dataset.Dataset{bound(t, v)}
		d := stagetest.Run(t, "label."+table, "{}", in)
		got := map[int64]string{}
		for _, m := range rows[task.MEDSLabel](t, d, task.TableMEDS) {
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
		admissions: stayed(10, 11, 20, 21, 30, 31),
		diagnoses: []mimic.Code{
			code(10, 9, "4280"), code(10, 9, "42823"), code(10, 10, "I10"), code(10, 9, "E8889"), code(10, 9, "7"), // twice the same, one not listed
			code(11, 9, "999"), // none listed: an empty set
			// 20 has no code, 21 none that counts
			code(21, 8, "4280"), code(21, 9, ""),
			code(30, 10, "I109"), // no summary
			code(31, 10, "E888"), // of ICD-10, unlike the listed
			code(40, 9, "4280"),  // of no admission
		},
		procedures: []mimic.Code{code(20, 9, "4280")},
		notes: []mimic.Note{
			summary(1, 10, 1, "HPI:\nill"), summary(1, 11, 1, "HPI:\nill"), summary(2, 20, 1, "HPI:\nill"),
			summary(2, 21, 1, "HPI:\nill"), summary(3, 31, 1, "HPI:\nill"),
		},
	}
	in := s.inputs(t, 1)
	in["vocabulary"] = []*dataset.Dataset{bound(t, listed("10:I10", "9:038", "9:428", "9:E888"))}
	d := stagetest.Run(t, "label.diagnoses", "{}", in)
	var got []string
	for _, e := range rows[task.Example](t, d, task.TableExamples) {
		got = append(got, fmt.Sprint(e.HadmID, e.Label, e.Labels))
	}
	if diff := cmp.Diff([]string{"10 0 [0 2 3]", "11 0 []", "31 0 []"}, got); diff != "" {
		t.Error(diff)
	}
	wantCounts(t, d, map[string]int64{
		"read": 6, "kept": 3, "pairs." + split.Of(1, 1): 3, "codes_ignored": 2,
		"dropped.no_codes": 2, "dropped.no_discharge_summary": 1, "diagnoses_without_admission": 1,
	})
	var meds []task.MEDSLabel
	for _, label := range []string{"10:I10", "9:428", "9:E888"} {
		meds = append(meds, task.MEDSLabel{SubjectID: 1, PredictionTime: admit, CategoricalValue: label})
	}
	if diff := cmp.Diff(meds, rows[task.MEDSLabel](t, d, task.TableMEDS)); diff != "" {
		t.Error(diff)
	}
}

func TestCodesRefuseAVocabularyOfOthers(t *testing.T) {
	s := tables{admissions: stayed(10), diagnoses: []mimic.Code{code(10, 9, "4280")}}.withNotes()
	try := func(d *dataset.Dataset, config string, words ...string) {
		t.Helper()
		in := s.inputs(t, 1)
		in["vocabulary"] = []*dataset.Dataset{d}
		wantRefusal(t, exit.BadData, "label.diagnoses", config, in, words...)
	}
	another := listed("9:428")
	another.Task = "proc"
	try(bound(t, another), "{}", "port vocabulary", "task proc", "has diag")
	another = listed("9:428")
	another.Recipe = "core"
	try(bound(t, another), "{}", "port vocabulary", "recipe core", "has clinical")
	another = listed("9:428")
	another.Split = "core"
	try(bound(t, another), "{}", "port vocabulary", "split core", "has hash")
	try(bound(t, listed("9:428")), "{split_seed: 7}", "port vocabulary", "split_seed 1", "has 7")
	try(artifact(t, task.KindVocabulary, "labels.json", `{"task":"diag","labels":[],"counts":[]}`), "{}", "holds no label", "min_count")
	try(artifact(t, task.KindVocabulary, "labels.json", `{"task":`), "{}", "malformed")
	try(artifact(t, task.KindVocabulary, "other.json", "{}"), "{}", "label vocabulary", "labels.json", "label.vocab")
}

// The stages and the vocabulary agree on every label of random codes, and on
// what a plain count of the same rows finds.
func TestCodesAgreeWithTheirVocabulary(t *testing.T) {
	for seed := range uint64(5) {
		s, all := randomCodes(seed)
		for _, parts := range []int{1, 3} {
			in := s.inputs(t, parts)
			vocab := stagetest.Run(t, "label.vocab", "{task: proc, min_count: 2, split_seed: 3}", in)
			v := read(t, vocab)
			if diff := cmp.Diff(all.train(3, 2), v); diff != "" {
				t.Fatal(diff)
			}
			wantCounts(t, vocab, all.counts())
			in["vocabulary"] = []*dataset.Dataset{vocab}
			got := map[int64]map[string]bool{}
			for _, e := range rows[task.Example](t, stagetest.Run(t, "label.procedures", "{split_seed: 3}", in), task.TableExamples) {
				got[e.HadmID] = map[string]bool{}
				for i, label := range e.Labels {
					got[e.HadmID][v.Labels[label]] = true
					if i > 0 && e.Labels[i-1] >= label {
						t.Fatalf("hadm_id %d: labels %v do not ascend", e.HadmID, e.Labels)
					}
				}
			}
			if diff := cmp.Diff(all.listed(v.Labels), got); diff != "" {
				t.Fatalf("seed %d, %d parts: %s", seed, parts, diff)
			}
		}
	}
}

// Stages that need a vocabulary say so in their reference.
func TestCodesNeedAVocabulary(t *testing.T) {
	for _, name := range []string{"label.diagnoses", "label.procedures"} {
		spec, _ := stages.Default.Lookup(name)
		if port := spec.In[1]; port.Name != "vocabulary" || port.Kind != task.KindVocabulary || port.Sharded || port.Optional {
			t.Errorf("%s: port %+v", name, port)
		}
	}
}
