package ingest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
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
		{SubjectID: 20, HadmID: 201, StayID: 3001, ItemID: 226732, Charttime: at(t, "2130-01-01 13:30:00"), Storetime: at(t, "2130-01-01 13:31:00"), Value: "Trach mask ", Origin: origin("icu/chartevents", 2)},
	})
	same("notes", rows[mimic.Note](t, d, mimic.TableNotes), []mimic.Note{
		{NoteID: "10-RR-2", SubjectID: 10, Category: "Radiology", NoteType: "radiology_report", NoteSeq: 2, Charttime: at(t, "2180-05-06 23:00:00"), Text: "CHEST\n" + canary, Origin: origin("note/radiology", 1)},
		{NoteID: "20-DS-1", SubjectID: 20, HadmID: 201, Category: "Discharge summary", NoteType: "discharge_summary", NoteSeq: 1, Charttime: at(t, "2130-01-05"), Storetime: at(t, "2130-01-06 01:02:03"), Text: "Chief Complaint:\r\n\"" + canary + "\"\r\n \n___", Origin: origin("note/discharge", 1)},
	})
	same("quarantine", len(rows[dataset.Reject](t, d, dataset.TableQuarantine)), 0)
	for name, want := range map[string]int64{"read": 16, "kept": 13, "skipped": 3, "quarantined": 0} {
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

var badRecords = map[string][]badRecord{
	"hosp/patients": {
		{canary + ",F,52,2180,x,", "malformed_subject_id"},
		{"10.0,F,52,2180,x,", "malformed_subject_id"},
		{"-5,F,52,2180,x,", "malformed_subject_id"},
		{"0,F,52,2180,x,", "malformed_subject_id"},
		{"99999999999999999999,F,52,2180,x,", "malformed_subject_id"},
		{",F,52,2180,x,", "missing_subject_id"},
		{"5,F," + canary + ",2180,x,", "malformed_anchor_age"},
		{"5,F,4294967297,2180,x,", "malformed_anchor_age"},
		{"5,F,52,2180,x," + canary, "malformed_dod"},
		{"5,F,52,2180,x,2131-02-30", "malformed_dod"},
		{"5,F,52,2180,x,2131-2-3", "malformed_dod"},
		{"10,M,1,2180," + canary + ",", "duplicate"},
		{"5,F," + canary, "field_count"},
		{"5,F,52,2180,\xff" + canary + ",", "invalid_utf8"},
		{"5,F,52,2180,\x00" + canary + ",", "nul_byte"},
	},
	"hosp/admissions": {
		{"10,103,2180-05-06T22:23:00,,,,,,,,,,,,,0", "malformed_admittime"},
		{"10,103,2180-05-06 2:23:00,,,,,,,,,,,,,0", "malformed_admittime"},
		{"10,103,,,,,,,,,,,,,,0", "missing_admittime"},
		{"10,103,2180-05-06 22:23:00,,,,,,,,,,,,,2", "malformed_hospital_expire_flag"},
		{"10,103,2180-05-06 22:23:00,,,,,,,,,,,,,01", "malformed_hospital_expire_flag"},
		{"10,101,2181-05-06 22:23:00,,,,,,,,,,,,,0", "duplicate"},
	},
	"hosp/diagnoses_icd": {
		{"10,101,3,,9", "missing_icd_code"},
		{"10,101,3,4280,11", "malformed_icd_version"},
		{"10,101,3,42.80,9", "malformed_icd_code"},
		{"10,101,3," + canary + ",10", "malformed_icd_code"},
		{"10,101,3,   ,9", "malformed_icd_code"},
	},
	"hosp/procedures_icd": {
		{"10,101,1,2180-05-07,3.31,9", "malformed_icd_code"},
		{"10,101,1,2180-05-07,O2100Z9,10", "malformed_icd_code"},
	},
	"icu/chartevents": {
		{"20,201,3001,7,2130-01-01 14:00:00,," + canary + ",CPAP/PSV,,", "malformed_itemid"},
		{"20,201,3001,7,2130-01-01 14:00:00,,,CPAP/PSV,,", "missing_itemid"},
		{"20,201,x,7,2130-01-01 14:00:00,,223849,CPAP/PSV,,", "malformed_stay_id"},
		{"20,201,3001,7,2130-01-01 14:00,,223849," + canary + ",,", "malformed_charttime"},
		{"20,201,3001,7,2130-01-01 14:00:00,,223849," + canary, "field_count"},
	},
	"icu/procedureevents": {
		{"20,201,3001,7," + canary + ",,,225792,1", "malformed_starttime"},
	},
	"note/discharge": {
		{"10-DS-1,10,101x,DS,1,,," + canary, "malformed_hadm_id"},
		{"10-DS-1,10,101,DS,1,,,", "missing_text"},
		{"20-DS-1,20,201,DS,1,,," + canary, "duplicate"},
	},
}

func TestBadRecordsAreQuarantined(t *testing.T) {
	quarantined(t, "ingest.mimiciv", newTree(), badRecords)
}

// badRecord is a record with the reason that quarantine must give it.
type badRecord struct{ record, reason string }

// quarantined adds bad records to each file of a sound tree in turn, and looks for
// them in the quarantine.
func quarantined(t *testing.T, stage string, sound tree, byFile map[string][]badRecord) {
	before := stagetest.Run(t, stage, config(sound.write(t)), nil).Manifest.Counts
	for file, bad := range byFile {
		t.Run(file, func(t *testing.T) {
			text := sound[file]
			var want []dataset.Reject
			for _, b := range bad {
				sum := sha256.Sum256([]byte(b.record))
				want = append(want, dataset.Reject{
					File: file + ".csv.gz", Row: int64(rowsOf(text)) + 1, Offset: int64(len(text)),
					Reason: b.reason, SHA256: hex.EncodeToString(sum[:]),
				})
				text += b.record + "\n"
			}
			d := stagetest.Run(t, stage, config(sound.with(file, text).write(t)), nil)
			got := rows[dataset.Reject](t, d, dataset.TableQuarantine)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			counts := maps.Clone(before)
			counts["read"] += int64(len(bad))
			counts["quarantined"] = int64(len(bad))
			for _, b := range bad {
				counts["quarantined."+b.reason]++
			}
			if diff := cmp.Diff(counts, d.Manifest.Counts); diff != "" {
				t.Error(diff)
			}
			manifest, err := os.ReadFile(filepath.Join(d.URI(), "manifest.json"))
			if err != nil || bytes.Contains(manifest, []byte(canary)) {
				t.Errorf("the manifest holds a value, or %v", err)
			}
		})
	}
}

// rowsOf counts the records of a file: its quotes stand in notes alone.
func rowsOf(text string) int {
	n, quoted := -1, false
	for _, c := range text {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			n++
		}
	}
	return n
}

