package ingest_test

import (
	"bytes"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/dataset"
)

// canary stands where a note's text or a field's value would: it must be in no
// error, manifest or quarantine row.
const canary = "zycanaryingest"

// tree is a small MIMIC-IV: file (without .csv.gz) → text.
type tree map[string]string

func newTree() tree {
	return tree{
		"hosp/patients": "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod\n" +
			"20,M,71,2130,2011 - 2013,2131-02-03\n10,F,52,2180,2014 - 2016,\n",
		"hosp/admissions": "subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,admission_location,discharge_location,insurance,language,marital_status,race,edregtime,edouttime,hospital_expire_flag\n" +
			"20,201,2130-01-01 10:00:00,2130-01-05 09:30:00,2130-01-05 09:00:00,URGENT,P1,EMERGENCY ROOM,DIED,Other,?,WIDOWED,WHITE,2130-01-01 08:00:00,2130-01-01 10:30:00,1\n" +
			"10,102,2180-06-01 00:00:00,2180-06-02 00:00:00,,\"EU OBSERVATION\",P2,,,Other,ENGLISH,,WHITE,,,0\n" +
			"10,101,2180-05-06 22:23:00,2180-05-07 17:15:00,,URGENT,P1,,HOME,Other,ENGLISH,,WHITE,,,\n",
		"hosp/diagnoses_icd":  "subject_id,hadm_id,seq_num,icd_code,icd_version\n10,101,2,0331,9\n10,101,1,\"Z5111   \",10\n",
		"hosp/procedures_icd": "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version\n10,101,1,2180-05-07,0093,9\n",
		"icu/icustays":        "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los\n20,201,3001,MICU,SICU,2130-01-01 12:00:00,,1.5\n",
		"icu/chartevents": "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,warning\n" +
			"20,201,3001,7,not a time,,220045,90,90,0\n" +
			"20,201,3001,7,2130-01-01 13:30:00,2130-01-01 13:31:00,226732,Trach mask ,,0\n20,201,3001,7,,,223849,,,0\n",
		"icu/procedureevents": "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value\n" +
			"20,201,3001,7,2130-01-01 13:00:00,2130-01-03 13:00:00,2130-01-03 13:00:00,225792,2880\n20,201,3001,7,not a time,,,224263,1\n",
		"note/discharge": "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text\n" +
			"20-DS-1,20,201,DS,1,2130-01-05 00:00:00,2130-01-06 01:02:03,\"Chief Complaint:\r\n\"\"" + canary + "\"\"\r\n \n___\"\n",
		"note/radiology": "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text\n" +
			"10-RR-2,10,,RR,2,2180-05-06 23:00:00,,\"CHEST\n" + canary + "\"\n",
	}
}

