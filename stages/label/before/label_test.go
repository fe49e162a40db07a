package before_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/label/before"
	_ "github.com/clinflow/clinflow/stages/synth"
)

// written is the text of an example that has these sections alone.
func written(complaint, illness, medications, exam string) string {
	return "CHIEF COMPLAINT: " + complaint + "\n\nPRESENT ILLNESS: " + illness + "\n\nMEDICAL HISTORY: \n\nMEDICATION ON ADMISSION: " + medications +
		"\n\nALLERGIES: \n\nPHYSICAL EXAM: " + exam + "\n\nFAMILY HISTORY: \n\nSOCIAL HISTORY: "
}

func TestMortality(t *testing.T) {
	admit := dataset.Time(time.Date(2180, 5, 6, 22, 23, 0, 0, time.UTC).UnixMicro())
	stay := func(subject, hadm int64, flag int32) mimic.Admission {
		return mimic.Admission{SubjectID: subject, HadmID: hadm, Admittime: admit + dataset.Time(hadm), HospitalExpireFlag: flag}
	}
	addendum := summary(3, 30, 9, "HPI:\nfrom the addendum")
	addendum.NoteType = mimic.Addendum
	report := summary(3, 30, 8, "HPI:\nfrom radiology")
	report.Category = "Radiology"
	mistaken := summary(3, 30, 7, "HPI:\nby mistake")
	mistaken.IsError = true
	in := patients(t, []mimic.Admission{
		stay(1, 10, 0), stay(1, 11, 1), // a whole note; two summaries, the later first
		stay(2, 20, -1), stay(2, 21, 0), // no flag; no summary
		stay(3, 30, 0), stay(3, 31, 1), // only notes of other kinds; no section that tells why
	}, []mimic.Note{
		summary(1, 0, 1, "HPI:\nwithout admission"),
		summary(1, 10, 2, "Chief Complaint:\nchest  pain\n \nHistory of Present Illness:\nsudden\nonset\n \nBrief Hospital Course:\nwell"),
		summary(1, 11, 5, "HPI:\nsecond\n\nPhysical Exam:\npale"), summary(1, 11, 4, "HPI:\nfirst\n\nDischarge Condition:\nExpired"),
		summary(2, 20, 1, "HPI:\nx"),
		report, mistaken, addendum,
		summary(3, 31, 1, "Allergies:\nnone\n\nDischarge Condition:\nExpired"),
		summary(4, 40, 1, "HPI:\nof nobody"),
	})
	d := stagetest.Run(t, "label.mortality", "{split_seed: 7}", in)
	split := split.Of(1, 7)
	want := []task.Example{
		{ExampleID: "10", SubjectID: 1, HadmID: 10, Split: split, PredictionTime: admit + 10, Text: written("chest pain", "sudden onset", "", ""), Label: 0},
		{ExampleID: "11", SubjectID: 1, HadmID: 11, Split: split, PredictionTime: admit + 11, Text: written("", "first", "", "pale"), Label: 1},
	}
	if diff := cmp.Diff(want, rows[task.Example](t, d, task.TableExamples)); diff != "" {
		t.Error(diff)
	}
	meds := []task.MEDSLabel{{SubjectID: 1, PredictionTime: admit + 10}, {SubjectID: 1, PredictionTime: admit + 11, BooleanValue: true}}
	if diff := cmp.Diff(meds, rows[task.MEDSLabel](t, d, task.TableMEDS)); diff != "" {
		t.Error(diff)
	}
	for name, n := range map[string]int64{
		"read": 6, "kept": 2, "kept." + split: 2, "positives." + split: 1, "summaries_without_admission": 2,
		"dropped.no_discharge_summary": 2, "dropped.no_hospital_expire_flag": 1, "dropped.no_admission_sections": 1, "dropped.death_mention": 0,
	} {
		if d.Manifest.Counts[name] != n {
			t.Errorf("%s is %d, want %d", name, d.Manifest.Counts[name], n)
		}
	}
}

