package text_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

const (
	hour dataset.Time = 60 * 60 * 1e6
	day               = 24 * hour
)

// morning is 10:00 of a day.
var morning = dataset.Time(time.Date(2180, 5, 6, 10, 0, 0, 0, time.UTC).UnixMicro())

// notesOfTwoStays are those of one patient, around the first stay mostly.
func notesOfTwoStays(t *testing.T) stages.Inputs {
	t.Helper()
	report := func(id string, hadm int64, at dataset.Time, text string) mimic.Note {
		return mimic.Note{NoteID: id, SubjectID: 1, HadmID: hadm, Category: "Radiology", NoteType: mimic.RadiologyReport, Charttime: at, Text: text}
	}
	wrong := report("1-RR-9", 11, morning+2*hour, "mistaken")
	wrong.IsError = true
	nursing := mimic.Note{NoteID: "5", SubjectID: 1, HadmID: 11, Category: "Nursing ", Chartdate: morning - 10*hour, Text: "slept"}
	ds := summary(1, 11, 1, "left")
	ds.Charttime = morning + 2*day - 10*hour // the midnight that begins the day of discharge
	notes := []mimic.Note{
		report("1-RR-1", 0, morning-hour, "before, in the emergency department"),
		report("1-RR-3", 11, morning+24*hour, "on the limit"), report("1-RR-2", 11, morning+2*hour, " noon \n"), wrong,
		report("1-RR-4", 11, morning+24*hour+1, "too late"), report("1-RR-5", 11, 0, "at no time"), nursing, ds,
		report("1-RR-6", 12, morning+9*day+hour, "another stay"),
	}
	slices.SortFunc(notes, mimic.Compare[mimic.Note])
	d := stagetest.Dataset(t, mimic.KindPatients, 1, nil,
		stagetest.TableOf(mimic.TableAdmissions, []mimic.Admission{
			{SubjectID: 1, HadmID: 11, Admittime: morning, Dischtime: morning + 2*day}, {SubjectID: 1, HadmID: 12, Admittime: morning + 9*day},
		}, func(a mimic.Admission) int64 { return a.SubjectID }),
		stagetest.TableOf(mimic.TableICUStays, []mimic.ICUStay{
			{SubjectID: 1, HadmID: 11, StayID: 6, Intime: morning + 20*hour}, {SubjectID: 1, HadmID: 11, StayID: 5, Intime: morning + 30*hour},
		}, func(s mimic.ICUStay) int64 { return s.SubjectID }),
		stagetest.TableOf(mimic.TableNotes, notes, func(n mimic.Note) int64 { return n.SubjectID }))
	return stages.Inputs{"patients": {d}}
}

