package ingest_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// Rows are of one patient and in the order of the tables here; where they stand in
// their files is looked at in the test of MIMIC-IV.
func TestEveryTableOfMIMICIII(t *testing.T) {
	d := stagetest.Run(t, "ingest.mimiciii", config(newTreeIII().write(t)), nil)
	same := func(table string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Origin" }, cmp.Ignore())); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
	}
	same("patients", rows[mimic.Patient](t, d, mimic.TablePatients), []mimic.Patient{
		{SubjectID: 10, Gender: "F", Dob: at(t, "2180-05-06")},
		{SubjectID: 20, Gender: "M", Dob: at(t, "1830-01-02"), Dod: at(t, "2131-02-03")},
	})
	same("admissions", rows[mimic.Admission](t, d, mimic.TableAdmissions), []mimic.Admission{
		{SubjectID: 10, HadmID: 101, Admittime: at(t, "2180-05-06 22:23:00"), Dischtime: at(t, "2180-05-07 17:15:00"), AdmissionType: "NEWBORN", DischargeLocation: "HOME", Insurance: "Private"},
		{SubjectID: 20, HadmID: 201, Admittime: at(t, "2130-01-01 10:00:00"), Dischtime: at(t, "2130-01-05 09:30:00"), Deathtime: at(t, "2130-01-05 09:00:00"), Edregtime: at(t, "2130-01-01 08:00:00"), Edouttime: at(t, "2130-01-01 10:30:00"), AdmissionType: "EMERGENCY", AdmissionLocation: "EMERGENCY ROOM ADMIT", DischargeLocation: "DEAD/EXPIRED", Insurance: "Medicare", Language: "ENGL", MaritalStatus: "WIDOWED", Race: "WHITE", HospitalExpireFlag: 1},
	})
	same("diagnoses", rows[mimic.Code](t, d, mimic.TableDiagnoses), []mimic.Code{
		{SubjectID: 20, HadmID: 201, SeqNum: 1, ICDCode: "V4581", ICDVersion: 9},
		{SubjectID: 20, HadmID: 201, SeqNum: 2, ICDCode: "0331", ICDVersion: 9},
	})
	same("procedures", rows[mimic.Code](t, d, mimic.TableProcedures), []mimic.Code{
		{SubjectID: 20, HadmID: 201, SeqNum: 1, ICDCode: "0093", ICDVersion: 9},
	})
	same("icustays", rows[mimic.ICUStay](t, d, mimic.TableICUStays), []mimic.ICUStay{
		{SubjectID: 20, HadmID: 201, StayID: 3001, FirstCareunit: "MICU", LastCareunit: "SICU", Intime: at(t, "2130-01-01 12:00:00"), Outtime: at(t, "2130-01-04 12:00:00")},
	})
	same("ventilation", rows[mimic.Ventilation](t, d, mimic.TableVentilation), []mimic.Ventilation{
		{SubjectID: 20, HadmID: 201, Kind: "invasive_ventilation", Starttime: at(t, "2130-01-01 13:00:00"), Endtime: at(t, "2130-01-03 13:00:00")},
		{SubjectID: 20, HadmID: 201, StayID: 3001, Kind: "extubation", Starttime: at(t, "2130-01-02 13:00:00")},
	})
	same("chartevents", rows[mimic.ChartEvent](t, d, mimic.TableChartEvents), []mimic.ChartEvent{
		{SubjectID: 20, StayID: 3001, ItemID: 720, Charttime: at(t, "2130-01-01 13:40:00"), Value: "CMV"},
		{SubjectID: 20, HadmID: 201, ItemID: 467, Charttime: at(t, "2130-01-01 13:30:00"), Storetime: at(t, "2130-01-01 13:31:00"), Value: "Trach Mask ", IsError: true},
		{SubjectID: 20, HadmID: 201, StayID: 3001, ItemID: 640, Charttime: at(t, "2130-01-01 13:50:00")},
	})
	same("notes", rows[mimic.Note](t, d, mimic.TableNotes), []mimic.Note{
		{NoteID: "13", SubjectID: 20, Category: "Radiology", Description: "CHEST (PORTABLE AP)", NoteType: "radiology_report", Chartdate: at(t, "2130-01-01"), Charttime: at(t, "2130-01-01 11:00:00"), Storetime: at(t, "2130-01-01 11:02:03"), Text: "film"},
		{NoteID: "14", SubjectID: 20, Category: "Radiology", Description: "Addendum", NoteType: "radiology_addendum", Chartdate: at(t, "2130-01-01"), Charttime: at(t, "2130-01-01 12:00:00"), Text: "film again"},
		{NoteID: "15", SubjectID: 20, HadmID: 201, Category: "Respiratory ", Description: " Respiratory Care ", Chartdate: at(t, "2130-01-02"), Charttime: at(t, "2130-01-02 12:00:00"), Text: "vent"},
		{NoteID: "11", SubjectID: 20, HadmID: 201, Category: "Discharge summary", Description: "Report", NoteType: "discharge_summary", Chartdate: at(t, "2130-01-05"), Text: "Chief Complaint:\r\n\"" + canary + "\"\n \n[**2130-1-1**]"},
		{NoteID: "12", SubjectID: 20, HadmID: 201, Category: "Discharge summary", Description: "Addendum", NoteType: "addendum", Chartdate: at(t, "2130-01-06"), IsError: true, Text: "more"},
	})
	same("quarantine", len(rows[dataset.Reject](t, d, dataset.TableQuarantine)), 0)
	same("counts", d.Manifest.Counts, map[string]int64{"read": 23, "kept": 18, "skipped": 5})
	same("release", mimic.ReleaseOf(d), mimic.Release{Database: mimic.MIMICIII, ChartEvents: true})
}

