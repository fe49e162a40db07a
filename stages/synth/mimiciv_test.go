package synth_test

import (
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/stages/stagetest"

	_ "github.com/clinflow/clinflow/stages/synth"
)

func TestMimicivWritesATree(t *testing.T) {
	out := stagetest.Run(t, "synth.mimiciv", "{patients: 60, radiology_per_admission: 1, seed: 5}", nil)
	if out.Manifest.Kind != shard.KindMIMIC {
		t.Errorf("kind %s", out.Manifest.Kind)
	}
	if err := out.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	file, err := out.OpenFile(t.Context(), tree.FactorsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows := 0
	for _, err := range tree.ReadTruth(file) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	if rows < 50 {
		t.Errorf("%d admissions for 60 patients", rows)
	}
}

func TestMimicivSameSeedSameDigest(t *testing.T) {
	digest := func(config string) string { return stagetest.Run(t, "synth.mimiciv", config, nil).Manifest.Digest() }
	first := digest("{patients: 40, seed: 7}")
	if again := digest("{patients: 40, seed: 7}"); again != first {
		t.Error("the same seed gives other files")
	}
	if other := digest("{patients: 40, seed: 8}"); other == first {
		t.Error("another seed gives the same files")
	}
}

func TestMimicivRefusesTooManyPatients(t *testing.T) {
	if _, err := stagetest.Try(t, "synth.mimiciv", "{patients: 2000000}", nil); exit.Of(err) != exit.Usage {
		t.Errorf("error %v, want one of wrong usage", err)
	}
}
