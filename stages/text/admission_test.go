package text_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/synth"
	_ "github.com/clinflow/clinflow/stages/text"
)

// patients is a dataset of one part, its rows in order.
func patients(t *testing.T, admissions []mimic.Admission, notes []mimic.Note) stages.Inputs {
	t.Helper()
	d := stagetest.Dataset(t, mimic.KindPatients, 1, nil,
		stagetest.TableOf(mimic.TableAdmissions, admissions, func(a mimic.Admission) int64 { return a.SubjectID }),
		stagetest.TableOf(mimic.TableICUStays, nil, func(s mimic.ICUStay) int64 { return s.SubjectID }),
		stagetest.TableOf(mimic.TableNotes, notes, func(n mimic.Note) int64 { return n.SubjectID }))
	return stages.Inputs{"patients": {d}}
}

// inParts is a dataset of several parts, its rows ordered as ingest leaves them.
func inParts(t *testing.T, parts int, admissions []mimic.Admission, notes []mimic.Note) stages.Inputs {
	t.Helper()
	slices.SortStableFunc(admissions, mimic.Compare[mimic.Admission])
	slices.SortStableFunc(notes, mimic.Compare[mimic.Note])
	d := stagetest.Dataset(t, mimic.KindPatients, parts, nil,
		stagetest.TableOf(mimic.TableAdmissions, admissions, func(a mimic.Admission) int64 { return a.SubjectID }),
		stagetest.TableOf(mimic.TableNotes, notes, func(n mimic.Note) int64 { return n.SubjectID }))
	return stages.Inputs{"patients": {d}}
}

func summary(subject, hadm int64, seq int32, text string) mimic.Note {
	return mimic.Note{NoteID: fmt.Sprintf("%d-DS-%d", subject, seq), SubjectID: subject, HadmID: hadm, Category: "Discharge summary", NoteType: mimic.DischargeSummary, NoteSeq: seq, Text: text}
}

// written is a text that has these sections alone.
func written(complaint, illness, medications, exam string) string {
	return "CHIEF COMPLAINT: " + complaint + "\n\nPRESENT ILLNESS: " + illness + "\n\nMEDICAL HISTORY: \n\nMEDICATION ON ADMISSION: " + medications +
		"\n\nALLERGIES: \n\nPHYSICAL EXAM: " + exam + "\n\nFAMILY HISTORY: \n\nSOCIAL HISTORY: "
}

func textsOf(t *testing.T, d *dataset.Dataset) []task.Text {
	t.Helper()
	return stagetest.Rows[task.Text](t, d, task.TableTexts)
}

func wantCounts(t *testing.T, d *dataset.Dataset, want map[string]int64) {
	t.Helper()
	for name, n := range want {
		if got := d.Manifest.Counts[name]; got != n {
			t.Errorf("%s is %d, want %d", name, got, n)
		}
	}
}

func TestAdmissionTexts(t *testing.T) {
	admit := dataset.Time(time.Date(2180, 5, 6, 22, 23, 0, 0, time.UTC).UnixMicro())
	stay := func(subject, hadm int64) mimic.Admission {
		return mimic.Admission{SubjectID: subject, HadmID: hadm, Admittime: admit + dataset.Time(hadm)}
	}
	addendum := summary(3, 30, 9, "HPI:\nfrom the addendum")
	addendum.NoteType = mimic.Addendum
	report := summary(3, 30, 8, "HPI:\nfrom radiology")
	report.Category = "Radiology"
	mistaken := summary(3, 30, 7, "HPI:\nby mistake")
	mistaken.IsError = true
	in := patients(t, []mimic.Admission{
		stay(1, 10), stay(1, 11), // a whole note; two summaries, the later first
		stay(2, 21),              // no summary
		stay(3, 30), stay(3, 31), // only notes of other kinds; no section that tells why
	}, []mimic.Note{
		summary(1, 0, 1, "HPI:\nwithout admission"),
		summary(1, 10, 2, "Chief Complaint:\nchest  pain\n \nHistory of Present Illness:\nsudden\nonset\n \nBrief Hospital Course:\nwell"),
		summary(1, 11, 5, "HPI:\nsecond\n\nPhysical Exam:\npale"), summary(1, 11, 4, "HPI:\nfirst\n\nDischarge Condition:\nExpired"),
		report, mistaken, addendum,
		summary(3, 31, 1, "Allergies:\nnone\n\nDischarge Condition:\nExpired"),
		summary(4, 40, 1, "HPI:\nof nobody"),
	})
	d := stagetest.Run(t, "text.admission", "{}", in)
	want := []task.Text{
		{TextID: "10", SubjectID: 1, HadmID: 10, PredictionTime: admit + 10, Text: written("chest pain", "sudden onset", "", "")},
		{TextID: "11", SubjectID: 1, HadmID: 11, PredictionTime: admit + 11, Text: written("", "first", "", "pale")},
	}
	if diff := cmp.Diff(want, textsOf(t, d)); diff != "" {
		t.Error(diff)
	}
	wantCounts(t, d, map[string]int64{
		"read": 5, "kept": 2, "summaries_without_admission": 2, "dropped.no_discharge_summary": 2, "dropped.no_admission_sections": 1,
	})
}

