//go:build slow

package label_test

import (
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
)

// TestSlowCoreIsCORe compares all trees.
func TestSlowCoreIsCORe(t *testing.T) {
	for name, want := range coreGolden(t) {
		if want.LeastPlanted < 1 || len(want.Tasks) != 4 || len(want.Labels) != 2 {
			t.Fatalf("%s: the golden file lacks tasks, or quirks", name)
		}
		t.Run(name, func(t *testing.T) { isCORe(t, want) })
	}
}

// TestSlowTheTreeHasEveryQuirk: with any quirk of core off it is not what CORe's
// scripts make, so the comparison would miss none of them. Those of PMV are no
// quirks of CORe.
func TestSlowTheTreeHasEveryQuirk(t *testing.T) {
	want := coreGolden(t)["seed 1"]
	in := coreInputs(t, want.Synth)
	for _, quirk := range stages.FieldsOf[recipe.Quirks]() {
		if strings.HasPrefix(quirk.Key, "pmv_") {
			continue
		}
		off := map[string]bool{quirk.Key: false}
		if quirk.Key == "core_sections" { // the two are of its pattern
			off["header_anywhere"], off["strict_double_newline"] = false, false
		}
		if differences := want.differences(in.make(t, off)); len(differences) == 0 {
			t.Errorf("%s: off, it is CORe's all the same", quirk.Key)
		}
	}
}

// TestSlowPMVIsClinicalXLNets compares all trees, and tries each quirk of PMV off. One
// of them is of MIMIC-IV alone.
func TestSlowPMVIsClinicalXLNets(t *testing.T) {
	for name, want := range xlnetGolden(t) {
		if got := want.made(t, "{recipe: core}"); got != want.SHA256 {
			t.Errorf("%s: the cohort or a label is another: sha256 %s", name, got)
		}
	}
	want := xlnetGolden(t)["seed 1"]
	for _, quirk := range stages.FieldsOf[recipe.Quirks]() {
		if !strings.HasPrefix(quirk.Key, "pmv_") {
			continue
		}
		same := want.made(t, "{recipe: core, quirks: {"+quirk.Key+": false}}") == want.SHA256
		if onlyIV := quirk.Key == "pmv_flow_join"; same != onlyIV {
			t.Errorf("%s: off, the labels are the same: %t", quirk.Key, same)
		}
	}
}
