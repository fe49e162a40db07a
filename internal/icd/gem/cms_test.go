package gem

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"strings"
	"testing"
)

// checked is what oracle/gem_check.py found in one of CMS' files.
type checked struct {
	SHA256                             string
	Rows, Sources, Unmapped, Ambiguous int
	Modes                              map[Mode]string // digests of what each source becomes
	Demo                               struct {
		Rows, Codes, Ambiguous int
		Missing                map[string]int
		First, All, Scenario   struct {
			Unmapped map[string]int
			SHA256   string
		}
	}
}

// cmsFile is one of the four files: how wide its columns are, and whose codes of the
// demo it translates.
type cmsFile struct {
	read           func(into int) (*Mapping, error)
	into           int
	source, target int // columns' widths
	table          string
	from           string
}

var cmsFiles = map[string]cmsFile{
	"2018_I10gem.txt": {Diagnoses, 9, 8, 6, "diagnoses_icd", "10"},
	"2018_I9gem.txt":  {Diagnoses, 10, 6, 8, "diagnoses_icd", "9"},
	"gem_pcsi9.txt":   {Procedures, 9, 8, 6, "procedures_icd", "10"},
	"gem_i9pcs.txt":   {Procedures, 10, 6, 8, "procedures_icd", "9"},
}

func golden(t *testing.T) (files map[string]checked) {
	t.Helper()
	text, err := os.ReadFile("testdata/gem_check.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &files); err != nil {
		t.Fatal(err)
	}
	return files
}

func mapping(t *testing.T, f cmsFile) *Mapping {
	t.Helper()
	m, err := f.read(f.into)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The rows are those of CMS' files, byte for byte.
func TestTheFilesAreCMS(t *testing.T) {
	for name, want := range golden(t) {
		f, sum := cmsFiles[name], sha256.New()
		m := mapping(t, f)
		for _, r := range m.rows {
			fmt.Fprintf(sum, "%-*s%-*s%s\r\n", f.source, r.source, f.target, r.target, r.flags)
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 || len(m.rows) != want.Rows {
			t.Errorf("%s: %d rows, sha256 %s", name, len(m.rows), got)
		}
	}
}

// digest takes what a code becomes as gem_check.py does.
func digest(sum hash.Hash, code string, targets []string) {
	fmt.Fprintf(sum, "%s %s\n", code, strings.Join(targets, " "))
}

// Each code of the files becomes what Python finds, in each mode.
func TestEveryCode(t *testing.T) {
	for name, want := range golden(t) {
		m := mapping(t, cmsFiles[name])
		sums := map[Mode]hash.Hash{First: sha256.New(), All: sha256.New(), Scenario: sha256.New()}
		var sources, unmapped, ambiguous int
		for _, rows := range bySource(m.rows) {
			for mode, sum := range sums {
				digest(sum, rows[0].source, m.Targets(rows[0].source, mode))
			}
			sources++
			switch n := len(m.Targets(rows[0].source, All)); {
			case n == 0:
				unmapped++
			case n > 1:
				ambiguous++
			}
		}
		if sources != want.Sources || unmapped != want.Unmapped || ambiguous != want.Ambiguous {
			t.Errorf("%s: %d sources, %d unmapped, %d ambiguous", name, sources, unmapped, ambiguous)
		}
		for mode, sum := range sums {
			if got := hex.EncodeToString(sum.Sum(nil)); got != want.Modes[mode] {
				t.Errorf("%s, %s: digest %s", name, mode, got)
			}
		}
		t.Logf("%s: %d codes: %d mapped, %d of them ambiguous, %d unmapped", name, sources, sources-unmapped, ambiguous, unmapped)
	}
}
