package synth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
	_ "github.com/clinflow/clinflow/stages/synth"
)

func TestMimicivWritesATree(t *testing.T) {
	out := stagetest.Run(t, "synth.mimiciv", "{patients: 60, radiology_per_admission: 1, seed: 5}", nil)
	if out.Manifest.Kind != mimic.KindFiles {
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

// goldenDigests are of small trees' CSV. They were written by version 1 of the
// stage: where one moves, raise the version and write the new one.
var goldenDigests = map[string]string{
	"{patients: 50, radiology_per_admission: 1, seed: 1}":         "881a8e3e257b6b47ecb583e1a9afbf4dc9a6950cf4796b0ae7919ac0713f20a4",
	"{attach: " + demo + ", radiology_per_admission: 1, seed: 1}": "ec95f326213c27afffcc7aeaed361f1ce24eb18d2b0ba31d3e3bf459fd98f921",
}

func TestGoldenDigests(t *testing.T) {
	for stage, digests := range map[string]map[string]string{"synth.mimiciv": goldenDigests, "synth.mimiciii": goldenDigestsIII} {
		for config, want := range digests {
			out := stagetest.Run(t, stage, config, nil)
			if got := digestOfFiles(t, out); got != want || out.Manifest.StageVersion != 1 {
				t.Errorf("%s %s: digest %s of version %d", stage, config, got, out.Manifest.StageVersion)
			}
		}
	}
}

// digestOfFiles is over the CSV of all files, in the order of their names.
func digestOfFiles(t *testing.T, out *dataset.Dataset) string {
	t.Helper()
	hash := sha256.New()
	for _, f := range out.Manifest.Files {
		file, err := out.OpenFile(t.Context(), f.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var csv io.Reader = file
		if strings.HasSuffix(f.Name, ".gz") {
			if csv, err = gzip.NewReader(file); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.Copy(hash, csv); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// goldenDigestsIII are of MIMIC-III's, by version 1 of its stage.
var goldenDigestsIII = map[string]string{
	"{patients: 50, radiology_per_admission: 1, core_lists: true}": "b0705484ededad366c98b200d32c82b01d5f0e084056045d292bbf383675fd5a",
	"{attach: " + demoIII + ", radiology_per_admission: 1}":        "91d8ad29ea8bc3a8f66bbc2bcfc0b3b72036db2a1bdfa81c991b3fb07a611900",
}

// What is in the step's fingerprint of the attached folder is what it reads there.
func TestTheAttachedFoldersOtherFilesAreNotRead(t *testing.T) {
	for _, stage := range []string{"synth.mimiciv", "synth.mimiciii"} {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(stagetest.Run(t, stage, "{patients: 60}", nil).URI())); err != nil {
			t.Fatal(err)
		}
		digest := func() string {
			return stagetest.Run(t, stage, `{attach: "`+folder+`"}`, nil).Manifest.Digest()
		}
		whole := digest()
		if read, unread := stagetest.OnlyRead(t, stage, "attach", folder); len(read) != 6 || len(unread) == 0 {
			t.Errorf("%s: %q are read, %q are not; want six tables", stage, read, unread)
		}
		if bare := digest(); bare != whole {
			t.Errorf("%s: the tree is another without the files that are not read", stage)
		}
	}
}
