//go:build slow

package cli

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A manifest that is not as it was written stops who reads the dataset. Without
// one the folder is no dataset, and not clinflow's to clear.
func TestSlowDamagedManifest(t *testing.T) {
	dir := soundTree(t)
	out := succeeds(t, dir)
	want := outputs(t, out)
	folder := stepFolder(t, out, "patients")
	path := filepath.Join(folder, "manifest.json")
	whole := read(t, path)
	refused := func(damaged string) {
		t.Helper()
		write(t, path, damaged)
		for _, args := range [][]string{{"verify", out}, {"run", "faults.yaml", "--quiet", "--out", out}} {
			r := finish(t, command(t, dir, args...))
			// A manifest of another version is for another version of clinflow: 2.
			if r.code != 3 && !(r.code == 2 && strings.Contains(r.stderr, "has a manifest of version ")) {
				t.Errorf("%s: exit code %d", args[0], r.code)
			}
			oneError(t, r, filepath.Base(folder), "make the dataset again")
		}
	}
	random := rand.New(rand.NewPCG(4, 4))
	cuts, flips := 0, 40
	for cut := 0; cut < len(whole); cut += 256 {
		refused(whole[:cut])
		cuts++
	}
	for range flips {
		damaged := []byte(whole)
		damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
		refused(string(damaged))
	}
	t.Logf("a manifest cut at %d places, a bit flipped at %d: all refused by verify and by the next run", cuts, flips)

	remove(t, path)
	oneError(t, clinflow(t, dir, 2, "verify", folder), folder)
	oneError(t, clinflow(t, dir, 2, "run", "faults.yaml", "--quiet", "--out", out), folder, "remove it")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	clinflow(t, dir, 0, "run", "faults.yaml", "--quiet", "--out", out)
	if !maps.Equal(want, outputs(t, out)) {
		t.Error("made again, the dataset is not as it was")
	}
}