// clinical reads MIMIC-III by its own rules too: errors and addenda are left out, reports
// come by day and then by row, and the tags of what was removed stay.
func TestClinicalTextsOfMIMICIII(t *testing.T) {
	const text = "History of Present Illness:\n%s on [**2150-1-2**]\n\nAllergies:\n%s\n"
	note := func(row int64, day dataset.Time, kind, illness, allergies string) mimic.Note {
		n := reported(row, 1, day, fmt.Sprintf(text, illness, allergies))
		n.NoteID, n.NoteType = fmt.Sprint(row), kind
		return n
	}
	mistaken := note(1, 1, mimic.DischargeSummary, "by mistake", "x")
	mistaken.IsError = true
	in := inParts(t, 1, admissionsOf(1), []mimic.Note{
		mistaken, note(2, 1, mimic.Addendum, "added", "y"),
		note(10, 5, mimic.DischargeSummary, "third", "none"), note(9, 5, mimic.DischargeSummary, "second", "sulfa"), note(11, 4, mimic.DischargeSummary, "first", ""),
	})
	d := stagetest.Run(t, "text.admission", "{recipe: clinical}", in)
	if got := textsOf(t, d); len(got) != 1 || !strings.Contains(got[0].Text, "PRESENT ILLNESS: first on [**2150-1-2**]\n") || !strings.Contains(got[0].Text, "ALLERGIES: sulfa\n") {
		t.Errorf("%+v", got)
	}
}

// afterwards stands in every part of a summary that was written after admission.
const afterwards = "zqlater"

// discharged is laid out as MIMIC-IV's summaries: a blank in empty lines, a
// present illness, a history and an exam of several paragraphs, and the exam of
// the last day behind that of the first.
const discharged = ` 
Name:  ___                     Unit No:   ___
 
Admission Date:  ___              Discharge Date:   ___
 
Service: MEDICINE
 
Allergies: 
sulfa
 
Attending: ___.
 
Chief Complaint:
jaundice 
 
Major Surgical or Invasive Procedure:
paracentesis zqlater

 
History of Present Illness:
___ year old with hepatitis (MELD: 20), sent by a clinic.  In the 
ED initial vitals were: 98.4 90 110/70. 

Labs notable for: bilirubin 9.

Patient was given: albumin.

On arrival to the floor, pt reports: itching.
 
Past Medical History:
1. Hepatitis 
2. Gout: on allopurinol 

PSH:
- hernia repair
 
Social History:
___
Family History:
Father with gout. Mother: asthma.
 
Physical Exam:
ADMISSION PHYSICAL EXAM:
========================
VS: 98.4 90 

General: yellow  

Abd: fluid wave

%s
zqlater

Abd: soft zqlater
 
Pertinent Results:
zqlater
 
Brief Hospital Course:
zqlater

# Hepatitis: zqlater

Medications on Admission:
The Preadmission Medication list is accurate and complete.
1. Allopurinol 100 mg PO DAILY 

2. Note: no aspirin
 
Discharge Medications:
1. Prednisone zqlater
 
Discharge Disposition:
Home zqlater
 
Discharge Condition:
Mental Status: zqlater
`

