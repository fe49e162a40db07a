package synth_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// goldenBest is the digest of what version 1 of synth.known_best predicts for
// goldenLabels: where it moves, raise the version and write the new one.
const goldenBest = "fd7b0d1fd3205a647738426c34c2950defca370442214cab3596e7daf57662eb"

// goldenLabels are the labels of admissions by task, and goldenAdmissions the
// admissions in the order of the factors' rows. A patient's number is a tenth of the
// admission's.
var (
	goldenAdmissions = []int64{10, 11, 20, 30, 40, 50}
	goldenLabels     = map[string]map[int64]int32{
		"los": {10: 0, 20: 1, 30: 2, 40: 2, 50: 3},
		"pmv": {11: 0, 20: 0, 30: 1, 40: 1, 50: 1},
	}
)

func TestKnownBestMovesOnlyWithItsVersion(t *testing.T) {
	files := goldenTruth(t)
	var splits []task.Split
	for _, subject := range []int64{1, 2, 3, 4, 5} {
		splits = append(splits, task.Split{SubjectID: subject, Split: map[bool]string{true: "test", false: "train"}[subject == 4]})
	}
	splitting := stagetest.Dataset(t, task.KindSplits, 1, map[string]any{split.Attribute: split.Rule{Name: "golden"}},
		stagetest.TableOf(task.TableSplits, splits, func(s task.Split) int64 { return s.SubjectID }))
	var written []any
	for _, c := range []struct{ task, labels string }{{"los", "los"}, {"pmv", "pmv"}, {"mor", "pmv"}} {
		var rows []task.Label
		for _, hadm := range goldenAdmissions {
			if label, labelled := goldenLabels[c.labels][hadm]; labelled {
				rows = append(rows, task.Label{SubjectID: hadm / 10, HadmID: hadm, Label: label})
			}
		}
		in := stages.Inputs{"labels": {labelsOf(t, 1, task.Task{Name: c.task, Kind: task.Multiclass, Labels: []string{"0", "1", "2", "3"}}, rows)}, "tokens": {tokensOf(t, 1, rows)}, "split": {splitting}, "mimic": {files}}
		best := stagetest.Run(t, "synth.known_best", "{}", in)
		if best.Manifest.StageVersion != 2 {
			t.Errorf("version %d", best.Manifest.StageVersion)
		}
		written = append(written, stagetest.Rows[task.Prediction](t, best, task.TablePredictions))
	}
	hash := sha256.New()
	if err := json.NewEncoder(hash).Encode(written); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != goldenBest {
		t.Errorf("digest %s", got)
	}
}

// goldenTruth is a tree that has chances of the golden admissions: those that
// synth.mimiciv gives move with a version of their own.
func goldenTruth(t *testing.T) *dataset.Dataset {
	t.Helper()
	var file strings.Builder
	z := gzip.NewWriter(&file)
	fmt.Fprintln(z, "subject_id,hadm_id,problem,shock,oxygen,mental,frail,renal,lung,fever,onset,p_mor,p_pmv,p_los_0,p_los_1,p_los_2,p_los_3")
	for i, hadm := range goldenAdmissions {
		p := float64(i+1) / 8
		fmt.Fprintf(z, "%d,%d,0,0,0,0,0,0,0,0,0,%v,%v,%v,%v,%v,0\n", hadm/10, hadm, p, 1-p, p/2, p/2, 1-p)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w, err := dataset.NewWriter(t.Context(), t.TempDir()+"/mimic", mimic.KindFiles, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteFile(tree.FactorsFile, []byte(file.String())); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), dataset.Manifest{}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := dataset.Open(t.Context(), w.URI())
	if err != nil {
		t.Fatal(err)
	}
	return d
}
