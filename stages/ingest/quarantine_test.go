package ingest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/stagetest"
)

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

// quarantined adds bad records to the files of a sound tree, and looks for them in the
// quarantine.
func quarantined(t *testing.T, stage string, sound tree, byFile map[string][]badRecord) {
	t.Helper()
	counts := stagetest.Run(t, stage, config(sound.write(t)), nil).Manifest.Counts
	damaged, want := maps.Clone(sound), map[string][]dataset.Reject{}
	for file, bad := range byFile {
		for _, b := range bad {
			sum := sha256.Sum256([]byte(b.record))
			want[file+".csv.gz"] = append(want[file+".csv.gz"], dataset.Reject{
				File: file + ".csv.gz", Row: int64(rowsOf(damaged[file])) + 1, Offset: int64(len(damaged[file])),
				Reason: b.reason, SHA256: hex.EncodeToString(sum[:]),
			})
			damaged[file] += b.record + "\n"
			counts["read"]++
			counts["quarantined"]++
			counts["quarantined."+b.reason]++
		}
	}
	d := stagetest.Run(t, stage, config(damaged.write(t)), nil)
	got := map[string][]dataset.Reject{}
	for _, r := range rows[dataset.Reject](t, d, dataset.TableQuarantine) {
		got[r.File] = append(got[r.File], r)
	}
	if diff := cmp.Diff(want, got) + cmp.Diff(counts, d.Manifest.Counts); diff != "" {
		t.Error(diff)
	}
	manifest, err := os.ReadFile(filepath.Join(d.URI(), "manifest.json"))
	if err != nil || bytes.Contains(manifest, []byte(canary)) {
		t.Errorf("the manifest holds a value, or %v", err)
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
