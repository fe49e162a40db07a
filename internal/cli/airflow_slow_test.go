//go:build slow

package cli

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// anAirflow is an installation of Airflow with a home and a folder of DAGs of its own.
type anAirflow struct{ bin, home, dags string }

func startAirflow(t *testing.T, bin string) anAirflow {
	t.Helper()
	a := anAirflow{bin, t.TempDir(), t.TempDir()}
	if err := os.Symlink(os.Args[0], filepath.Join(a.home, "clinflow")); err != nil {
		t.Fatal(err)
	}
	if said, err := a.command(t, "airflow", "db", "migrate").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return a
}

// command prepares one of Airflow's programs, whose tasks find clinflow in the PATH and
// relative paths in the home.
func (a anAirflow) command(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(a.bin, program), args...)
	cmd.Env = append(os.Environ(), "CLINFLOW_TEST_AS_COMMAND=1", "CLINFLOW_HOME="+a.home, "PATH="+a.home+":"+a.bin+":"+os.Getenv("PATH"),
		"AIRFLOW_HOME="+a.home, "AIRFLOW__CORE__LOAD_EXAMPLES=False", "AIRFLOW__CORE__DAGS_FOLDER="+a.dags)
	return cmd
}

// export writes a DAG's file for a folder of Airflow's.
func (a anAirflow) export(t *testing.T, file string, args ...string) {
	t.Helper()
	clinflow(t, a.home, 0, slices.Concat([]string{"export", "airflow"}, args, []string{"-o", filepath.Join(a.dags, file)})...)
}

// test runs a DAG once, and says what Airflow told and whether it ended well.
func (a anAirflow) test(t *testing.T, dag string) (said string, ended error) {
	t.Helper()
	began := time.Now()
	out, err := a.command(t, "airflow", "dags", "test", dag).CombinedOutput()
	t.Logf("%s: %d tasks, %.0f s", dag, strings.Count(string(out), "[DAG TEST] end task"), time.Since(began).Seconds())
	return string(out), err
}

// gatedDAG has a gate that wants more of each class than there are patients.
const gatedDAG = `
name: gated
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 60}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  labels: {stage: label.length_of_stay, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}, with: {vocab_size: 512}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}}
  card: {stage: label.card, in: {texts: texts, tokens: tokens, labels: labels, split: split}, with: {min_class: 1000}}
  baseline: {stage: train.baseline, in: {tokens: tokens, labels: labels, split: split}, after: card}
`

// filesDAG has data steps alone, of files.
const filesDAG = `
name: data
steps:
  patients: {stage: ingest.mimiciv, with: {root: mimic, note_root: mimic, shards: 2}}
  split: {stage: split.hash, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
`

// nightlyDAG is trained behind a gate, by a schedule.
const nightlyDAG = `
name: nightly
schedule: {cron: "0 3 * * SUN", timezone: Europe/Berlin, catchup: latest, overlap: queue, retries: 2, timeout: 6h}
vars: {note: gs://b/note}
steps:
  patients: {stage: ingest.mimiciv, with: {root: "gs://b/mimic", note_root: "${note}"}}
  split: {stage: split.hash, in: {patients: patients}}
  labels: {stage: label.length_of_stay, in: {patients: patients}}
  texts: {stage: text.admission, in: {patients: patients}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes, split: split}}
  tokens: {stage: tokenize.texts, in: {texts: texts, tokenizer: tokenizer}}
  card: {stage: label.card, in: {texts: texts, tokens: tokens, labels: labels, split: split}}
  base: {stage: train.base, in: {tokens: tokens, split: split, tokenizer: tokenizer}, after: card}
`

// odd is a value that Python, Jinja and a shell would each read in its own way, with an
// ending by which Airflow would take it for a file of its own.
const odd = `gs://b/it's "here" \ {{ ds }} $(x).yaml`

