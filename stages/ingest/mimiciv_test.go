package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"

	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/synth"
)

func config(root string) string {
	return fmt.Sprintf("{root: %q, shards: 1, chartevents: true}", root)
}

func TestEveryTableIsReadByColumnName(t *testing.T) {
	d := stagetest.Run(t, "ingest.mimiciv", config(newTree().write(t)), nil)
	origin := func(file string, row int64) mimic.Origin {
		for i, name := range d.Manifest.Sources {
			if name == file+".csv.gz" {
				return mimic.Origin{SourceFile: int32(i), SourceRow: row}
			}
		}
		t.Fatalf("%s is not among the sources %v", file, d.Manifest.Sources)
		return mimic.Origin{}
	}
	same := func(table string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
	}
	same("patients", rows[mimic.Patient](t, d, mimic.TablePatients), []mimic.Patient{
		{SubjectID: 10, Gender: "F", AnchorAge: 52, AnchorYear: 2180, AnchorYearGroup: "2014 - 2016", Origin: origin("hosp/patients", 2)},
		{SubjectID: 20, Gender: "M", AnchorAge: 71, AnchorYear: 2130, AnchorYearGroup: "2011 - 2013", Dod: at(t, "2131-02-03"), Origin: origin("hosp/patients", 1)},
	})
	same("admissions", rows[mimic.Admission](t, d, mimic.TableAdmissions), []mimic.Admission{
		{SubjectID: 10, HadmID: 101, Admittime: at(t, "2180-05-06 22:23:00"), Dischtime: at(t, "2180-05-07 17:15:00"), AdmissionType: "URGENT", DischargeLocation: "HOME", Insurance: "Other", Language: "ENGLISH", Race: "WHITE", HospitalExpireFlag: -1, Origin: origin("hosp/admissions", 3)},
		{SubjectID: 10, HadmID: 102, Admittime: at(t, "2180-06-01"), Dischtime: at(t, "2180-06-02"), AdmissionType: "EU OBSERVATION", Insurance: "Other", Language: "ENGLISH", Race: "WHITE", Origin: origin("hosp/admissions", 2)},
		{SubjectID: 20, HadmID: 201, Admittime: at(t, "2130-01-01 10:00:00"), Dischtime: at(t, "2130-01-05 09:30:00"), Deathtime: at(t, "2130-01-05 09:00:00"), Edregtime: at(t, "2130-01-01 08:00:00"), Edouttime: at(t, "2130-01-01 10:30:00"), AdmissionType: "URGENT", AdmissionLocation: "EMERGENCY ROOM", DischargeLocation: "DIED", Insurance: "Other", Language: "?", MaritalStatus: "WIDOWED", Race: "WHITE", HospitalExpireFlag: 1, Origin: origin("hosp/admissions", 1)},
	})
	same("diagnoses", rows[mimic.Code](t, d, mimic.TableDiagnoses), []mimic.Code{
		{SubjectID: 10, HadmID: 101, SeqNum: 1, ICDCode: "Z5111", ICDVersion: 10, Origin: origin("hosp/diagnoses_icd", 2)},
		{SubjectID: 10, HadmID: 101, SeqNum: 2, ICDCode: "0331", ICDVersion: 9, Origin: origin("hosp/diagnoses_icd", 1)},
	})
	same("procedures", rows[mimic.Code](t, d, mimic.TableProcedures), []mimic.Code{
		{SubjectID: 10, HadmID: 101, SeqNum: 1, Chartdate: at(t, "2180-05-07"), ICDCode: "0093", ICDVersion: 9, Origin: origin("hosp/procedures_icd", 1)},
	})
	same("icustays", rows[mimic.ICUStay](t, d, mimic.TableICUStays), []mimic.ICUStay{
		{SubjectID: 20, HadmID: 201, StayID: 3001, FirstCareunit: "MICU", LastCareunit: "SICU", Intime: at(t, "2130-01-01 12:00:00"), Origin: origin("icu/icustays", 1)},
	})
	same("ventilation", rows[mimic.Ventilation](t, d, mimic.TableVentilation), []mimic.Ventilation{
		{SubjectID: 20, HadmID: 201, StayID: 3001, Kind: "invasive_ventilation", Starttime: at(t, "2130-01-01 13:00:00"), Endtime: at(t, "2130-01-03 13:00:00"), Origin: origin("icu/procedureevents", 1)},
	})
	same("chartevents", rows[mimic.ChartEvent](t, d, mimic.TableChartEvents), []mimic.ChartEvent{
		{SubjectID: 20, HadmID: 201, StayID: 3001, ItemID: 223849, Origin: origin("icu/chartevents", 3)},
		{SubjectID: 20, HadmID: 201, StayID: 3001, ItemID: 226732, Charttime: at(t, "2130-01-01 13:30:00"), Storetime: at(t, "2130-01-01 13:31:00"), Value: "Trach mask ", Origin: origin("icu/chartevents", 2)},
	})
	same("notes", rows[mimic.Note](t, d, mimic.TableNotes), []mimic.Note{
		{NoteID: "10-RR-2", SubjectID: 10, Category: "Radiology", NoteType: "radiology_report", NoteSeq: 2, Charttime: at(t, "2180-05-06 23:00:00"), Text: "CHEST\n" + canary, Origin: origin("note/radiology", 1)},
		{NoteID: "20-DS-1", SubjectID: 20, HadmID: 201, Category: "Discharge summary", NoteType: "discharge_summary", NoteSeq: 1, Charttime: at(t, "2130-01-05"), Storetime: at(t, "2130-01-06 01:02:03"), Text: "Chief Complaint:\r\n\"" + canary + "\"\r\n \n___", Origin: origin("note/discharge", 1)},
	})
	same("quarantine", len(rows[dataset.Reject](t, d, dataset.TableQuarantine)), 0)
	for name, want := range map[string]int64{"read": 16, "kept": 14, "skipped": 2, "quarantined": 0} {
		same(name, d.Manifest.Counts[name], want)
	}
}

