package text_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// coreRules is what oracle/core_rules.py writes: what CORe's own scripts make of notes
// that are put together of fragments.
type coreRules struct {
	Fragments []string `json:"fragments"`
	Deaths    []string `json:"deaths"`
	Tables    []struct {
		Seed       uint64            `json:"seed"`
		Notes      int               `json:"notes"`
		Admissions int               `json:"admissions"`
		Hashes     map[string]string `json:"hashes"` // of an admission's texts, before and after the filters of deaths
	} `json:"tables"`
}

// chance is the generator of oracle/core_rules.py.
type chance uint64

func (c *chance) below(n int) int {
	*c = *c*6364136223846793005 + 1442695040888963407
	return int(uint64(*c>>33) % uint64(n))
}

func (g *coreRules) text(c *chance) string {
	var text strings.Builder
	for range c.below(24) {
		of := g.Fragments
		if c.below(30) == 0 {
			of = g.Deaths
		}
		text.WriteString(of[c.below(len(of))])
	}
	return text.String()
}

// notes are those of a seed, in the order of the table that ingest writes.
func (g *coreRules) notes(seed uint64, rows, admissions int) (table []mimic.Note) {
	c := chance(seed)
	var texts []string
	for row := 1; row <= rows; row++ {
		var text string
		if len(texts) > 0 && c.below(6) == 0 {
			text = texts[c.below(len(texts))]
		} else {
			text = g.text(&c)
		}
		texts = append(texts, text)
		day, hadm, kind := c.below(40), c.below(admissions+20), c.below(20)
		n := mimic.Note{
			NoteID: strconv.Itoa(row), SubjectID: int64(1000 + hadm), HadmID: int64(hadm), Category: "Discharge summary",
			NoteType: mimic.DischargeSummary, IsError: kind == 7, Text: text, Origin: mimic.Origin{SourceRow: int64(row)},
		}
		switch {
		case kind == 0:
			n.Category = "Nursing"
		case kind == 1:
			n.NoteType = ""
		case kind < 6:
			n.NoteType = mimic.Addendum
		}
		if day > 0 {
			n.Chartdate = dataset.Time(time.Date(2150, 1, day, 0, 0, 0, 0, time.UTC).UnixMicro())
		}
		table = append(table, n)
	}
	return table
}

// The recipe core makes CORe's texts, byte for byte, of notes in which everything that
// its rules stumble over stands beside everything else.
func TestCoreMakesTheTextsOfCore(t *testing.T) {
	var golden coreRules
	read(t, "testdata/core_rules.json", &golden)
	for _, table := range golden.Tables {
		var admissions []mimic.Admission
		for hadm := 1; hadm <= table.Admissions; hadm++ {
			a := mimic.Admission{SubjectID: int64(1000 + hadm), HadmID: int64(hadm), AdmissionType: "EMERGENCY"}
			if hadm%11 == 0 {
				a.AdmissionType = "NEWBORN"
			}
			admissions = append(admissions, a)
		}
		before, after := madeByCore(t, inParts(t, 3, admissions, golden.notes(table.Seed, table.Notes, table.Admissions)), "")
		if len(before) != len(table.Hashes) || len(before) < 500 {
			t.Errorf("seed %d: %d texts, CORe makes %d", table.Seed, len(before), len(table.Hashes))
		}
		for id, want := range table.Hashes {
			if got := short(before[id] + "\x00" + after[id]); got != want {
				t.Errorf("seed %d: the texts of hadm_id %s hash to %s, CORe's to %s:\n%q\n%q", table.Seed, id, got, want, before[id], after[id])
			}
		}
	}
}

// madeByCore are the texts of the recipe core, and what the filters of deaths leave of
// them; of one that they withdraw the word withdrawn.
func madeByCore(t *testing.T, in stages.Inputs, quirks string) (before, after map[string]string) {
	t.Helper()
	config := "{recipe: core, quirks: {" + quirks + "}}"
	in["core_notes"] = []*dataset.Dataset{stagetest.Run(t, "text.core_notes", config, in)}
	texts := stagetest.Run(t, "text.admission", config, in)
	before, after = map[string]string{}, map[string]string{}
	for _, row := range textsOf(t, texts) {
		before[row.TextID], after[row.TextID] = row.Text, row.Text
	}
	for _, row := range textsOf(t, stagetest.Run(t, "text.without_deaths", config, stages.Inputs{"texts": {texts}})) {
		if after[row.TextID] = row.Text; row.Withdrawn {
			after[row.TextID] = "withdrawn"
		}
	}
	return before, after
}

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:8]
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
}