// Airflow itself runs what is exported for one machine, begins Beam's jobs by its own
// operator, and reads what is exported for a cloud.
func TestSlowAirflow(t *testing.T) {
	bin := os.Getenv("CLINFLOW_AIRFLOW")
	if bin == "" {
		t.Skip("CLINFLOW_AIRFLOW names no folder with Airflow's programs; oracle/requirements-airflow.txt has what to install")
	}
	a := startAirflow(t, bin)
	t.Run("Local", func(t *testing.T) { onOneMachine(t, a) })
	t.Run("Gate", func(t *testing.T) { closedGate(t, a) })
	t.Run("Decision", func(t *testing.T) { promotedByAirflow(t, a) })
	t.Run("Beam", func(t *testing.T) { beamByAirflow(t, a) })
	t.Run("Cloud", func(t *testing.T) { readByAirflow(t, a) })
}

func onOneMachine(t *testing.T, a anAirflow) {
	set := []string{"demo", "--out", "demo"}
	for _, name := range slices.Sorted(maps.Keys(scales["tiny"])) {
		set = append(set, "--set", name+"="+scales["tiny"][name])
	}
	a.export(t, "demo.py", append(slices.Clone(set), "--local", "--workers", "2")...)
	if said, err := a.test(t, "demo"); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if r := clinflow(t, a.home, 0, append([]string{"plan"}, set...)...); !strings.Contains(r.stdout, ": 0 of ") {
		t.Errorf("after Airflow's run:\n%s", r.stdout)
	}
	for _, name := range []string{"report.html", "metrics.json", "model-pmv.md"} {
		if _, err := os.Stat(filepath.Join(a.home, "demo", name)); err != nil {
			t.Error(err)
		}
	}
}

// A step that fails is behind a gate that is closed, what is behind it is left out, and
// the run has failed.
func closedGate(t *testing.T, a anAirflow) {
	write(t, filepath.Join(a.home, "gated.yaml"), gatedDAG)
	a.export(t, "gated.py", "gated.yaml", "--local", "--out", "gated")
	said, err := a.test(t, "gated")
	if err == nil || !strings.Contains(said, "the gate card is closed") || !strings.Contains(said, "Skipping tasks [('baseline', -1)]") {
		t.Errorf("a closed gate: %v: %s", err, said)
	}
	if found, _ := filepath.Glob(filepath.Join(a.home, "gated", "steps", "baseline-*")); len(found) > 0 {
		t.Errorf("behind the gate there is %v", found)
	}
}

// A model that is promoted and one that is refused are two ways of a run that ends well.
func promotedByAirflow(t *testing.T, a anAirflow) {
	write(t, filepath.Join(a.home, "gate.yaml"), gateDAG)
	for quality, way := range map[string]string{"1": "gate.promoted", "0.3": "gate.refused"} {
		out := "gate-" + quality
		a.export(t, "gate.py", "gate.yaml", "--local", "--out", out, "--set", "quality="+quality, "--set", "floor=0.6")
		if said, err := a.test(t, "gate"); err != nil || !strings.Contains(said, "Branch into "+way) {
			t.Errorf("quality %s: %v: %s", quality, err, said)
		}
	}
}

// The operator for Go starts clinflow with flags alone.
func beamByAirflow(t *testing.T, a anAirflow) {
	clinflow(t, a.home, 0, "synth", "--patients", "30", "--out", "mimic")
	write(t, filepath.Join(a.home, "data.yaml"), strings.ReplaceAll(filesDAG, "root: mimic", "root: "+filepath.Join(a.home, "mimic")))
	a.export(t, "data.py", filepath.Join(a.home, "data.yaml"), "--out", filepath.Join(a.home, "data"), "--binary", filepath.Join(a.home, "clinflow"))
	said, err := a.test(t, "data")
	if err != nil || !strings.Contains(said, "--runner=DirectRunner") || !strings.Contains(said, "--step=split --step=texts") {
		t.Fatalf("%v: %s", err, said)
	}
	for _, step := range []string{"patients", "split", "texts"} {
		stepFolder(t, filepath.Join(a.home, "data"), step)
	}
}

// oneTask is what oracle/airflow_dags.py tells of a task.
type oneTask struct {
	Operator, Pool, Image, Runner string
	Before, Arguments             []string
	Retries                       int
	Launcher                      string                             `json:"launcher_binary"`
	Worker                        string                             `json:"worker_binary"`
	Options                       map[string]any                     `json:"pipeline_options"`
	Dataflow                      map[string]any                     `json:"dataflow_config"`
	Account                       string                             `json:"service_account_name"`
	Resources                     struct{ Limits map[string]string } `json:"container_resources"`
}

