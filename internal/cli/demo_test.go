package cli

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// metricsFile is the part of metrics.json that users and schedulers rely on.
type metricsFile struct {
	Variants  map[string]scores `json:"variants"`
	Baseline  scores            `json:"baseline"`
	KnownBest scores            `json:"known_best"`
}

type scores struct {
	MacroAUROC    float64  `json:"macro_auroc"`
	MacroInterval interval `json:"macro_interval"`
	Tasks         map[string]struct {
		AUROC     float64 `json:"auroc"`
		N         int     `json:"n"`
		Positives int     `json:"positives"`
		Used      int     `json:"classes_used"`
		Skipped   int     `json:"classes_skipped"`
	} `json:"tasks"`
}

type interval struct{ Low, High float64 }

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
	first := clinflow(t, dir, 0, "demo", "--scale", "tiny", "--verbose")
	out := filepath.Join(dir, "clinflow-demo")
	checkMetrics(t, metricsOf(t, out))
	checkCards(t, out)
	noCanary(t, "the streams", first.all())
	noCanaryBelow(t, out)
	ids := identities(t, out)
	noIdentity(t, "the streams", first.all(), ids)
	for path, text := range plainBelow(t, out) {
		noIdentity(t, path, text, ids)
	}
	checkModes(t, out)

	before := read(t, out, "metrics.json")
	again := clinflow(t, dir, 0, "demo", "--scale", "tiny")
	if strings.Contains(again.stderr, "step started") || !strings.Contains(again.stderr, "its output is there") {
		t.Errorf("the second demo did work again or did not say why not:\n%s", again.stderr)
	}
	if read(t, out, "metrics.json") != before {
		t.Error("the second demo changed metrics.json")
	}
	withBERT(t, dir, out)
	for _, args := range [][]string{{"verify", "clinflow-demo"}, {"runs", "list", "--out", "clinflow-demo"}, {"runs", "show", "--out", "clinflow-demo"}} {
		noCanary(t, strings.Join(args, " "), clinflow(t, dir, 0, args...).all())
	}
	if small := regexp.MustCompile(`\w+=[1-9]\b`).FindString(clinflow(t, dir, 0, "runs", "show", "--out", "clinflow-demo").stdout); small != "" {
		t.Errorf("the journal tells the small count %s", small)
	}
	catsWithoutText(t, dir, out)
}

// withBERT asks for one task by a BERT too: what is there already stays.
func withBERT(t *testing.T, dir, out string) {
	t.Helper()
	before := metricsOf(t, out)
	run := clinflow(t, dir, 0, "demo", "--scale", "tiny", "--set", "bert=true")
	if started := regexp.MustCompile(`step started .*step=(\w+)`).FindAllString(run.stderr, -1); len(started) != 15 {
		t.Errorf("%d steps ran: %q", len(started), started)
	}
	after := metricsOf(t, out)
	score := after.Variants["bert"].Tasks["pmv"]
	if score.N != after.KnownBest.Tasks["pmv"].N || score.AUROC <= 0 || score.AUROC > 1 || len(after.Variants["bert"].Tasks) != 1 {
		t.Errorf("the BERT scores %+v", after.Variants["bert"])
	}
	delete(after.Variants, "bert")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the other variants changed:\n%s", diff)
	}
}

var (
	tasks    = []string{"pmv", "mor", "los", "diag", "proc"}
	variants = []string{"head", "lora", "clinical_frozen", "clinical_frozen_downstream", "clinical_trainable", "clinical_trainable_downstream"}
)

// checkMetrics wants every variant, the baseline and the known best on every task, all of
// a task on the same examples.
func checkMetrics(t *testing.T, m metricsFile) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(m.Variants)); !slices.Equal(got, slices.Sorted(slices.Values(variants))) {
		t.Errorf("the variants are %v", got)
	}
	rows := maps.Clone(m.Variants)
	rows["baseline"], rows["known best"] = m.Baseline, m.KnownBest
	for name, row := range rows {
		var sum float64
		for _, task := range tasks {
			score, best := row.Tasks[task], m.KnownBest.Tasks[task]
			if score.N == 0 || score.N != best.N || score.Positives != best.Positives || score.Used == 0 || score.AUROC <= 0 || score.AUROC > 1 {
				t.Errorf("%s, %s: %+v", name, task, score)
			}
			sum += score.AUROC
		}
		if math.Abs(row.MacroAUROC-sum/float64(len(tasks))) > 1e-12 {
			t.Errorf("%s: macro AUROC %v is not the mean of the tasks", name, row.MacroAUROC)
		}
	}
}

// checkCards wants every variant and task in groups, who the patients are, and cards that
// say that nobody's data may be published.
func checkCards(t *testing.T, out string) {
	t.Helper()
	var groups struct {
		Variants map[string]map[string][]json.RawMessage
		Table1   struct{ Splits []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(read(t, out, "subgroups.json")), &groups); err != nil {
		t.Fatal(err)
	}
	for _, variant := range variants {
		for _, task := range tasks {
			if n := len(groups.Variants[variant][task]); n != 6 {
				t.Errorf("%s, %s: %d attributes, want 6", variant, task, n)
			}
		}
	}
	if n := len(groups.Table1.Splits); n != 3 {
		t.Errorf("table 1 has %d splits", n)
	}
	names := []string{"data.md"}
	for _, task := range tasks {
		names = append(names, "model-"+task+".md")
	}
	for _, name := range names {
		if card := read(t, out, name); !strings.HasPrefix(card, "---\nlicense: unknown\n") || !strings.Contains(card, "no patient is in it") {
			t.Errorf("%s is no card of synthetic data: %.200s", name, card)
		}
	}
}

// A scale that left a var to the file would change with the file's own scale.
func TestScalesSetTheSameVars(t *testing.T) {
	want := slices.Sorted(maps.Keys(scales["tiny"]))
	for name, vars := range scales {
		if got := slices.Sorted(maps.Keys(vars)); len(vars) > 0 && !slices.Equal(got, want) {
			t.Errorf("%s sets %v, want %v", name, got, want)
		}
	}
}

// setsOf are a scale's values as flags.
func setsOf(scale string) (flags []string) {
	for name, value := range scales[scale] {
		flags = append(flags, "--set", name+"="+value)
	}
	return flags
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
