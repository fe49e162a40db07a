//go:build slow

package cli

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// faultsDAGIII reads a tree of MIMIC-III, charted values too. The tree's quirks are no
// bad records.
const faultsDAGIII = `
name: faults
steps:
  patients: {stage: ingest.mimiciii, with: {root: tree, shards: 2, chartevents: true}}
`

// TestSlowDamagedTables damages each file of MIMIC-III in turn: cut at seeded places,
// and with a byte flipped. Where nothing is said, the rows must be the same.
func TestSlowDamagedTables(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "synth", "--release", "mimiciii", "--patients", "40", "--out", "tree")
	write(t, filepath.Join(dir, "faults.yaml"), faultsDAGIII)
	want := rowsBelow(t, succeeds(t, dir))
	random := rand.New(rand.NewPCG(14, 3))
	const cuts, flips = 4, 12
	refused, same := 0, 0
	for _, file := range []string{"ADMISSIONS", "CHARTEVENTS", "DIAGNOSES_ICD", "ICUSTAYS", "NOTEEVENTS", "PATIENTS", "PROCEDUREEVENTS_MV", "PROCEDURES_ICD"} {
		name := file + ".csv.gz"
		path := filepath.Join(dir, "tree", name)
		whole := read(t, path)
		for range cuts {
			write(t, path, whole[:1+random.IntN(len(whole)-1)])
			fails(t, dir, 3, name, "the file is truncated, copy it again")
			refused++
		}
		for range flips {
			damaged := []byte(whole)
			damaged[random.IntN(len(whole))] ^= byte(1 + random.IntN(255))
			write(t, path, string(damaged))
			out := t.TempDir()
			switch r := finish(t, command(t, dir, "run", "faults.yaml", "--quiet", "--out", out)); r.code {
			case 3:
				oneError(t, r, name)
				noDataset(t, out)
				refused++
			case 0:
				sameRows(t, "flipped byte of "+file, want, rowsBelow(t, out))
				same++
			default:
				t.Errorf("%s: exit code %d\n%s", file, r.code, withheld(r.all()))
			}
		}
		write(t, path, whole)
	}
	t.Logf("8 files damaged at %d places: %d refused, %d gave the same rows", refused+same, refused, same)
}
