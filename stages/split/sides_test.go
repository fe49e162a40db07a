package split_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func splitsOf(t *testing.T, parts int, rows ...task.Split) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindSplits, parts, nil, stagetest.TableOf(task.TableSplits, rows, func(s task.Split) int64 { return s.SubjectID }))
}

func TestUnknownSplitsAreRefused(t *testing.T) {
	d := splitsOf(t, 1, task.Split{SubjectID: 1, Split: "dev"})
	_, err := split.Overlap{AllowPatientOverlap: true}.Part(t.Context(), d, 0)
	stagetest.WantCode(t, err, exit.BadData)
	_, err = split.RuleOf(d)
	stagetest.WantCode(t, err, exit.BadData)
}

// A patient of whom different admissions are in different splits is refused unless it is
// allowed; one row that contradicts another is refused always.
func TestAPatientInTwoSplits(t *testing.T) {
	for _, c := range []struct {
		name             string
		rows             []task.Split
		refused, allowed string // in the errors; "": passes
	}{
		{"a patient, twice the same", []task.Split{{SubjectID: 1, Split: "train"}, {SubjectID: 1, Split: "train"}}, "", ""},
		{"admissions on one side", []task.Split{{SubjectID: 1, HadmID: 10, Split: "val"}, {SubjectID: 1, HadmID: 11, Split: "val"}}, "", ""},
		{"a patient, in three", []task.Split{{SubjectID: 2, Split: "train"}, {SubjectID: 2, Split: "test"}, {SubjectID: 2, Split: "val"}}, "<10 patients occur in more than one split", "into two splits"},
		{"admissions on two sides", []task.Split{{SubjectID: 1, HadmID: 10, Split: "train"}, {SubjectID: 1, HadmID: 11, Split: "test"}, {SubjectID: 2, HadmID: 20, Split: "val"}}, "<10 patients occur in more than one split", ""},
		{"one admission on two sides", []task.Split{{SubjectID: 1, HadmID: 10, Split: "train"}, {SubjectID: 1, HadmID: 10, Split: "test"}}, "<10 patients", "into two splits"},
	} {
		d := splitsOf(t, 1, c.rows...)
		for allow, want := range map[bool]string{false: c.refused, true: c.allowed} {
			_, err := split.Overlap{AllowPatientOverlap: allow}.Part(t.Context(), d, 0)
			if (err == nil) != (want == "") || err != nil && (exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s, allowed %v: %v, want %q", c.name, allow, err, want)
			}
		}
	}
}

// An admission's own split comes before its patient's; what belongs to no admission has
// the patient's.
func TestTheSplitOfAnAdmission(t *testing.T) {
	d := splitsOf(t, 3, task.Split{SubjectID: 0, Split: "train"}, task.Split{SubjectID: 1, Split: "train"}, task.Split{SubjectID: 1, HadmID: 10, Split: "test"}, task.Split{SubjectID: 2, HadmID: 20, Split: "val"})
	got := map[[2]int64]string{}
	for _, of := range [][2]int64{{0, 0}, {1, 0}, {1, 10}, {1, 11}, {2, 20}, {2, 21}, {2, 0}, {3, 30}} {
		for part := range d.Parts() {
			s, err := split.Overlap{AllowPatientOverlap: true}.Part(t.Context(), d, part)
			if err != nil {
				t.Fatal(err)
			}
			if name, ok := s.Of(of[0], of[1]); ok {
				got[of] = name
			}
		}
	}
	if diff := cmp.Diff(map[[2]int64]string{{0, 0}: "train", {1, 0}: "train", {1, 10}: "test", {1, 11}: "train", {2, 20}: "val"}, got); diff != "" {
		t.Error(diff)
	}
	shared, err := split.Shared(t.Context(), d)
	if diff := cmp.Diff(map[int64]bool{1: true}, shared); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
