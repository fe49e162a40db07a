package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// metricsFile is the part of metrics.json that users and schedulers rely on.
type metricsFile struct {
	Variants  map[string]scores `json:"variants"`
	KnownBest scores            `json:"known_best"`
}

type scores struct {
	MacroAUROC float64 `json:"macro_auroc"`
	Tasks      map[string]struct {
		AUROC     float64 `json:"auroc"`
		N         int     `json:"n"`
		Positives int     `json:"positives"`
	} `json:"tasks"`
}

func metricsOf(t testing.TB, folder string) metricsFile {
	t.Helper()
	var m metricsFile
	if err := json.Unmarshal([]byte(read(t, folder, "metrics.json")), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTinyDemo(t *testing.T) {
	dir := t.TempDir()
	first := clinflow(t, dir, 0, "demo", "--scale", "tiny")
	out := filepath.Join(dir, "clinflow-demo")
	checkMetrics(t, metricsOf(t, out))
	noCanary(t, "the streams", first.all())
	noCanaryBelow(t, out)
	checkModes(t, out)

	before := read(t, out, "metrics.json")
	again := clinflow(t, dir, 0, "demo", "--scale", "tiny")
	if strings.Contains(again.stderr, "step started") || !strings.Contains(again.stderr, "its output is there") {
		t.Errorf("the second demo did work again or did not say why not:\n%s", again.stderr)
	}
	if read(t, out, "metrics.json") != before {
		t.Error("the second demo changed metrics.json")
	}
	for _, args := range [][]string{{"verify", "clinflow-demo"}, {"runs", "list", "--out", "clinflow-demo"}, {"runs", "show", "--out", "clinflow-demo"}} {
		noCanary(t, strings.Join(args, " "), clinflow(t, dir, 0, args...).all())
	}
	catsWithoutText(t, dir, out)
}

func checkMetrics(t *testing.T, m metricsFile) {
	t.Helper()
	for _, name := range []string{"head", "lora"} {
		v, ok := m.Variants[name]
		mor := v.Tasks["mor"]
		if !ok || mor.N == 0 || mor.Positives == 0 || mor.AUROC <= 0 || mor.AUROC > 1 || v.MacroAUROC != mor.AUROC {
			t.Errorf("variant %s: %+v", name, v)
		}
	}
	if best := m.KnownBest.Tasks["mor"]; best.N != m.Variants["head"].Tasks["mor"].N {
		t.Errorf("the known best is measured on %d examples, the variants on others", best.N)
	}
}

// checkModes wants every file 0600 and every folder 0700.
func checkModes(t *testing.T, root string) {
	t.Helper()
	err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func catsWithoutText(t *testing.T, dir, out string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(out, "steps", "patients-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("patients' folders: %v %v", folders, err)
	}
	r := clinflow(t, dir, 0, "cat", folders[0], "--table", "notes", "--limit", "0")
	if !strings.Contains(r.stdout, `"text":"withheld`) {
		t.Errorf("cat does not say that the text is withheld: %.300s", r.stdout)
	}
	noCanary(t, "cat", r.all())
	if shown := clinflow(t, dir, 0, "cat", folders[0], "--table", "notes", "--limit", "1", "--show-text"); strings.Contains(shown.stdout, "withheld") {
		t.Error("cat --show-text withholds the text")
	}
}