func TestFatalFaults(t *testing.T) {
	discharge := newTree()["note/discharge"]
	for name, c := range map[string]struct {
		file, text string
		words      []string
	}{
		"quote left open":    {"note/discharge", discharge + "20-DS-2,20,201,DS,2,,,\"" + canary + "\n20-DS-3,20,201,DS,3,,,\"" + canary + "\"\n", []string{"row 2", fmt.Sprint("byte ", len(discharge))}},
		"bare quote":         {"note/discharge", discharge + "20-DS-2,20,201,DS,2,,," + canary + "\"\n", []string{"row 2", fmt.Sprint("byte ", len(discharge))}},
		"misspelt column":    {"hosp/admissions", strings.Replace(newTree()["hosp/admissions"], "hospital_expire_flag", "hospital_expired_flag", 1), []string{"hospital_expire_flag is missing (is it hospital_expired_flag?)"}},
		"text after a quote": {"hosp/patients", newTree()["hosp/patients"] + "\"5\"" + canary + "\n", []string{"row 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := newTree().with(c.file, c.text).write(t)
			_, err := stagetest.Try(t, "ingest.mimiciv", config(root), nil)
			checkError(t, err, exit.BadData, append(c.words, c.file+".csv.gz")...)
		})
	}
}

func checkError(t *testing.T, err error, code exit.Code, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	stagetest.WantCode(t, err, code)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not name %q", err, word)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("%q holds the file's text", err)
	}
}

