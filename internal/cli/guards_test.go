package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestGuardsStopTheRun changes the demo's file by a setting or two each.
func TestGuardsStopTheRun(t *testing.T) {
	demo := read(t, "../../dags", "demo.yaml")
	for _, c := range []struct {
		name, from, to, also, by string
		code                     int
		want                     []string
	}{
		{
			"test patients' notes in the clinical corpus",
			"  split:\n    stage: split.hash\n    in: {patients: patients}\n", "  other_split: {stage: split.hash, in: {patients: patients}, with: {seed: 2}}\n  split:\n    stage: split.hash\n    in: {patients: patients}\n",
			"in: {tokens: corpus, split: split, base: base}", "in: {tokens: corpus, split: other_split, base: base}",
			3, []string{"_clinical", "patients of its val and test splits are among those that", "clinical-"},
		},
		{
			"no label set",
			"with: {task: diag, min_count: ${min_count}}", "with: {task: diag, min_count: 100000}", "", "",
			3, []string{"step label_set_diag", "no label has 100000 admissions", "min_count"},
		},
		{
			"a label set of another split",
			"  split:\n    stage: split.hash\n    in: {patients: patients}\n", "  other_split: {stage: split.hash, in: {patients: patients}, with: {seed: 2}}\n  split:\n    stage: split.hash\n    in: {patients: patients}\n",
			"in: {patients: patients, split: split}\n    with: {task: proc", "in: {patients: patients, split: other_split}\n    with: {task: proc",
			2, []string{"predictions_proc_head", "baseline_proc", "label_set_proc, which lists the labels, has hash, seed 2", "give both the same split"},
		},
		{
			"a split by admission, before its lists are looked for",
			"    stage: split.hash\n    in: {patients: patients}\n", "    stage: split.file\n    in: {patients: patients}\n    with: {file: lists.csv, by: hadm_id}\n", "", "",
			2, []string{"steps.label_set_diag.in.split: is by admission", "steps.clinical.in.split: is", "steps.${task}_${variant}.in.split: step pmv_head: is", "in.split: step predictions_pmv_head: is", "in.split: step baseline_pmv: is", "allow_patient_overlap: true"},
		},
		{
			"mortality from texts that tell of the death",
			"tokens: [tokens, tokens_without_deaths], epochs", "tokens: [tokens], epochs", "", "",
			2, []string{"in.tokens: step mor_head", "in.tokens: step predictions_mor_head", "in.tokens: step baseline_mor", "text.without_deaths", "death_filters"},
		},
		{
			"length of stay from whole notes",
			"los: {stage: label.length_of_stay, label_set: \"\", texts: [texts], tokens: [tokens]", "los: {stage: label.length_of_stay, label_set: \"\", texts: [texts], tokens: [corpus]", "", "",
			2, []string{"in.tokens: step los_head: the task is los (multiclass)", "whole notes", "text.admission"},
		},
		{
			"a card of texts that tell of the death",
			"texts: [texts, texts_without_deaths], tokens", "texts: [texts], tokens", "", "",
			2, []string{"in.texts: step card_mor: the task is mor (binary)", "text.without_deaths"},
		},
		{
			"a limit for equal texts that nothing looks for",
			"split: split, duplicates: duplicates}\n    with: {enforce: false,", "split: split}\n    with: {max_equal_across: 0.1,", "", "",
			2, []string{"max_equal_across: step card_pmv", "bind a step of label.duplicates to the port duplicates"},
		},
		{
			"a gate that is closed",
			"{enforce: false,", "{min_examples: 100000,", "", "",
			3, []string{"is not fit to be trained on", "min_examples of train: ", "at least 100000 is asked for", "min_examples of test: "},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(strings.Replace(demo, c.from, c.to, 1), c.also, c.by, 1)
			if changed == demo {
				t.Fatal("the demo's file has no such setting")
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "demo.yaml"), changed)
			r := clinflow(t, dir, c.code, append([]string{"run", "demo.yaml", "--out", "out", "--quiet"}, setsOf("tiny")...)...)
			for _, words := range c.want {
				if !strings.Contains(r.stderr, words) {
					t.Errorf("the error does not speak of %q:\n%s", words, r.stderr)
				}
			}
			noCanary(t, c.name, r.all())
		})
	}
}
