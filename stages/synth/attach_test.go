package synth_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/text"
)

// demo is the tables of the MIMIC-IV demo 2.2, which has no notes.
const demo = "../label/testdata/mimiciv-demo-2.2"

// demoIII is the tables of the MIMIC-III demo 1.4.
const demoIII = "../label/testdata/mimiciii-demo-1.4"

// TestAttachToTheDemo: every admission of the demo comes out of ingest and label
// with the admission sections of its one summary, and what is known of its death
// stands in its factors.
func TestAttachToTheDemo(t *testing.T) {
	files := stagetest.Run(t, "synth.mimiciv", "{attach: "+demo+"}", nil)
	patients := stagetest.Run(t, "ingest.mimiciv", "{shards: 2}", stages.Inputs{"mimic": {files}})
	in := stages.Inputs{"patients": {patients}}
	texts := stagetest.Rows[task.Text](t, stagetest.Run(t, "text.admission", "{}", in), task.TableTexts)
	if len(texts) != 275 {
		t.Fatalf("%d texts", len(texts))
	}
	deaths := map[int64]bool{}
	for _, l := range stagetest.Rows[task.Label](t, stagetest.Run(t, "label.mortality", "{}", in), task.TableLabels) {
		deaths[l.HadmID] = l.Label == 1
	}
	summaries := map[int64]int{}
	for _, note := range stagetest.Rows[mimic.Note](t, patients, mimic.TableNotes) {
		if note.NoteType == mimic.DischargeSummary {
			summaries[note.HadmID]++
		}
	}
	chances := mortality(t, files)
	var scores []float64
	var died []bool
	for _, e := range texts {
		if summaries[e.HadmID] != 1 || strings.Contains(e.Text, "PRESENT ILLNESS: \n") {
			t.Errorf("hadm_id %d has %d summaries, or one without present illness", e.HadmID, summaries[e.HadmID])
		}
		if text := strings.ToLower(e.Text); tree.CanaryPattern.MatchString(text) || hasSentinel(text) {
			t.Errorf("hadm_id %d: a word of a later section is in the text", e.HadmID)
		}
		scores, died = append(scores, chances[e.HadmID]), append(died, deaths[e.HadmID])
	}
	count, err := auroc.Of(scores, died)
	if best, _ := count.AUROC(); err != nil || count.Positives != 15 || best < 0.8 {
		t.Errorf("%d deaths, AUROC of the drawn factors' probabilities %.3f, %v", count.Positives, best, err)
	}
}

func hasSentinel(text string) bool {
	for _, words := range tree.Sentinels() {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
	}
	return false
}

// mortality reads the chances of death by hadm_id.
func mortality(t *testing.T, mimic *dataset.Dataset) map[int64]float64 {
	t.Helper()
	file, err := mimic.OpenFile(t.Context(), tree.FactorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chances := map[int64]float64{}
	for truth, err := range tree.ReadTruth(file) {
		if err != nil {
			t.Fatal(err)
		}
		chances[truth.HadmID] = truth.Mor
	}
	return chances
}

// TestAttachLeavesItsSourceAlone: it needs no right to write there.
func TestAttachLeavesItsSourceAlone(t *testing.T) {
	source := t.TempDir()
	if err := os.CopyFS(source, os.DirFS(demo)); err != nil {
		t.Fatal(err)
	}
	readOnly(t, source, 0o500)
	defer readOnly(t, source, 0o700)
	if first, again := attach(t, source), attach(t, demo); first != again {
		t.Error("a read-only copy of the tables gives another tree")
	}
}

func attach(t *testing.T, from string) string {
	t.Helper()
	return stagetest.Run(t, "synth.mimiciv", "{radiology_per_admission: 1, attach: "+from+"}", nil).Manifest.Digest()
}

// readOnly changes the mode of all folders.
func readOnly(t *testing.T, root string, mode fs.FileMode) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, mode)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAttachRefusesAFolderWithoutTables(t *testing.T) {
	_, err := stagetest.Try(t, "synth.mimiciv", "{attach: "+t.TempDir()+"}", nil)
	stagetest.WantCode(t, err, exit.Usage)
}
