//go:build slow

package cli

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// cardsDAG makes cards of a task of each kind, of the MIMIC-IV demo with invented notes,
// and one of a synthetic MIMIC-III, some of whose texts are equal.
const cardsDAG = labelsDAG + `
  texts: {stage: text.admission, in: {patients: patients}}
  without_deaths: {stage: text.without_deaths, in: {texts: texts}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}, with: {max_length: 700}}
  duplicates: {stage: label.duplicates, in: {texts: [texts], split: split}}
  card_mor:
    stage: label.card
    in: {texts: [texts, without_deaths], labels: mor, split: split, duplicates: duplicates}
    with: {enforce: false, small_cells: show}
  card_los:
    stage: label.card
    in: {texts: [texts], tokens: [tokens], labels: los, split: split, duplicates: duplicates}
    with: {enforce: false, small_cells: show}
  card_diag:
    stage: label.card
    in: {texts: [texts], tokens: [tokens], labels: diag, split: split, duplicates: duplicates}
    with: {enforce: false, small_cells: show}
  tree: {stage: synth.mimiciii, with: {patients: 1500, seed: 5}}
  patients_iii: {stage: ingest.mimiciii, in: {mimic: tree}, with: {shards: 4}}
  split_iii: {stage: split.hash, in: {patients: patients_iii}}
  texts_iii: {stage: text.admission, in: {patients: patients_iii}}
  without_deaths_iii: {stage: text.without_deaths, in: {texts: texts_iii}}
  iii: {stage: label.mortality, in: {patients: patients_iii}}
  duplicates_iii: {stage: label.duplicates, in: {texts: [texts_iii, without_deaths_iii], split: split_iii}}
  card_iii:
    stage: label.card
    in: {texts: [texts_iii, without_deaths_iii], labels: iii, split: split_iii, duplicates: duplicates_iii}
    with: {enforce: false, small_cells: show}
`

// TestSlowCardsAreThoseOfPandas: every number of the cards is what oracle/card_counts.py
// counts in the texts, labels, splits and tokens.
func TestSlowCardsAreThoseOfPandas(t *testing.T) {
	interpreter := python(t)
	tables, err := filepath.Abs(mimicDemo)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cards.yaml"), cardsDAG)
	clinflow(t, dir, 0, "run", "cards.yaml", "--out", "out", "--set", "attach="+tables, "--quiet")
	at := func(step string) string { return stepFolder(t, filepath.Join(dir, "out"), step) }
	for name, args := range map[string][]string{
		"mor":  {"--texts", at("texts"), at("without_deaths")},
		"los":  {"--texts", at("texts"), "--tokens", at("tokens")},
		"diag": {"--texts", at("texts"), "--tokens", at("tokens")},
		"iii":  {"--texts", at("texts_iii"), at("without_deaths_iii"), "--split", at("split_iii")},
	} {
		args = append([]string{"../../oracle/card_counts.py", at("card_" + name), "--labels", at(name), "--split", at("split")}, args...)
		said, err := exec.CommandContext(t.Context(), interpreter, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(said), "numbers are those that pandas counts") {
			t.Errorf("%v: %s", err, said)
		}
		t.Logf("%s", said)
	}
}
