package text_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// golden is a stage's version and the digest of the rows that it makes of the notes
// below: where a digest moves, the version must. Rows are hashed, not files, whose
// bytes are the writer's business.
var golden = map[string]struct {
	version int
	digest  string
}{
	"text.admission":      {2, "82df5f9121d1f4748e6e34492616c32c4b2a5b58ed4523fa3bed6a1b24b6ae02"},
	"text.without_deaths": {2, "8ddbef04709cb03725411a1dfaab3a0a5f76f042df9a35ec3ff68bcc535a0b8a"},
}

func TestTextsMoveOnlyWithTheirVersions(t *testing.T) {
	in := patients(t, []mimic.Admission{{SubjectID: 1, HadmID: 10, Admittime: 5e15}, {SubjectID: 2, HadmID: 20}, {SubjectID: 3, HadmID: 30}}, []mimic.Note{
		summary(1, 10, 1, "Allergies: ___\n \nHPI:\nill since ___\n \nPhysical Exam:\nADMISSION EXAM:\nVS: stable\n \nDISCHARGE EXAM:\nexpired"),
		summary(2, 20, 1, "PMH: none, pt died\r\nPertinent Results:\r\nx"),
		summary(3, 30, 1, "PMH: none\n\nMedications on Admission:\nuntil she died"),
	})
	texts := stagetest.Run(t, "text.admission", "{}", in)
	for _, d := range []*dataset.Dataset{texts, stagetest.Run(t, "text.without_deaths", "{}", stages.Inputs{"texts": {texts}})} {
		rows, err := json.Marshal(textsOf(t, d))
		if err != nil {
			t.Fatal(err)
		}
		sum, want := sha256.Sum256(rows), golden[d.Manifest.Stage]
		if got := hex.EncodeToString(sum[:]); got != want.digest || d.Manifest.StageVersion != want.version {
			t.Errorf("%s: digest %s of version %d", d.Manifest.Stage, got, d.Manifest.StageVersion)
		}
	}
}

// The number of parts changes no text and no count.
func TestTextsDoNotDependOnParts(t *testing.T) {
	tree := stagetest.Run(t, "synth.mimiciv", "{patients: 150, radiology_per_admission: 0, seed: 12}", nil)
	made := func(config string) (map[string]task.Text, map[string]int64) {
		d := stagetest.Run(t, "ingest.mimiciv", config, stages.Inputs{"mimic": {tree}})
		d = stagetest.Run(t, "text.admission", "{}", stages.Inputs{"patients": {d}})
		texts := map[string]task.Text{}
		for _, row := range textsOf(t, d) {
			texts[row.TextID] = row
		}
		return texts, d.Manifest.Counts
	}
	four, counts := made("{shards: 4}")
	nine, others := made("{shards: 9}")
	if diff := cmp.Diff(four, nine) + cmp.Diff(counts, others); diff != "" || len(four) < 100 {
		t.Errorf("%d texts: %s", len(four), diff)
	}
}
