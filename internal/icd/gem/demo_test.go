package gem

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each code of the MIMIC-IV demo becomes what Python finds, those too that are older
// than the files.
func TestCodesOfTheDemo(t *testing.T) {
	for name, all := range golden(t) {
		m, rows := mapping(t, cmsFiles[name]), demoCodes(t, cmsFiles[name])
		want := all.Demo
		missing, ambiguous, total := map[string]int{}, 0, 0
		for code, n := range rows {
			total += n
			if m.below(code, code) == nil {
				missing[code] = n
			}
			if len(m.Targets(code, All)) > 1 {
				ambiguous++
			}
		}
		if total != want.Rows || len(rows) != want.Codes || ambiguous != want.Ambiguous {
			t.Errorf("%s: %d rows, %d codes, %d ambiguous", name, total, len(rows), ambiguous)
		}
		if diff := cmp.Diff(want.Missing, missing); diff != "" {
			t.Errorf("%s: missing %s", name, diff)
		}
		for mode, of := range map[Mode]struct {
			Unmapped map[string]int
			SHA256   string
		}{First: want.First, All: want.All, Scenario: want.Scenario} {
			unmapped, sum := map[string]int{}, sha256.New()
			for _, code := range slices.Sorted(maps.Keys(rows)) {
				targets := m.Targets(code, mode)
				digest(sum, code, targets)
				if len(targets) == 0 {
					unmapped[code] = rows[code]
				}
			}
			if diff := cmp.Diff(of.Unmapped, unmapped); diff != "" {
				t.Errorf("%s, %s: unmapped %s", name, mode, diff)
			}
			if got := hex.EncodeToString(sum.Sum(nil)); got != of.SHA256 {
				t.Errorf("%s, %s: digest %s", name, mode, got)
			}
		}
		t.Logf("%s of version %s: %d codes in %d rows: %d mapped, %d of them ambiguous, %d unmapped; %d are not in the file",
			cmsFiles[name].table, cmsFiles[name].from, len(rows), total, len(rows)-len(want.All.Unmapped), ambiguous, len(want.All.Unmapped), len(missing))
	}
}

// demoCodes are the codes of a table of the demo, with their rows.
func demoCodes(t *testing.T, f cmsFile) map[string]int {
	t.Helper()
	file, err := os.Open("../../../stages/label/testdata/mimiciv-demo-2.2/hosp/" + f.table + ".csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(unpacked)
	header, err := in.Read()
	if err != nil {
		t.Fatal(err)
	}
	code, version := slices.Index(header, "icd_code"), slices.Index(header, "icd_version")
	rows := map[string]int{}
	for {
		fields, err := in.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		if fields[version] == f.from {
			rows[fields[code]]++
		}
	}
}