// What MIMIC-IV has numbers and letters for is named by words, and what has no word
// is left out, or stays as it is.
func TestItemsAndNoteTypesBecomeWords(t *testing.T) {
	f := newTree()
	for _, item := range []string{"225794", "224385", "227194", "225468", "225477", "224263"} {
		f["icu/procedureevents"] += "20,201,3001,7,2130-01-01 14:00:00,,," + item + ",1\n"
	}
	for _, kind := range []string{"AD", "XX"} {
		f["note/discharge"] += "20-" + kind + "-1,20,201," + kind + ",1,,,text\n"
	}
	f["note/radiology"] += "10-AR-3,10,,AR,3,,,text\n"
	d := stagetest.Run(t, "ingest.mimiciv", config(f.write(t)), nil)
	var kinds, types []string
	for _, v := range rows[mimic.Ventilation](t, d, mimic.TableVentilation) {
		kinds = append(kinds, v.Kind)
	}
	for _, n := range rows[mimic.Note](t, d, mimic.TableNotes) {
		types = append(types, n.NoteType)
	}
	wantKinds := []string{"invasive_ventilation", "non_invasive_ventilation", "intubation", "extubation", "unplanned_extubation_patient", "unplanned_extubation_other"}
	if diff := cmp.Diff(wantKinds, kinds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"radiology_addendum", "radiology_report", "addendum", "XX", "discharge_summary"}, types); diff != "" {
		t.Error(diff)
	}
	if release := mimic.ReleaseOf(d); release != (mimic.Release{Database: mimic.MIMICIV, ChartEvents: true}) {
		t.Errorf("release %+v", release)
	}
}

// The rows are the same, only spread, whatever the number of parts; a patient's
// rows meet in one part.
func TestPatientsAreWhole(t *testing.T) {
	root := newTree().write(t)
	d := stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %q, shards: 7}", root), nil)
	for part := range 7 {
		for _, a := range collect(t, dataset.Read[mimic.Admission](t.Context(), d, mimic.TableAdmissions, part)) {
			if want := mimic.PartOf(a.SubjectID, 7); part != want {
				t.Errorf("subject_id %d is in part %d, not %d", a.SubjectID, part, want)
			}
		}
	}
	if n := len(rows[mimic.Note](t, d, mimic.TableNotes)); n != 2 {
		t.Errorf("%d notes", n)
	}
}

// Codes in the spellings of other tools are the codes that MIMIC has.
func TestSpellingsOfCodes(t *testing.T) {
	codes := func(spell func(string) string) []string {
		text := "subject_id,hadm_id,seq_num,icd_code,icd_version\n"
		for i, code := range []string{"V45.81,9", "E888.9,9", "I50.9,10"} {
			text += fmt.Sprintf("10,101,%d,%s\n", i, spell(code))
		}
		tree := newTree().with("hosp/diagnoses_icd", text).
			with("hosp/procedures_icd", "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version\n10,101,1,2180-05-07,"+spell("03.31,9")+"\n")
		d := stagetest.Run(t, "ingest.mimiciv", config(tree.write(t)), nil)
		var all []string
		for _, c := range append(rows[mimic.Code](t, d, mimic.TableDiagnoses), rows[mimic.Code](t, d, mimic.TableProcedures)...) {
			all = append(all, c.ICDCode)
		}
		return all
	}
	for name, spell := range map[string]func(string) string{
		"dots":       func(s string) string { return s },
		"no dots":    func(s string) string { return strings.ReplaceAll(s, ".", "") },
		"lower case": strings.ToLower,
		"blanks":     func(s string) string { return " " + strings.Replace(s, ",", "  ,", 1) },
	} {
		if diff := cmp.Diff([]string{"V4581", "E8889", "I509", "0331"}, codes(spell)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
