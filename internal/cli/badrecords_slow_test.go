//go:build slow

package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reject is a row of the quarantine table.
type reject struct {
	File   string `json:"file"`
	Row    int    `json:"row"`
	Offset int    `json:"byte_offset"`
	Reason string `json:"reason"`
	SHA256 string `json:"sha256"`
}

// One bad record is left out where max_bad_fraction allows it, and named
// by its place and hash; elsewhere the step fails.
func TestSlowBadRecords(t *testing.T) {
	const admissions, discharge = "hosp/admissions.csv.gz", "note/discharge.csv.gz"
	inText := func(what string) func(string) string {
		return func(record string) string { return strings.Replace(record, ",\"", ",\""+secret+what, 1) }
	}
	tests := []struct {
		name, file, reason string
		damage             func(record string) string
	}{
		{"invalid UTF-8 in text", discharge, "invalid_utf8", inText("\xc3\x28")},
		{"half a rune at the end of text", discharge, "invalid_utf8", inText("\xe2\x82")},
		{"invalid UTF-8 in an id", admissions, "invalid_utf8", func(s string) string { return "\xff" + s }},
		{"NUL in text", discharge, "nul_byte", inText("\x00")},
		{"NUL in an id", admissions, "nul_byte", func(s string) string { return "\x00" + s }},
		{"a thousand NULs", discharge, "nul_byte", inText(strings.Repeat("\x00", 1000))},
		{"a word for an id", admissions, "malformed_subject_id", func(s string) string { return secret + s }},
		{"no id", admissions, "missing_subject_id", func(s string) string { return s[strings.Index(s, ","):] }},
		{"a field too many", admissions, "field_count", func(s string) string { return secret + "," + s }},
		{"a field too few", admissions, "field_count", func(s string) string { return s[strings.Index(s, ",")+1:] }},
		{"the record before again", admissions, "duplicate", nil},
	}
	const row = 7
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := soundTree(t)
			path := filepath.Join(dir, "tree", tt.file)
			text := unzipped(t, path)
			ends := recordEnds(t, text)
			start, end := ends[row-1], ends[row]
			record := text[ends[row-2]:start]
			if tt.damage != nil {
				record = tt.damage(text[start:end])
			}
			write(t, path, zipped(t, text[:start]+record+text[end:]))
			fails(t, dir, 3, "1 of ", "records are bad", tt.reason+" 1", "max_bad_fraction")

			out := succeeds(t, dir, "--set", "max_bad_fraction=0.1")
			counts := countsOf(t, out, "patients")
			if counts["quarantined"] != 1 || counts["quarantined."+tt.reason] != 1 || counts["read"] != counts["kept"]+counts["skipped"]+1 {
				t.Errorf("the counts are %v", counts)
			}
			sum := sha256.Sum256([]byte(strings.TrimSuffix(record, "\n")))
			want := []reject{{tt.file, row, start, tt.reason, hex.EncodeToString(sum[:])}}
			if diff := cmp.Diff(want, quarantine(t, dir, out)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Logf("%d kinds of bad record: all refused above the fraction, all in quarantine below it", len(tests))
}

// quarantine is what `clinflow cat` shows of the bad records.
func quarantine(t *testing.T, dir, out string) (rows []reject) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(out, "steps", "patients-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("patients' folders: %v %v", folders, err)
	}
	r := clinflow(t, dir, 0, "cat", folders[0], "--table", "quarantine", "--limit", "0")
	noCanary(t, "the quarantine", r.all())
	for line := range strings.Lines(r.stdout) {
		var row reject
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal("the quarantine holds a line that is no JSON")
		}
		rows = append(rows, row)
	}
	return rows
}
