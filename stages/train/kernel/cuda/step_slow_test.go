//go:build slow

package cuda

import (
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

var shapes = map[string]check.Shape{
	"grouped queries, dropout": {Hidden: 64, Intermediate: 96, Layers: 2, Heads: 4, KVHeads: 2, Vocabulary: 301, Batch: 3, Seq: 40, Rank: 4, Labels: 5, Dropout: 0.1},
	"odd sizes, checkpointing": {Hidden: 30, Intermediate: 41, Layers: 3, Heads: 3, KVHeads: 1, Vocabulary: 67, Batch: 4, Seq: 17, Rank: 3, Labels: 7, Checkpointing: true},
	"every parameter trained":  {Hidden: 32, Intermediate: 48, Layers: 2, Heads: 2, KVHeads: 2, Vocabulary: 50, Batch: 3, Seq: 12, Rank: 2, Labels: 3, Whole: true},
}

// TestSlowStep compares whole training steps on the emulated device with the CPU's: the
// first launched, those after it recorded and played.
func TestSlowStep(t *testing.T) {
	for float, tolerance := range tolerances {
		t.Run(float.String(), func(t *testing.T) {
			b, device := open(t, float)
			for name, shape := range shapes {
				for _, loss := range []check.Loss{check.LanguageModel, check.OneOfLabels, check.EachLabel} {
					far, err := check.Step(processor(t), b, shape, loss)
					if err != nil {
						t.Fatal(err)
					}
					t.Logf("%s, %s: %.2g from the CPU's", name, loss, far)
					if !(far <= tolerance) {
						t.Errorf("%s, %s: %g from the CPU's, allowed %g", name, loss, far, tolerance)
					}
				}
			}
			if device.Calls("cuGraphLaunch") != 3*3*len(shapes) {
				t.Errorf("%d of %d steps were played", device.Calls("cuGraphLaunch"), 3*3*len(shapes))
			}
		})
	}
}

// TestSlowModels compares a step of every model and method.
func TestSlowModels(t *testing.T) {
	for float, tolerance := range tolerances {
		b, _ := open(t, float)
		for name, shape := range check.Models() {
			far, err := check.Step(processor(t), b, shape, check.OneOfLabels)
			t.Logf("%v, %s: %.2g from the CPU's", float, name, far)
			if err != nil || !(far <= tolerance) {
				t.Errorf("%v, %s: %g from the CPU's, allowed %g, %v", float, name, far, tolerance, err)
			}
		}
	}
}

func TestSlowResumeAndMemory(t *testing.T) {
	b, device := open(t, kernel.BF16)
	device.SetMemory(256 << 20)
	shape := shapes["grouped queries, dropout"]
	if err := check.Resume(b, shape, 6); err != nil {
		t.Error(err)
	}
	if err := check.TooMuch(b, shape); err != nil {
		t.Error(err)
	}
}