func readByAirflow(t *testing.T, a anAirflow) {
	a.dags = t.TempDir()
	write(t, filepath.Join(a.home, "nightly.yaml"), nightlyDAG)
	a.export(t, "nightly.py", "nightly.yaml", "--out", "gs://b/out", "--runner", "dataflow", "--project", "p", "--region", "r", "--staging_location", "gs://b/staging",
		"--labels", `{"study": "notes"}`, "--no_use_public_ips", "--binary", "gs://b/clinflow", "--gpus", "2", "--service-account", "reader", "--pool", "study", "--gpu-pool", "cards", "--dag-file", "/dags/nightly.yaml", "--set", "note="+odd)
	a.export(t, "flink.py", "two-step", "--out", "/data/out", "--set", "mimic=/data/mimic", "--set", "note=/data/note", "--set", "base=/models/base",
		"--runner", "flink", "--endpoint", "127.0.0.1:8099", "--environment_type", "PROCESS", "--environment_config", `{"command": "/usr/local/bin/clinflow"}`)
	oracle, err := filepath.Abs("../../oracle/airflow_dags.py")
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.command(t, "python", oracle, a.dags).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var bag struct {
		Errors map[string]string
		DAGs   map[string]struct {
			Schedule, Timezone string
			Catchup            bool
			MaxActiveRuns      int `json:"max_active_runs"`
			Timeout            float64
			Tasks              map[string]oneTask
		}
	}
	if err := json.Unmarshal(text[strings.LastIndex(strings.TrimSpace(string(text)), "\n")+1:], &bag); err != nil || len(bag.Errors) > 0 || len(bag.DAGs) != 2 {
		t.Fatalf("%v: %s", err, text)
	}
	nightly := bag.DAGs["nightly"]
	if nightly.Schedule != "0 3 * * SUN" || nightly.Timezone != "Europe/Berlin" || nightly.Catchup || nightly.MaxActiveRuns != 1 || nightly.Timeout != 6*3600 {
		t.Errorf("the schedule is %+v", nightly)
	}
	same := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	job, base, gate := nightly.Tasks["data.1"], nightly.Tasks["base"], nightly.Tasks["card.gate"]
	same("a job", oneTask{
		Operator: "BeamRunGoPipelineOperator", Pool: "study", Runner: "DataflowRunner", Retries: 2, Before: []string{"base", "card", "tokenizer", "tokens"},
		Launcher: "gs://b/clinflow", Worker: "gs://b/clinflow",
		Options: map[string]any{
			"dag": "/dags/nightly.yaml", "step": []any{"split", "labels", "texts"}, "only": true, "out": "gs://b/out", "set": []any{"note=" + odd},
			"staging_location": "gs://b/staging", "no_use_public_ips": true, "labels": map[string]any{"study": "notes"},
		},
		Dataflow: map[string]any{"job_name": "clinflow", "project_id": "p", "location": "r"},
	}, job)
	same("its cards", map[string]string{"nvidia.com/gpu": "2"}, base.Resources.Limits)
	same("a training", []string{"run", "--out=gs://b/out", "--set=note=" + odd, "--only", "--", "/dags/nightly.yaml", "base"}, base.Arguments)
	same("its place", []string{"KubernetesPodOperator", "clinflow-gpu", "cards", "reader"}, []string{base.Operator, base.Image, base.Pool, base.Account})
	same("a step of one machine", []string{"KubernetesPodOperator", "clinflow", "study"}, []string{nightly.Tasks["tokenizer"].Operator, nightly.Tasks["tokenizer"].Image, nightly.Tasks["tokenizer"].Pool})
	same("a gate", []string{"base", "card.closed"}, gate.Before)
	same("what is before it", []string{"card.gate"}, nightly.Tasks["card"].Before)
	flink := bag.DAGs["two-step"].Tasks["patients"]
	same("on Flink", []any{"FlinkRunner", "PROCESS", `{"command": "/usr/local/bin/clinflow"}`, "127.0.0.1:8099"},
		[]any{flink.Runner, flink.Options["environment_type"], flink.Options["environment_config"], flink.Options["endpoint"]})
}
