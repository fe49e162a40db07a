package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestGuardsStopTheRun changes the demo's file by one setting each.
func TestGuardsStopTheRun(t *testing.T) {
	demo := read(t, "../../dags", "demo.yaml")
	for _, c := range []struct {
		name, from, to string
		want           []string
	}{
		{
			"test patients' notes in the clinical corpus",
			"in: {notes: patients.notes, tokenizer: tokenizer}\n    with: {", "in: {notes: patients.notes, tokenizer: tokenizer}\n    with: {split_seed: 2, ",
			[]string{"step clinical", "patients", "train"},
		},
		{
			"no label vocabulary",
			"with: {task: diag, min_count: ${min_count}}", "with: {task: diag, min_count: 100000}",
			[]string{"step vocabulary_diag", "holds no label", "min_count"},
		},
		{
			"a label vocabulary of another split",
			"with: {task: proc, min_count: ${min_count}}", "with: {task: proc, min_count: ${min_count}, split_seed: 2}",
			[]string{"step labels_proc", "split_seed"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(demo, c.from, c.to, 1)
			if changed == demo {
				t.Fatal("the demo's file has no such setting")
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "demo.yaml"), changed)
			r := clinflow(t, dir, 3, append([]string{"run", "demo.yaml", "--out", "out", "--quiet"}, setsOf("tiny")...)...)
			for _, words := range c.want {
				if !strings.Contains(r.stderr, words) {
					t.Errorf("the error does not speak of %q:\n%s", words, r.stderr)
				}
			}
			noCanary(t, c.name, r.all())
		})
	}
}
