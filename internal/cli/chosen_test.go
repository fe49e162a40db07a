package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// chosenDAG has a step that cannot run on this machine, and publishes of it too.
const chosenDAG = `name: chosen
each:
  task: {mor: {stage: label.mortality}, los: {stage: label.length_of_stay}}
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 8}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  labels_${task}: {stage: "${task.stage}", in: {patients: patients}}
  other: {stage: synth.mimiciv, with: {attach: nowhere}}
publish:
  factors.csv.gz: mimic.factors.csv.gz
  other.csv.gz: other.factors.csv.gz
`

// stepsIn names the steps whose outputs are in the output folder, in order.
func stepsIn(t *testing.T, out string) []string {
	t.Helper()
	folders, err := os.ReadDir(filepath.Join(out, "steps"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, folder := range folders {
		names = append(names, folder.Name()[:strings.LastIndexByte(folder.Name(), '-')])
	}
	return names
}

func TestChosenStepsRunWithWhatTheyNeed(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "clinflow-out")
	write(t, filepath.Join(dir, "chosen.yaml"), chosenDAG)

	plan := clinflow(t, dir, 0, "plan", "chosen.yaml", "labels_mor").stdout
	if !strings.Contains(plan, "3 of 3 steps will run") || strings.Contains(plan, "labels_los") || strings.Contains(plan, "other") {
		t.Errorf("the plan of labels_mor: %s", plan)
	}
	clinflow(t, dir, 0, "run", "chosen.yaml", "labels_mor")
	if got, want := stepsIn(t, out), []string{"labels_mor", "mimic", "patients"}; !slices.Equal(got, want) {
		t.Errorf("run labels_mor made %v, want %v", got, want)
	}
	read(t, out, "factors.csv.gz")
	if _, err := os.Stat(filepath.Join(out, "other.csv.gz")); err == nil {
		t.Error("a file was published of a step that was not chosen")
	}

	more := clinflow(t, dir, 0, "run", "chosen.yaml", "patients", "labels_los")
	if n := strings.Count(more.stderr, "step started"); n != 1 {
		t.Errorf("%d steps ran for labels_los, whose inputs are there:\n%s", n, more.stderr)
	}
	if got, want := stepsIn(t, out), []string{"labels_los", "labels_mor", "mimic", "patients"}; !slices.Equal(got, want) {
		t.Errorf("then there were %v, want %v", got, want)
	}
	if shipped := clinflow(t, dir, 0, "plan", "demo", "mimic").stdout; !strings.HasPrefix(shipped, "demo (shipped) into ") || !strings.Contains(shipped, "1 of 1 steps will run") {
		t.Errorf("the plan of a shipped DAG's step: %s", shipped)
	}
	if r := clinflow(t, dir, 2, "run", "chosen.yaml"); !strings.Contains(r.stderr, "nowhere is not there") {
		t.Errorf("the whole DAG: %s", r.stderr)
	}
}

func TestUnknownStepsAreToldAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "chosen.yaml"), chosenDAG)
	for _, command := range []string{"plan", "run"} {
		r := clinflow(t, dir, 2, command, "chosen.yaml", "labels_mo", "patients", "mimik", "--memory", "5")
		for _, want := range []string{
			"chosen.yaml: unknown step labels_mo; did you mean labels_mor?\n",
			"chosen.yaml: unknown step mimik; did you mean mimic?\n",
			"chosen.yaml: --memory: 5 is too little",
		} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s does not say %q:\n%s", command, want, r.stderr)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "clinflow-out")); err == nil {
		t.Error("a run that is refused left an output folder")
	}
}

func TestStepsAreCompleted(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "chosen.yaml"), chosenDAG)
	r := clinflow(t, dir, 0, "__complete", "run", "chosen.yaml", "patients", "")
	if want := "mimic\nlabels_mor\nlabels_los\nother\n:"; !strings.HasPrefix(r.stdout, want) {
		t.Errorf("completed\n%swant\n%s", r.stdout, want)
	}
}
