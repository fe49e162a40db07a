package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	shipped "github.com/clinflow/clinflow/tasks"
)

func TestTasksLists(t *testing.T) {
	said := clinflow(t, t.TempDir(), 0, "tasks").stdout
	files, err := shipped.Files.ReadDir(".")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	heads := len(label.Paper)
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".yaml")
		heads++
		if !strings.Contains(said, "\n"+name+": ") {
			t.Errorf("%s is not listed", name)
		}
	}
	for _, line := range []string{"\n  cohort: ", "\n  label: ", "\n  source: "} {
		if n := strings.Count(said, line); n != heads {
			t.Errorf("%d tasks, and %d times %q", heads, n, line)
		}
	}
}

// The five tasks of the paper are those of their stages.
func TestTasksOfThePaper(t *testing.T) {
	for _, known := range label.Paper {
		if _, ok := stages.Default.Lookup(known.Stage); !ok {
			t.Errorf("%s: no stage %s", known.Name, known.Stage)
		}
		said := clinflow(t, t.TempDir(), 0, "tasks", known.Name).stdout
		if !strings.HasPrefix(said, known.Name+": "+string(known.Kind)+", stage "+known.Stage+"\n") {
			t.Error(said)
		}
	}
}

// A binary task needs no names, and says what they are then.
func TestTasksNamesLabels(t *testing.T) {
	dir := t.TempDir()
	for label, want := range map[string]string{
		"{kind: binary, is: 'true'}":                 "names: no, yes",
		"{kind: multilabel, is: '[patient.gender]'}": "names: those that label.task_set lists",
	} {
		write(t, filepath.Join(dir, "mine.yaml"), "name: x\nlabel: "+label+"\n")
		if said := clinflow(t, dir, 0, "tasks", "mine.yaml").stdout; !strings.Contains(said, want) {
			t.Errorf("%s: %s", label, said)
		}
	}
}

func TestTasksRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mine.yaml"), "name: x\nlabel:\n  kind: binary\n  is: admision.hadm_id > 3\n")
	for args, want := range map[string]string{
		"mine.yaml":               "mine.yaml:4:7: label.is: undeclared reference to 'admision'; did you mean admission?",
		"icu_admision":            "did you mean icu_admission?",
		"nowhere.yaml":            "neither a file nor one that ships",
		"readmission_30d nothing": "no task nothing",
	} {
		if said := clinflow(t, dir, 2, append([]string{"tasks"}, strings.Fields(args)...)...).stderr; !strings.Contains(said, want) {
			t.Errorf("%s: %s", args, said)
		}
	}
}

var (
	named   = regexp.MustCompile("(?s)`([a-z_0-9]+\\.yaml)`:\n\n```yaml\n(.*?)```")
	shell   = regexp.MustCompile("(?s)```sh\n(.*?)```")
	steps   = regexp.MustCompile("(?s)```yaml\n(  .*?)```")
	example = regexp.MustCompile(`(?m)^    (heart_failure_60d\.yaml:.*)$`)
)

// Whoever follows docs/tasks.md gets a task of their own, its labels and its texts.
func TestTheDocumentOfTasks(t *testing.T) {
	document, dir := read(t, "../../docs/tasks.md"), t.TempDir()
	for _, file := range named.FindAllStringSubmatch(document, -1) {
		write(t, filepath.Join(dir, file[1]), file[2])
	}
	var said string
	for _, block := range shell.FindAllStringSubmatch(document, -1) {
		for line := range strings.Lines(block[1]) {
			said += clinflow(t, dir, 0, arguments(t, dir, line)...).all()
		}
	}
	for _, want := range []string{"heart_failure_60d: binary", "without died_within_60_days: ", "asked at: discharge", `"label":`} {
		if !strings.Contains(said, want) {
			t.Errorf("the commands do not say %q", want)
		}
	}
	slip := strings.Replace(read(t, dir, "heart_failure_60d.yaml"), "cohort: admission", "cohort: admision", 1)
	write(t, filepath.Join(dir, "heart_failure_60d.yaml"), slip)
	told := clinflow(t, dir, 2, "tasks", "heart_failure_60d.yaml").stderr
	if m := example.FindStringSubmatch(document); m == nil || !strings.Contains(told, m[1]) {
		t.Errorf("the document shows %q, the command says %s", m, told)
	}
}

// The steps that docs/tasks.md shows by themselves have no fault.
func TestTheStepsOfTheDocument(t *testing.T) {
	dir, found := t.TempDir(), steps.FindAllStringSubmatch(read(t, "../../docs/tasks.md"), -1)
	write(t, filepath.Join(dir, "delirium.csv"), "hadm_id,label\n")
	for _, block := range found {
		write(t, filepath.Join(dir, "dag.yaml"), "name: x\nsteps:\n  mimic: {stage: synth.mimiciv}\n  patients: {stage: ingest.mimiciv, in: {mimic: mimic}}\n  split: {stage: split.hash, in: {patients: patients}}\n"+block[1])
		clinflow(t, dir, 0, "lint", "dag.yaml")
	}
	if len(found) != 2 {
		t.Errorf("%d blocks of steps", len(found))
	}
}

// arguments are those of a command line, its patterns matched.
func arguments(t *testing.T, dir, line string) (args []string) {
	t.Helper()
	for _, arg := range strings.Fields(line)[1:] {
		found, err := filepath.Glob(filepath.Join(dir, arg))
		if err != nil || len(found) > 1 {
			t.Fatal(arg, found, err)
		}
		if strings.Contains(arg, "*") && len(found) == 1 {
			arg = found[0]
		}
		args = append(args, arg)
	}
	return args
}

const ownTasks = `name: own
each:
  task:
    readmission_30d: {tokens: [tokens_readmission_30d]}
    mortality_from_radiology_24h: {tokens: [tokens_mortality_from_radiology_24h]}
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 300}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 4}}
  split: {stage: split.hash, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512, max_notes: 200}}
  labels_${task}: {stage: label.task, in: {patients: patients}, with: {task: "${task}"}}
  texts_${task}: {stage: text.task, in: {patients: patients}, with: {task: "${task}"}}
  tokens_${task}: {stage: tokenize.texts, in: {texts: "texts_${task}", tokenizer: tokenizer}, with: {max_length: 64}}
  baseline_${task}: {stage: train.baseline, in: {tokens: ${task.tokens}, labels: "labels_${task}", split: split}}
  auroc: {stage: eval.auroc, in: {predictions: ["baseline_${task}"]}}
publish: {metrics.json: auroc.metrics.json}
`

// Declared tasks go the whole way to a metric, and each with its own texts alone.
func TestDeclaredTasksAreLearned(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "own.yaml"), ownTasks)
	noCanary(t, "the streams", clinflow(t, dir, 0, "run", "own.yaml", "--out", "out").all())
	if metrics := read(t, dir, "out", "metrics.json"); !strings.Contains(metrics, "readmission_30d") || !strings.Contains(metrics, "mortality_from_radiology_24h") {
		t.Error(metrics)
	}
	wrong := strings.Replace(ownTasks, "[tokens_readmission_30d]", "[tokens_mortality_from_radiology_24h]", 1)
	write(t, filepath.Join(dir, "wrong.yaml"), wrong)
	if said := clinflow(t, dir, 2, "lint", "wrong.yaml").stderr; !strings.Contains(said, "give tokens of text.task with the same task") {
		t.Error(said)
	}
}
