//go:build slow

package recipe

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The paper's lists of labels are what core makes of the dictionaries of MIMIC-III: each
// label of a code of theirs. They have no licence to be shipped by: CLINFLOW_OPEN_DATA
// names a folder with label-lists/ and mimiciii-demo-1.4/.
func TestSlowLabelListsOfThePaper(t *testing.T) {
	folder := os.Getenv("CLINFLOW_OPEN_DATA")
	if folder == "" {
		t.Skip("CLINFLOW_OPEN_DATA is not set to a folder with label-lists/ and mimiciii-demo-1.4/")
	}
	r, err := Config{Recipe: "core"}.New()
	if err != nil {
		t.Fatal(err)
	}
	sound, err := Config{Recipe: "clinical"}.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list, dictionary string
		category, sound  Category // of core, of clinical
		labels           int
		unmade           []string
		textbook         int // labels of the dictionary by ICD's own categories
	}{
		// V51 was a whole code until October 2008, when V51.0 and V51.8 took its place:
		// MIMIC-III has it in rows, and the dictionary only what came after it.
		{"diagnoses_1266.txt", "D_ICD_DIAGNOSES.csv.gz", r.Diagnosis, sound.Diagnosis, 1266, []string{"V51"}, 1234},
		{"procedures_711.txt", "D_ICD_PROCEDURES.csv.gz", r.Procedure, sound.Procedure, 711, nil, 890},
	} {
		codes := dictionary(t, filepath.Join(folder, "mimiciii-demo-1.4", c.dictionary))
		made := labelsOf(codes, c.category)
		listed := words(t, filepath.Join(folder, "label-lists", c.list))
		var unmade []string
		for _, label := range listed {
			if made[label] == nil {
				unmade = append(unmade, label)
			}
		}
		if len(listed) != c.labels || !slices.Equal(unmade, c.unmade) {
			t.Errorf("%s: of %d labels core cannot make %v", c.list, len(listed), unmade)
		}
		if textbook := labelsOf(codes, c.sound); len(textbook) != c.textbook {
			t.Errorf("%s: %d categories, want %d", c.dictionary, len(textbook), c.textbook)
		}
		t.Logf("%s: %d labels, %d of which are made of the dictionary's codes, which make %d", c.list, len(listed), len(listed)-len(unmade), len(made))
	}
}

// The 61 procedure labels of two characters are codes that lost their leading zeros: of
// the chapter 00, which came with the procedures that no other chapter had room for, and
// the whole codes of three digits of the chapters 01 to 09. With their zeros none of
// them would be a label, and the list would be another.
func TestSlowProcedureLabelsOfTwoCharacters(t *testing.T) {
	folder := os.Getenv("CLINFLOW_OPEN_DATA")
	if folder == "" {
		t.Skip("CLINFLOW_OPEN_DATA is not set to a folder with label-lists/ and mimiciii-demo-1.4/")
	}
	codes := dictionary(t, filepath.Join(folder, "mimiciii-demo-1.4", "D_ICD_PROCEDURES.csv.gz"))
	as := func(c Config) map[string][]string {
		r, err := c.New()
		if err != nil {
			t.Fatal(err)
		}
		return labelsOf(codes, r.Procedure)
	}
	core, whole := as(Config{Recipe: "core"}), as(Config{Recipe: "core", Quirks: Overrides{[]byte(`{"integer_procedure_codes": false}`)}})
	short, lost := 0, 0
	for _, label := range words(t, filepath.Join(folder, "label-lists", "procedures_711.txt")) {
		if len(whole[label]) == 0 {
			lost++
		}
		if len(label) != 2 {
			continue
		}
		short++
		for _, code := range core[label] {
			if code != "00"+label && code != "0"+label {
				t.Errorf("%s is made of %s", label, code)
			}
		}
		if len(whole[label]) > 0 || !slices.Contains(core[label], "00"+label) && !slices.Contains(core[label], "0"+label) {
			t.Errorf("%s is no code without its zeros: core makes it of %v, with their zeros %v make it", label, core[label], whole[label])
		}
	}
	if short != 61 || lost != 67 {
		t.Errorf("%d labels of two characters, %d of no code with its zeros", short, lost)
	}
	t.Logf("61 labels of two characters, and %d more, are made of codes without their zeros alone", lost-short)
}

// labelsOf are the labels of the codes of ICD-9, with the codes of each.
func labelsOf(codes []string, category Category) map[string][]string {
	labels := map[string][]string{}
	for _, code := range codes {
		for _, label := range category(9, code) {
			labels[label] = append(labels[label], code)
		}
	}
	return labels
}

// dictionary are the codes of a table of MIMIC-III.
func dictionary(t *testing.T, name string) (codes []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := slices.Index(rows[0], "icd9_code")
	for _, row := range rows[1:] {
		codes = append(codes, row[column])
	}
	return codes
}

func words(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}