func TestTextsOfATask(t *testing.T) {
	const radiology = "types: [radiology_report]"
	kinds := map[string]string{} // all tasks have one name, and none the texts of another
	for _, c := range []struct {
		name, index, texts string
		want               map[int64]string
		counts             map[string]int64
	}{
		{"24 hours", "hours: 24", radiology, map[int64]string{11: "noon\n\non the limit", 12: "another stay"}, map[string]int64{"notes_after": 1, "notes_without_time": 1, "dropped.no_notes": 0, "kept": 2}},
		{"of the patient", "hours: 24", radiology + ", whose: patient", map[int64]string{
			11: "before, in the emergency department\n\nnoon\n\non the limit",
			12: "before, in the emergency department\n\nnoon\n\non the limit\n\ntoo late\n\nanother stay",
		}, nil},
		{"since admission", "hours: 24", radiology + ", whose: patient, hours_before: 24", map[int64]string{11: "noon\n\non the limit", 12: "another stay"}, nil},
		{"on admission", "at: admission", radiology, map[int64]string{}, map[string]int64{"dropped.no_notes": 2}},
		{"before the first ICU stay", "at: first_icu", radiology, map[int64]string{11: "noon"}, map[string]int64{"dropped.no_index_time": 1}},
		{"a day is there at its end", "hours: 24", `categories: [Nursing]`, map[int64]string{11: "slept"}, nil},
		{"a day is not there at noon", "hours: 2", `categories: [Nursing]`, map[int64]string{}, map[string]int64{"notes_after": 1}},
		{"a summary of the day of discharge", "at: discharge", "types: [discharge_summary]", map[int64]string{}, map[string]int64{"notes_after": 1}},
		{"a day after discharge", "at: discharge", "types: [discharge_summary], hours_after: 24", map[int64]string{11: "left"}, nil},
		{"all", "at: discharge", "types: [radiology_report, discharge_summary], hours_after: 14", map[int64]string{11: "noon\n\non the limit\n\ntoo late\n\nleft"}, nil},
	} {
		d := stagetest.Run(t, "text.task", "task: {name: x, index: {"+c.index+"}, texts: {of: notes, "+c.texts+"}, label: {kind: binary, is: 'true'}}", notesOfTwoStays(t))
		got := map[int64]string{}
		for _, row := range textsOf(t, d) {
			got[row.HadmID] = row.Text
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		wantCounts(t, d, c.counts)
		of, err := task.TextsOf(d)
		if err != nil || !strings.HasPrefix(of.Of, "task x (") {
			t.Error(of, err)
		}
		if other, taken := kinds[of.Of]; taken {
			t.Errorf("%s: its texts pass for those of %s", c.name, other)
		}
		kinds[of.Of] = c.name
	}
}

// A text that holds a note of later than the index time is dated so, for label.card to
// tell. A summary is dated by the day of discharge, which is not later.
func TestTextsAreDatedByTheirLatestNote(t *testing.T) {
	for texts, want := range map[string]dataset.Time{
		"index: {at: admission}, texts: {of: notes, types: [radiology_report], hours_after: 24}":  morning + 24*hour,
		"index: {hours: 30}, texts: {of: notes, types: [radiology_report]}":                       morning + 30*hour,
		"index: {at: discharge}, texts: {of: notes, types: [discharge_summary], hours_after: 24}": morning + 2*day,
	} {
		d := stagetest.Run(t, "text.task", "task: {name: x, "+texts+", label: {kind: binary, is: 'true'}}", notesOfTwoStays(t))
		if got := textsOf(t, d)[0]; got.HadmID != 11 || got.PredictionTime != want {
			t.Errorf("%s: the text of %d is dated %d, want %d", texts, got.HadmID, got.PredictionTime, want)
		}
	}
}

// Of the admission sections a task takes some; the others are written empty.
func TestSectionsOfATask(t *testing.T) {
	in := patients(t, []mimic.Admission{{SubjectID: 1, HadmID: 11, Admittime: morning}, {SubjectID: 2, HadmID: 21, Admittime: morning}}, []mimic.Note{
		summary(1, 11, 1, "Chief Complaint:\nCough\n\nHistory of Present Illness:\nTwo days.\n\nPhysical Exam:\nAlert\n\nBrief Hospital Course:\nHealed.\n"),
		summary(2, 21, 1, "Physical Exam:\nAlert\n"),
	})
	d := stagetest.Run(t, "text.task", "task: {name: x, texts: {sections: [chief_complaint, present_illness]}, label: {kind: binary, is: 'true'}}", in)
	want := []task.Text{{TextID: "11", SubjectID: 1, HadmID: 11, PredictionTime: morning, Text: written("Cough", "Two days.", "", "")}}
	if diff := cmp.Diff(want, textsOf(t, d)); diff != "" {
		t.Error(diff)
	}
	wantCounts(t, d, map[string]int64{"dropped.no_admission_sections": 1})
}

// A task whose texts are those of text.admission, or with faults, makes no texts.
func TestTextsOfATaskAreRefused(t *testing.T) {
	for task, words := range map[string]string{
		"icu_admission": "take that stage",
		"{name: x, texts: {of: notes, types: [radiology]}, label: {kind: binary, is: 'true'}}":    "did you mean radiology_report?",
		"{name: x, texts: {of: notes, sections: [allergies]}, label: {kind: binary, is: 'true'}}": "without sections",
	} {
		_, err := stagetest.Try(t, "text.task", "task: "+task, notesOfTwoStays(t))
		stagetest.WantCode(t, err, stages.Usage)
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", task, err)
		}
	}
}
