package split_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// The cases are what oracle/parts.py prints.
func TestSplitOfKnownPatients(t *testing.T) {
	for _, c := range []struct {
		subject, seed int64
		split         string
	}{
		{10000032, 0, "train"},
		{10000032, 1, "val"},
		{19999987, 13, "train"},
		{1, 0, "train"},
		{2, 2, "train"},
		{10000994, 1, "test"},
		{10001003, 1, "test"},
		{-5, -1, "train"},
		{9223372036854775807, 9223372036854775807, "train"},
	} {
		if got := split.Of(c.subject, c.seed); got != c.split {
			t.Errorf("Of(%d, %d) = %s, want %s", c.subject, c.seed, got, c.split)
		}
	}
}

// Splits have their shares in every part: the two hashes are independent. With
// n patients a share of p strays by more than 4.5 standard deviations once in
// 150,000 draws; there are 30 of them, and the hashes are fixed.
func TestSplitsAreIndependentOfParts(t *testing.T) {
	const parts = 10
	shares := map[string]float64{"train": 0.7, "val": 0.1, "test": 0.2}
	counts := map[string]*[parts]float64{"train": {}, "val": {}, "test": {}}
	var sizes [parts]float64
	for subject := int64(10_000_000); subject < 10_100_000; subject++ {
		part := mimic.PartOf(subject, parts)
		counts[split.Of(subject, 7)][part]++
		sizes[part]++
	}
	for name, p := range shares {
		for part, n := range sizes {
			if stray := math.Abs(counts[name][part]-n*p) / math.Sqrt(n*p*(1-p)); stray > 4.5 {
				t.Errorf("part %d holds %.0f of %.0f patients in %s: %.1f standard deviations off", part, counts[name][part], n, name, stray)
			}
		}
	}
}

// Each patient has one row, in the patient's part, and the manifest says by what
// rule and how many are in each split.
func TestHashSplitsThePatientsOfATree(t *testing.T) {
	const parts, patients, seed = 3, 50, 4
	d := stagetest.Run(t, "split.hash", "seed: 4", stages.Inputs{"patients": {patientsOf(t, parts, patients)}})
	counts := map[string]int64{}
	seen := 0
	for part := range parts {
		for row, err := range dataset.Read[task.Split](t.Context(), d, task.TableSplits, part) {
			if err != nil {
				t.Fatal(err)
			}
			want := task.Split{SubjectID: row.SubjectID, Split: split.Of(row.SubjectID, seed)}
			if row != want || mimic.PartOf(row.SubjectID, parts) != part {
				t.Errorf("%+v in part %d, want %+v in part %d", row, part, want, mimic.PartOf(row.SubjectID, parts))
			}
			counts["patients."+row.Split]++
			seen++
		}
	}
	if diff := cmp.Diff(counts, d.Manifest.Counts); diff != "" || seen != patients {
		t.Errorf("%d of %d patients; counts: %s", seen, patients, diff)
	}
	if rule, err := split.RuleOf(d); err != nil || rule != (split.Rule{Name: "hash", Seed: seed}) {
		t.Errorf("rule %v, %v", rule, err)
	}
}

func patientsOf(t *testing.T, parts, n int) *dataset.Dataset {
	t.Helper()
	rows := make([]mimic.Patient, n)
	for i := range rows {
		rows[i].SubjectID = int64(i + 1)
	}
	return stagetest.Dataset(t, mimic.KindPatients, parts, nil,
		stagetest.TableOf(mimic.TablePatients, rows, func(p mimic.Patient) int64 { return p.SubjectID }))
}