func TestMissingFilesAreNamedTogether(t *testing.T) {
	root := newTree().write(t)
	for _, file := range []string{"hosp/patients.csv.gz", "note/radiology.csv.gz"} {
		if err := os.Remove(filepath.Join(root, file)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := stagetest.Try(t, "ingest.mimiciv", config(root), nil)
	checkError(t, err, exit.Usage, filepath.Join(root, "hosp/patients.csv.gz"), filepath.Join(root, "note/radiology.csv.gz"))
}

func TestWhereFilesAreLookedFor(t *testing.T) {
	whole := newTree()
	hosp, note, plain := tree{}, tree{}, newTree()
	for file, text := range whole {
		if strings.HasPrefix(file, "note/") {
			note[file] = text
		} else {
			hosp[file] = text
		}
	}
	want := stagetest.Run(t, "ingest.mimiciv", config(whole.write(t)), nil).Manifest.Digest()

	split := fmt.Sprintf("{root: %q, note_root: %q, shards: 1, chartevents: true}", hosp.write(t), note.write(t))
	if got := stagetest.Run(t, "ingest.mimiciv", split, nil).Manifest.Digest(); got != want {
		t.Error("note_root gives other rows")
	}
	root := plain.write(t)
	path := filepath.Join(root, "hosp", "patients.csv")
	writeFile(t, path, []byte(plain["hosp/patients"]))
	if err := os.Remove(path + ".gz"); err != nil {
		t.Fatal(err)
	}
	if got := stagetest.Run(t, "ingest.mimiciv", config(root), nil).Manifest.Digest(); got != want {
		t.Error("a decompressed file gives other rows")
	}
}

// Notes under root that note_root stands before are told: the two may be of different
// releases.
func TestNotesInTwoPlacesAreTold(t *testing.T) {
	root, notes := newTree().write(t), newTree().write(t)
	for config, told := range map[string]bool{
		fmt.Sprintf(`{root: %q, note_root: %q}`, root, notes): true,
		fmt.Sprintf(`{root: %q, note_root: %q}`, root, root):  false,
		fmt.Sprintf(`{root: %q}`, root):                       false,
	} {
		said, faults := check(t, "ingest.mimiciv", config)
		if got := strings.Contains(said, "root has note/discharge.csv.gz too: it is not read"); len(faults) > 0 || got != told {
			t.Errorf("%s: %v, said %s", config, faults, said)
		}
	}
}

// check asks a stage what it will not be able to work with, and returns what it said
// meanwhile too.
func check(t *testing.T, name, config string) (said string, faults []stages.Fault) {
	t.Helper()
	var log bytes.Buffer
	env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
	spec, _ := stages.Default.Lookup(name)
	stage, err := spec.Build(env, stagetest.Resolve(t, spec.Config(), config))
	if err != nil {
		t.Fatal(err)
	}
	faults = stage.(stages.Checked).Check(t.Context(), stages.Givers{})
	return log.String(), faults
}

// MIMIC-IV 1.0 has a folder core and the column ethnicity; its rows are the same.
func TestVersion1(t *testing.T) {
	now := newTree()
	then := maps.Clone(now)
	for _, file := range []string{"patients", "admissions"} {
		then["core/"+file] = strings.Replace(now["hosp/"+file], ",race,", ",ethnicity,", 1)
		delete(then, "hosp/"+file)
	}
	want := stagetest.Run(t, "ingest.mimiciv", config(now.write(t)), nil).Manifest.Digest()
	if got := stagetest.Run(t, "ingest.mimiciv", config(then.write(t)), nil).Manifest.Digest(); got != want {
		t.Error("the rows are others")
	}
	both := then.with("hosp/patients", now["hosp/patients"]).write(t)
	_, err := stagetest.Try(t, "ingest.mimiciv", config(both), nil)
	checkError(t, err, exit.Usage, both, "hosp/patients.csv.gz and core/patients.csv.gz are both there")
}

// A column that no recipe needs may be missing; that it is is told.
func TestColumnsThatMayBeMissing(t *testing.T) {
	tree := newTree()
	root := tree.with("hosp/admissions", strings.Replace(tree["hosp/admissions"], ",race,", ",rase,", 1)).write(t)
	said, faults := check(t, "ingest.mimiciv", config(root))
	if len(faults) > 0 || !strings.Contains(said, "hosp/admissions.csv.gz has no column race: what it would hold stays empty") {
		t.Errorf("%v, said %s", faults, said)
	}
	for _, a := range rows[mimic.Admission](t, stagetest.Run(t, "ingest.mimiciv", config(root), nil), mimic.TableAdmissions) {
		if a.Race != "" || a.Language == "" {
			t.Errorf("race %q, language %q", a.Race, a.Language)
		}
	}
}

// The demo has no notes. They are missed unless they are not asked for.
func TestATreeWithoutNotes(t *testing.T) {
	tree := newTree()
	delete(tree, "note/discharge")
	delete(tree, "note/radiology")
	root := tree.write(t)
	_, faults := check(t, "ingest.mimiciv", config(root))
	if len(faults) != 1 || !strings.Contains(faults[0].What(), "say notes: false where there are no notes") {
		t.Errorf("%v", faults)
	}
	d := stagetest.Run(t, "ingest.mimiciv", fmt.Sprintf("{root: %q, notes: false, shards: 1}", root), nil)
	if n := len(rows[mimic.Note](t, d, mimic.TableNotes)); n != 0 || d.Manifest.Counts["kept"] != 10 {
		t.Errorf("%d notes, counts %v", n, d.Manifest.Counts)
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

// A table that is there packed and unpacked is refused: the two may differ.
func TestTwoFilesOfOneTable(t *testing.T) {
	root := newTree().write(t)
	for _, file := range []string{"hosp/patients", "note/discharge"} {
		writeFile(t, filepath.Join(root, file+".csv"), []byte(newTree()[file]))
	}
	if err := os.Remove(filepath.Join(root, "icu", "icustays.csv.gz")); err != nil {
		t.Fatal(err)
	}
	_, err := stagetest.Try(t, "ingest.mimiciv", config(root), nil)
	checkError(t, err, exit.Usage, root, "hosp/patients.csv.gz and hosp/patients.csv are both there",
		"note/discharge.csv.gz and note/discharge.csv are both there", "missing "+root+"/icu/icustays.csv.gz")
}

func TestRootOrTree(t *testing.T) {
	_, err := stagetest.Try(t, "ingest.mimiciv", "{shards: 1}", nil)
	checkError(t, err, exit.Usage, "root")
	tree := stagetest.Run(t, "synth.mimiciv", "{patients: 30, seed: 3}", nil)
	in := stages.Inputs{"mimic": {tree}}
	_, err = stagetest.Try(t, "ingest.mimiciv", config(t.TempDir()), in)
	checkError(t, err, exit.Usage, "one of the two")
	d := stagetest.Run(t, "ingest.mimiciv", "{shards: 4}", in)
	for _, table := range []string{mimic.TablePatients, mimic.TableAdmissions, mimic.TableDiagnoses, mimic.TableVentilation, mimic.TableNotes} {
		var n int64
		for _, part := range d.Manifest.Tables[table] {
			n += part.Rows
		}
		if n == 0 {
			t.Errorf("no %s from a synthetic tree", table)
		}
	}
	if bad := d.Manifest.Counts["quarantined"]; bad != 0 {
		t.Errorf("%d records of a synthetic tree are bad: %v", bad, d.Manifest.Counts)
	}
}

// What was read of the demos is compared with the numbers of rows that they are known by.
func TestDemos(t *testing.T) {
	for stage, c := range map[string]struct {
		root    string
		release mimic.Release
		told    []string
	}{
		"ingest.mimiciv": {"mimiciv-demo-2.2", mimic.Release{Database: mimic.MIMICIV, Version: "demo 2.2"},
			[]string{"hosp/admissions.csv.gz               275         275           0", "icu/procedureevents.csv.gz          1468        1468           0"}},
		"ingest.mimiciii": {"mimiciii-demo-1.4", mimic.Release{Database: mimic.MIMICIII, Version: "demo 1.4"},
			[]string{"ADMISSIONS.csv.gz                    129         129           0", "DIAGNOSES_ICD.csv.gz                1761        1761           0"}},
	} {
		var log bytes.Buffer
		env := stages.Default.With(func(s *stages.Settings) { s.Log = zerolog.New(&log) })
		d := stagetest.RunIn(t, env, stage, fmt.Sprintf("{root: ../label/testdata/%s, notes: false, shards: 3}", c.root), nil)
		if got := mimic.ReleaseOf(d); got != c.release || d.Manifest.Counts["quarantined"] != 0 {
			t.Errorf("%s: %+v, counts %v", stage, got, d.Manifest.Counts)
		}
		for _, line := range c.told {
			if !strings.Contains(log.String(), line) {
				t.Errorf("%q is not told in %s", line, log.String())
			}
		}
		if strings.Contains(log.String(), "warn") {
			t.Error(log.String())
		}
	}
}

// The detail files of the notes name the author; they are not read.
func TestDetailsAreNotRead(t *testing.T) {
	want := stagetest.Run(t, "ingest.mimiciv", config(newTree().write(t)), nil).Manifest
	got := stagetest.Run(t, "ingest.mimiciv", config(newTree().with("note/discharge_detail", canary).write(t)), nil).Manifest
	if got.Digest() != want.Digest() || !slices.Equal(got.Sources, want.Sources) {
		t.Errorf("sources %v", got.Sources)
	}
}