// newTreeIII is a small MIMIC-III.
func newTreeIII() tree {
	return tree{
		"PATIENTS": "ROW_ID,SUBJECT_ID,GENDER,DOB,DOD,DOD_HOSP,DOD_SSN,EXPIRE_FLAG\n" +
			"7,20,M,1830-01-02 00:00:00,2131-02-03 00:00:00,,2131-02-03 00:00:00,1\n8,10,F,2180-05-06,,,,0\n",
		"ADMISSIONS": "ROW_ID,SUBJECT_ID,HADM_ID,ADMITTIME,DISCHTIME,DEATHTIME,ADMISSION_TYPE,ADMISSION_LOCATION,DISCHARGE_LOCATION,INSURANCE,LANGUAGE,RELIGION,MARITAL_STATUS,ETHNICITY,EDREGTIME,EDOUTTIME,DIAGNOSIS,HOSPITAL_EXPIRE_FLAG,HAS_CHARTEVENTS_DATA\n" +
			"1,20,201,2130-01-01 10:00:00,2130-01-05 09:30:00,2130-01-05 09:00:00,EMERGENCY,EMERGENCY ROOM ADMIT,DEAD/EXPIRED,Medicare,ENGL,CATHOLIC,WIDOWED,WHITE,2130-01-01 08:00:00,2130-01-01 10:30:00,\"SEPSIS, \"\"" + canary + "\"\"\",1,1\n" +
			"2,10,101,2180-05-06 22:23:00,2180-05-07 17:15:00,,NEWBORN,,HOME,Private,,,,,,,NEWBORN,0,0\n",
		"DIAGNOSES_ICD":  "ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE\n1,20,201,2,\"0331\"\n2,20,201,1,V4581\n3,20,201,,\n",
		"PROCEDURES_ICD": "ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE\n1,20,201,1,0093\n2,20,201,,\n",
		"ICUSTAYS":       "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,DBSOURCE,FIRST_CAREUNIT,LAST_CAREUNIT,FIRST_WARDID,LAST_WARDID,INTIME,OUTTIME,LOS\n1,20,201,3001,carevue,MICU,SICU,52,52,2130-01-01 12:00:00,2130-01-04 12:00:00,3.0\n",
		"PROCEDUREEVENTS_MV": "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,STARTTIME,ENDTIME,ITEMID,VALUE\n" +
			"1,20,201,,2130-01-01 13:00:00,2130-01-03 13:00:00,225792,2880\n2,20,201,3001,2130-01-02 13:00:00,,227194,1\n3,20,201,3001,not a time,,224263,1\n",
		"CHARTEVENTS": "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,ITEMID,CHARTTIME,STORETIME,CGID,VALUE,VALUENUM,VALUEUOM,WARNING,ERROR,RESULTSTATUS,STOPPED\n" +
			"1,20,201,3001,211,not a time,,7,90,90,BPM,,,,NotStopd\n2,20,201,,467,2130-01-01 13:30:00,2130-01-01 13:31:00,7,\"Trach Mask \",,,0,1,,\n" +
			"3,20,,3001,720,2130-01-01 13:40:00,,7,CMV,,,,,,\n4,20,201,3001,640,2130-01-01 13:50:00,,7,,,,,,,\n",
		"NOTEEVENTS": "ROW_ID,SUBJECT_ID,HADM_ID,CHARTDATE,CHARTTIME,STORETIME,CATEGORY,DESCRIPTION,CGID,ISERROR,TEXT\n" +
			"11,20,201,2130-01-05,,,Discharge summary,Report,,,\"Chief Complaint:\r\n\"\"" + canary + "\"\"\n \n[**2130-1-1**]\"\n" +
			"12,20,201,2130-01-06,,,Discharge summary,Addendum,,1,more\n" +
			"13,20,,2130-01-01,2130-01-01 11:00:00,2130-01-01 11:02:03,Radiology,CHEST (PORTABLE AP),,,film\n" +
			"14,20,,2130-01-01 00:00:00,2130-01-01 12:00:00,,Radiology,Addendum,,,film again\n" +
			"15,20,201,2130-01-02,2130-01-02 12:00:00,,\"Respiratory \",\" Respiratory Care \",7,,vent\n" +
			"16,20,201,2130-01-02,,,Nursing,Report,7,,\n",
	}
}

// write puts the tree into a folder as .csv.gz files.
func (f tree) write(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range f {
		writeFile(t, filepath.Join(root, filepath.FromSlash(name)+".csv.gz"), compress(t, text))
	}
	return root
}

func (f tree) with(name, text string) tree {
	changed := maps.Clone(f)
	changed[name] = text
	return changed
}

func compress(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// rows reads a whole table, part after part.
func rows[T any](t testing.TB, d *dataset.Dataset, table string) []T {
	t.Helper()
	var all []T
	for part := range d.Parts() {
		all = append(all, collect(t, dataset.Read[T](t.Context(), d, table, part))...)
	}
	return all
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for row, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

func at(t testing.TB, clock string) dataset.Time {
	t.Helper()
	layout := time.DateTime
	if !strings.Contains(clock, " ") {
		layout = time.DateOnly
	}
	moment, err := time.Parse(layout, clock)
	if err != nil {
		t.Fatal(err)
	}
	return dataset.Time(moment.UnixMicro())
}
