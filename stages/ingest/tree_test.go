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
		"icu/procedureevents": "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value\n" +
			"20,201,3001,7,2130-01-01 13:00:00,2130-01-03 13:00:00,2130-01-03 13:00:00,225792,2880\n20,201,3001,7,not a time,,,224263,1\n",
		"note/discharge": "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text\n" +
			"20-DS-1,20,201,DS,1,2130-01-05 00:00:00,2130-01-06 01:02:03,\"Chief Complaint:\r\n\"\"" + canary + "\"\"\r\n \n___\"\n",
		"note/radiology": "note_id,subject_id,hadm_id,note_type,note_seq,charttime,storetime,text\n" +
			"10-RR-2,10,,RR,2,2180-05-06 23:00:00,,\"CHEST\n" + canary + "\"\n",
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
