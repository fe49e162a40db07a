package synth_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
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
	hash := sha256.New()
	var written []any
	for _, c := range []struct{ task, labels string }{{"los", "los"}, {"pmv", "pmv"}, {"mor", "pmv"}} {
		best := stagetest.Run(t, "synth.known_best", "{task: "+c.task+"}", stages.Inputs{"examples": {goldenExamples(t, c.labels)}, "mimic": {files}})
		if best.Manifest.StageVersion != 1 {
			t.Errorf("version %d", best.Manifest.StageVersion)
		}
		written = append(written, rows[task.Prediction](t, best, task.TablePredictions))
	}
	if err := json.NewEncoder(hash).Encode(written); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != goldenBest {
		t.Errorf("digest %s", got)
	}
}

func goldenExamples(t *testing.T, of string) *dataset.Dataset {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), t.TempDir()+"/examples", task.KindExamples, 1)
	if err != nil {
		t.Fatal(err)
	}
	part := w.Part(0)
	table, err := dataset.Rows[task.Example](part, task.TableExamples)
	if err != nil {
		t.Fatal(err)
	}
	for _, hadm := range goldenAdmissions {
		label, labelled := goldenLabels[of][hadm]
		if !labelled {
			continue
		}
		split := "train"
		if hadm == 40 {
			split = "test"
		}
		if err := table.Write(task.Example{ExampleID: strconv.FormatInt(hadm, 10), SubjectID: hadm / 10, HadmID: hadm, Split: split, Label: label}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := part.Close(); err != nil {
		t.Fatal(err)
	}
	return committed(t, w)
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
	return artifact(t, mimic.KindFiles, tree.FactorsFile, file.String())
}