const dischargedText = "CHIEF COMPLAINT: jaundice\n\n" +
	"PRESENT ILLNESS: ___ year old with hepatitis (MELD: 20), sent by a clinic. In the ED initial vitals were: 98.4 90 110/70. " +
	"Labs notable for: bilirubin 9. Patient was given: albumin. On arrival to the floor, pt reports: itching.\n\n" +
	"MEDICAL HISTORY: 1. Hepatitis 2. Gout: on allopurinol PSH: - hernia repair\n\n" +
	"MEDICATION ON ADMISSION: The Preadmission Medication list is accurate and complete. 1. Allopurinol 100 mg PO DAILY 2. Note: no aspirin\n\n" +
	"ALLERGIES: sulfa\n\nPHYSICAL EXAM: VS: 98.4 90 General: yellow Abd: fluid wave\n\n" +
	"FAMILY HISTORY: Father with gout. Mother: asthma.\n\nSOCIAL HISTORY: ___"

// lastExams are headings that say in some way that the exam behind them is not
// that of admission: the day in brackets, a number, a word, or nothing at all.
var lastExams = []string{
	"DISCHARGE PHYSICAL EXAM:\n=====", "Discharge exam", "Physical Exam (day of discharge):", "PHYSICAL EXAM (DISCHARGE):", "Exam (at time of death):", "PE (discharge):", "Physical exam ___ (day of discharge):",
	"Exam on POD 2:", "POD#3 exam:", "Exam on hospital day 5:", "HD#5:", "Physical exam at the time of passing:", "PHYSICAL EXAM PRIOR TO TRANSFER OUT:",
	"EXAM ON DISCHARGE", "Discharge PE:", "At d/c:", "**DISCHARGE**", "24 HR EVENTS:", "Dishcarge Phsyical Exam:", "Exam ___:", "Physical Exam:", "Exam on hospice:",
}

// A text is what was known at admission, whole and nothing else.
func TestTextsAreOfAdmission(t *testing.T) {
	var admissions []mimic.Admission
	var notes []mimic.Note
	for i, heading := range lastExams {
		id := int64(i + 1)
		admissions = append(admissions, mimic.Admission{SubjectID: id, HadmID: 10 * id, Admittime: 5e15})
		notes = append(notes, summary(id, 10*id, 1, fmt.Sprintf(discharged, heading)))
	}
	d := stagetest.Run(t, "text.admission", "{recipe: clinical}", patients(t, admissions, notes))
	texts := textsOf(t, d)
	if len(texts) != len(lastExams) {
		t.Fatalf("%d texts: %v", len(texts), d.Manifest.Counts)
	}
	for _, row := range texts {
		heading := lastExams[row.SubjectID-1]
		if strings.Contains(row.Text, afterwards) {
			t.Errorf("%q: text from after admission", heading)
		}
		if diff := cmp.Diff(dischargedText, row.Text); diff != "" {
			t.Errorf("%q: %s", heading, diff)
		}
	}
}

func TestNoSentinelOfALaterSectionReachesAText(t *testing.T) {
	tree := stagetest.Run(t, "synth.mimiciv", "{patients: 600, radiology_per_admission: 1, seed: 11}", nil)
	d := stagetest.Run(t, "ingest.mimiciv", "{shards: 3}", stages.Inputs{"mimic": {tree}})
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
	for _, note := range stagetest.Rows[mimic.Note](t, d, mimic.TableNotes) {
		if note.NoteType == mimic.DischargeSummary && !holds(note.Text) {
			t.Fatal("a synthetic summary has no sentinel: the test would see nothing")
		}
	}
	made := stagetest.Run(t, "text.admission", "{}", stages.Inputs{"patients": {d}})
	texts := textsOf(t, made)
	if len(texts) < 500 {
		t.Fatalf("%d texts: %v", len(texts), made.Manifest.Counts)
	}
	for _, row := range texts {
		if holds(row.Text) {
			t.Fatalf("the text of hadm_id %d holds a later section's sentinel", row.HadmID)
		}
		for _, section := range strings.Split(row.Text, "\n\n") {
			if header, body, _ := strings.Cut(section, ": "); body == "" {
				t.Fatalf("the text of hadm_id %d has lost %s", row.HadmID, header)
			}
		}
	}
}
