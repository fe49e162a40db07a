package exports_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/exports"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/builtin"
)

func load(t *testing.T, name string) *dags.DAG {
	t.Helper()
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: name})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tasksOf(t *testing.T, d *dags.DAG, together bool) []exports.Task {
	t.Helper()
	tasks, err := exports.Tasks(stages.Default, d, together)
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

// Every step is of one task, what it needs is done before it, and steps of one job of
// Beam's do not need each other: a task of several steps is such a job, and no gate.
func TestTasksOfTheShippedDAGs(t *testing.T) {
	for _, name := range dags.Shipped() {
		for _, together := range []bool{false, true} {
			d := load(t, name)
			tasks := tasksOf(t, d, together)
			of := map[string]string{}
			for _, task := range tasks {
				if len(task.Steps) > 1 && (task.Kind != exports.Data || task.Gate) || len(task.Steps) == 1 && task.Name != task.Steps[0] {
					t.Errorf("%s: the task %s of %v is of kind %d, a gate: %v", name, task.Name, task.Steps, task.Kind, task.Gate)
				}
				for _, step := range task.Steps {
					if of[step] != "" {
						t.Errorf("%s: %s is of %s and %s", name, step, of[step], task.Name)
					}
					of[step] = task.Name
				}
			}
			before := reach(t, tasks)
			for _, step := range d.Steps {
				for _, up := range step.Upstream() {
					if of[up] == of[step.Name] || !before[of[step.Name]][of[up]] {
						t.Errorf("%s: the task %s of %s does not come after %s of %s", name, of[step.Name], step.Name, of[up], up)
					}
				}
			}
			if !together && len(tasks) != len(d.Steps) || together && len(tasks) >= len(d.Steps) {
				t.Errorf("%s: %d tasks of %d steps, together: %v", name, len(tasks), len(d.Steps), together)
			}
		}
	}
}

// reach is which tasks come before each. It fails where one comes before itself.
func reach(t *testing.T, tasks []exports.Task) map[string]map[string]bool {
	t.Helper()
	before := map[string]map[string]bool{}
	for range tasks { // as long as the longest way
		for _, task := range tasks {
			if before[task.Name] == nil {
				before[task.Name] = map[string]bool{}
			}
			for _, up := range slices.Concat(task.After, task.Gates) {
				before[task.Name][up] = true
				for further := range before[up] {
					before[task.Name][further] = true
				}
			}
		}
	}
	for name, others := range before {
		if others[name] {
			t.Errorf("the task %s comes before itself", name)
		}
	}
	return before
}

const gated = `
name: gated
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 30}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}}
  split: {stage: split.hash, in: {patients: patients}}
  labels: {stage: label.mortality, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}}
  card: {stage: label.card, in: {texts: texts, tokens: tokens, labels: labels, split: split}}
  base: {stage: train.base, in: {tokens: tokens, split: split, tokenizer: tokenizer}, after: card}
`

func TestDataStepsAreJoinedAndGatesStandAlone(t *testing.T) {
	d, err := dags.Parse(stages.Default, "gated.yaml", []byte(gated), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []exports.Task{
		{Name: "mimic", Steps: []string{"mimic"}, Kind: exports.Work},
		{Name: "patients", Steps: []string{"patients"}, After: []string{"mimic"}},
		{Name: "data.1", Steps: []string{"split", "labels", "texts"}, After: []string{"patients"}},
		{Name: "tokenizer", Steps: []string{"tokenizer"}, Kind: exports.Work, After: []string{"patients", "data.1"}},
		{Name: "tokens", Steps: []string{"tokens"}, After: []string{"data.1", "tokenizer"}},
		{Name: "card", Steps: []string{"card"}, After: []string{"data.1", "tokens"}, Gate: true},
		{Name: "base", Steps: []string{"base"}, Kind: exports.GPU, After: []string{"tokens", "data.1", "tokenizer"}, Gates: []string{"card"}},
	}
	if diff := cmp.Diff(want, tasksOf(t, d, true)); diff != "" {
		t.Error(diff)
	}
}

const lone = `
name: lone
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 30}}
  articles: {stage: synth.articles, with: {articles: 10}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}}
  split: {stage: split.hash, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  labels: {stage: label.mortality, in: {patients: patients}}
  stays: {stage: label.length_of_stay, in: {patients: patients}, after: split}
`

// Where a job or a gate comes before data steps that wait for no more than it does, it is
// a task by itself all the same.
func TestNoStepJoinsAJobOrAGateBeforeIt(t *testing.T) {
	d, err := dags.Parse(stages.Default, "lone.yaml", []byte(lone), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []exports.Task{
		{Name: "mimic", Steps: []string{"mimic"}, Kind: exports.Work},
		{Name: "articles", Steps: []string{"articles"}},
		{Name: "patients", Steps: []string{"patients"}, After: []string{"mimic"}},
		{Name: "split", Steps: []string{"split"}, After: []string{"patients"}, Gate: true},
		{Name: "data.1", Steps: []string{"texts", "labels"}, After: []string{"patients"}},
		{Name: "stays", Steps: []string{"stays"}, After: []string{"patients"}, Gates: []string{"split"}},
	}
	if diff := cmp.Diff(want, tasksOf(t, d, true)); diff != "" {
		t.Error(diff)
	}
}

func TestWords(t *testing.T) {
	got := exports.Words([]exports.Option{{Name: "out", Values: []string{"a b"}}, {Name: "set", Values: []string{"x=1", "y="}}, {Name: "group"}})
	if diff := cmp.Diff([]string{"--out=a b", "--set=x=1", "--set=y=", "--group"}, got); diff != "" {
		t.Error(diff)
	}
}
