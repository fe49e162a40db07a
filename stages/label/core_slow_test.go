//go:build slow

package label_test

import "testing"

// TestSlowCoreIsCORe compares all trees.
func TestSlowCoreIsCORe(t *testing.T) {
	for name, want := range coreGolden(t) {
		if want.LeastPlanted < 1 || len(want.Tasks) != 4 || len(want.Labels) != 2 {
			t.Fatalf("%s: the golden file lacks tasks", name)
		}
		t.Run(name, func(t *testing.T) { isCORe(t, want) })
	}
}