// PhysioNet's demo has its headers in small letters, and a user may have its files so.
func TestMIMICIIIInSmallLetters(t *testing.T) {
	want := stagetest.Run(t, "ingest.mimiciii", config(newTreeIII().write(t)), nil).Manifest.Digest()
	headers, names := tree{}, tree{}
	for file, text := range newTreeIII() {
		header, records, _ := strings.Cut(text, "\n")
		headers[file] = strings.ToLower(header) + "\n" + records
		names[strings.ToLower(file)] = text
	}
	for name, tree := range map[string]tree{"headers": headers, "names": names} {
		if got := stagetest.Run(t, "ingest.mimiciii", config(tree.write(t)), nil).Manifest.Digest(); got != want {
			t.Errorf("%s in small letters give other rows", name)
		}
	}
}

func TestBadRecordsOfMIMICIII(t *testing.T) {
	quarantined(t, "ingest.mimiciii", newTreeIII(), map[string][]badRecord{
		"PATIENTS": {
			{"9,x,F,2100-01-01 00:00:00,,,,0", "malformed_subject_id"},
			{"9,5,F,2100-01-01 01:00:00,,,,0", "malformed_dob"},
			{"9,5,F,2100-01-01,2131-02-30 00:00:00,,,0", "malformed_dod"},
			{"9,20,F,2100-01-01,,,,0", "duplicate"},
		},
		"ADMISSIONS": {
			{"3,20,202,2130-01-01,,,,,,,,,,,,,,0,1", "malformed_admittime"},
			{"3,20,202,2130-01-01 10:00:00,,,,,,,,,,,,," + canary + ",no,1", "malformed_hospital_expire_flag"},
			{"3,20,201,2130-01-01 10:00:00,,,,,,,,,,,,,,0,1", "duplicate"},
		},
		"DIAGNOSES_ICD":      {{"4,20,201,1,42.80", "malformed_icd9_code"}, {"4,20,201,one,4280", "malformed_seq_num"}, {"4,20,,1,4280", "missing_hadm_id"}},
		"PROCEDURES_ICD":     {{"4,20,201,1,93", "malformed_icd9_code"}},
		"ICUSTAYS":           {{"4,20,201,,carevue,MICU,MICU,1,1,,,", "missing_icustay_id"}, {"4,20,201,3001,carevue,MICU,MICU,1,1,,,", "duplicate"}},
		"PROCEDUREEVENTS_MV": {{"4,20,201,3001,2130-01-01,,225792,1", "malformed_starttime"}},
		"CHARTEVENTS":        {{"5,20,201,3001,720,2130-01-01 13:40:00,,7," + canary + ",,,,2,,", "malformed_error"}, {"5,20,201,3001,x,,,7," + canary + ",,,,,,", "malformed_itemid"}},
		"NOTEEVENTS": {
			{"x,20,201,2130-01-05,,,Discharge summary,Report,,," + canary, "malformed_row_id"},
			{"17,20,201,2130-01-05 10:00:00,,,Discharge summary,Report,,," + canary, "malformed_chartdate"},
			{"17,20,201,2130-01-05,,,Discharge summary,Report,,yes," + canary, "malformed_iserror"},
			{"11,20,201,2130-01-05,,,Discharge summary,Report,,," + canary, "duplicate"},
		},
	})
}

func TestMissingFilesOfMIMICIII(t *testing.T) {
	tree := maps.Clone(newTreeIII())
	delete(tree, "PATIENTS")
	delete(tree, "CHARTEVENTS")
	root := tree.write(t)
	_, faults := check(t, "ingest.mimiciii", config(root))
	want := "missing " + root + "/CHARTEVENTS.csv.gz, " + root + "/PATIENTS.csv.gz; give root the folder that holds ADMISSIONS.csv.gz"
	if len(faults) != 1 || !strings.Contains(faults[0].What(), want) {
		t.Errorf("%v", faults)
	}
}