// CORe's rules: the first phrase of a death goes from exam and medications;
// what still tells of the patient's death goes whole.
func TestDeathMentions(t *testing.T) {
	for name, c := range map[string]struct {
		note string
		want string // empty: dropped
	}{
		"exam":                   {"HPI:\nill\n\nPhysical Exam:\nPatient had expired by then", written("", "ill", "", "by then")},
		"exam without a subject": {"HPI:\nill\n\nPhysical Exam:\ndeceased", written("", "ill", "", "")},
		"medications":            {"HPI:\nill\n\nMedications on Admission:\naspirin, pt passed away", written("", "ill", "aspirin,", "")},
		"exam twice":             {"HPI:\nill\n\nPhysical Exam:\npt died, patient died", ""},
		"illness":                {"HPI:\nthe outpatient  Died", ""},
		"pronoun":                {"HPI:\nshe expired", ""},
		"pronounced":             {"HPI:\nPronounced expired", ""},
		"time of death":          {"HPI:\nTime of Death noted", ""},
		"another's death":        {"HPI:\nher father died", written("", "her father died", "", "")},
	} {
		in := patients(t, []mimic.Admission{{SubjectID: 1, HadmID: 10}}, []mimic.Note{summary(1, 10, 1, c.note)})
		texts := func(config string) []string {
			var all []string
			for _, e := range rows[task.Example](t, stagetest.Run(t, "label.mortality", config, in), task.TableExamples) {
				all = append(all, e.Text)
			}
			return all
		}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if diff := cmp.Diff(want, texts("{}")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if kept := texts("{death_mentions: keep}"); len(kept) != 1 {
			t.Errorf("%s: death_mentions: keep drops it", name)
		}
	}
}

func TestNoSentinelOfALaterSectionReachesAnExample(t *testing.T) {
	_, d := ingested(t, "{patients: 600, radiology_per_admission: 1, seed: 11}", 3)
	var words []string
	for _, part := range synth.Sentinels() {
		words = append(words, part...)
	}
	holds := func(text string) bool {
		text = strings.ToLower(text)
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	for _, note := range rows[mimic.Note](t, d, mimic.TableNotes) {
		if note.NoteType == mimic.DischargeSummary && !holds(note.Text) {
			t.Fatal("a synthetic summary has no sentinel: the test would see nothing")
		}
	}
	labelled := stagetest.Run(t, "label.mortality", "{}", stages.Inputs{"patients": {d}})
	examples := rows[task.Example](t, labelled, task.TableExamples)
	if len(examples) < 500 {
		t.Fatalf("%d examples: %v", len(examples), labelled.Manifest.Counts)
	}
	for _, e := range examples {
		if holds(e.Text) {
			t.Fatalf("the example of hadm_id %d holds a later section's sentinel", e.HadmID)
		}
		for _, section := range strings.Split(e.Text, "\n\n") {
			if header, body, _ := strings.Cut(section, ": "); body == "" {
				t.Fatalf("the example of hadm_id %d has lost %s", e.HadmID, header)
			}
		}
	}
}

// goldenDigest is of the rows below. It was written by version 2 of the stage:
// where it moves, the version must. Rows are hashed, not files, whose bytes are
// the writer's business.
const goldenDigest = "1a3cf267688aefaefcdec0842b56cdd3ad81bb26aa63a3abae2e9c78ae731218"

func TestOutputMovesOnlyWithTheVersion(t *testing.T) {
	in := patients(t, []mimic.Admission{{SubjectID: 1, HadmID: 10, Admittime: 5e15, HospitalExpireFlag: 1}, {SubjectID: 2, HadmID: 20}}, []mimic.Note{
		summary(1, 10, 1, "Allergies: ___\n \nHPI:\nill since ___\n \nPhysical Exam:\nADMISSION EXAM:\nVS: stable\n \nDISCHARGE EXAM:\nexpired"),
		summary(2, 20, 1, "PMH: none\r\nPertinent Results:\r\nx"),
	})
	d := stagetest.Run(t, "label.mortality", "{}", in)
	hash := sha256.New()
	err := json.NewEncoder(hash).Encode([]any{rows[task.Example](t, d, task.TableExamples), rows[task.MEDSLabel](t, d, task.TableMEDS)})
	if got := hex.EncodeToString(hash.Sum(nil)); err != nil || got != goldenDigest || d.Manifest.StageVersion != 2 {
		t.Errorf("digest %s of version %d, %v", got, d.Manifest.StageVersion, err)
	}
}
