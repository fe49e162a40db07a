package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// The shipped core makes the paper's five tasks of MIMIC-III and of CORe's lists, and
// a card of each that has the paper's counts beside its own.
func TestCoreMakesTheFiveTasks(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--release", "mimiciii", "--core-lists", "--patients", "300", "--out", "mimic", "--quiet")
	clinflow(t, dir, 0, "run", "core", "--set", "mimic=mimic", "--set", "lists=mimic/core_lists", "--set", "shards=3", "--out", "out", "--quiet")
	out := filepath.Join(dir, "out")
	for _, task := range []string{"pmv", "mor", "los", "diag", "proc"} {
		if n := countsOf(t, out, "card_"+task)["examples.train"]; n == 0 {
			t.Errorf("%s has no examples", task)
		}
		if page := read(t, filepath.Join(out, "card-"+task+".html")); !strings.Contains(page, "Table 1") {
			t.Errorf("the card of %s has no counts of the paper", task)
		}
	}
	mor, diag := countsOf(t, out, "card_mor"), countsOf(t, out, "card_diag")
	if mor["texts_withdrawn"] == 0 || diag["texts_withdrawn"] != 0 {
		t.Errorf("texts that tell of a death: %d are withdrawn from mor, %d from diag", mor["texts_withdrawn"], diag["texts_withdrawn"])
	}
}
