package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatIsMistyped: an unknown word fails and names what was meant.
func TestWhatIsMistyped(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/made.yaml", "name: made\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n")
	clinflow(t, dir, 0, "run", "made.yaml", "--out", "results")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"runs", "lst"}, "did you mean list?"},
		{[]string{"run", "demo", "--forse"}, "did you mean --force?"},
		{[]string{"run", "demo", "--force"}, "flag needs an argument: --force; name the step that is to run again; --force-all is of all that are chosen"},
		{[]string{"accept", "demo"}, "STEP is missing: a step as `clinflow plan DAG` names it; type `clinflow accept DAG STEP…`"},
		{[]string{"accept", "made.yaml", "mimic", "--out", "result"}, "did you mean results?"},
		{[]string{"run"}, "DAG is missing: a DAG file, or a shipped DAG by its name (core, demo, retrain, two-step); type `clinflow run DAG [STEP…]`"},
		{[]string{"schedule", "trigger"}, "DAG is missing: a DAG as `clinflow schedule list` names it; type `clinflow schedule trigger DAG`"},
		{[]string{"schedule", "next", "made.yml"}, "made.yml: neither a file nor a shipped DAG"},
		{[]string{"schedule", "run", "retrain", "--", "--nonsense"}, "behind --: unknown flag: --nonsense; `clinflow run --help` lists the flags of a run"},
		{[]string{"schedule", "run", "retrain", "--", "--remote-above"}, "behind --: flag needs an argument: --remote-above"},
		{[]string{"schedule", "next"}, "no DAG is scheduled in clinflow-out; name DAG files, or the output folder of a scheduler by --out"},
		{[]string{"export", "airflow", "made.yaml", "--local", "-o", "airflow/made.py"}, "--output: the folder airflow is not there; make it, or name another one"},
		{[]string{"export", "airflow", "made.yaml", "--local", "--runner", "dataflow"}, "--runner says nothing with --local"},
		{[]string{"export", "airflow", "made.yaml", "--local", "--out", ""}, "--out: an empty path names no folder"},
		{[]string{"export", "argo", "made.yaml", "--gpus", "0"}, "--gpus 0: want 1 or more"},
		{[]string{"export", "airflow", "made.yaml", "--local", "-o", "results"}, "--output: results is a folder; name a file in it"},
		{[]string{"ui", "--addr", "127.0.0.1:0", "--dags", "demp"}, "--dags: demp: neither a file nor a shipped DAG; did you mean demo?"},
		{[]string{"ui", "--addr", "127.0.0.1:0", "--out", "made.yaml"}, "--out: made.yaml is a file; name the output folder of runs"},
		{[]string{"runs", "diff", "last"}, "RUN is missing: the id of a run"},
		{[]string{"synth"}, "--out is missing: folder to write; type `clinflow synth --out DIR`"},
		{[]string{"inspect", "logits"}, "--model is missing: Hugging Face folder of the model, or random:PATH of a config.json; type `clinflow inspect logits --model DIR`"},
		{[]string{"verify", "nowhere"}, "nowhere is not there; name a step's folder or the folder of a run"},
		{[]string{"cat", "one", "two"}, `"two" is one word too many; type ` + "`clinflow cat DATASET`"},
		{[]string{"demo", "extra"}, `"extra" is one word too many`},
		{[]string{"inspect", "encode", "--tokenizer", "one", "two"}, `"two" is one word too many`},
		{[]string{"runs", "zzz"}, "known: diff, list, show, tail"},
		{[]string{"help", "stagess"}, "did you mean stages?"},
		{[]string{"help", "runs", "shw"}, "did you mean show?"},
		{[]string{"inspect", "encod"}, "did you mean encode?"},
		{[]string{"stages", "label.mortalty"}, "did you mean label.mortality?"},
		{[]string{"stages", "label.mor"}, "did you mean label.mortality?"},
		{[]string{"stages", "zzz"}, "`clinflow stages` lists them"},
		{[]string{"runs", "list", "--out", "result"}, "did you mean results?"},
		{[]string{"runs", "show", "--out", "nope"}, "results"},
	} {
		if r := clinflow(t, dir, 2, c.args...); r.stdout != "" || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%v: want %q, printed %q and %q", c.args, c.want, r.stdout, r.stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "result")); err == nil {
		t.Error("a mistyped folder was made")
	}
	for _, args := range [][]string{{"runs"}, {"help"}, {"help", "runs", "show"}, {"inspect"}} {
		if r := clinflow(t, dir, 0, args...); !strings.Contains(r.stdout, "Usage:") {
			t.Errorf("%v: printed %q", args, r.stdout)
		}
	}
	version := clinflow(t, dir, 0, "version").stdout
	if long := clinflow(t, dir, 0, "--version").stdout; long != version || !strings.HasPrefix(long, "clinflow ") {
		t.Errorf("--version prints %q, version %q", long, version)
	}
}

// TestCompletion: a shell is told the DAGs, stages, steps, runs and values of flags.
func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/made.yaml", "name: made\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n")
	clinflow(t, dir, 0, "run", "made.yaml", "--out", "results")
	for want, typed := range map[string][]string{
		"two-step":             {"run", ""},
		"demo":                 {"plan", ""},
		"label.mortality":      {"stages", ""},
		"results/steps/mimic-": {"cat", ""},
		"last":                 {"runs", "show", "--out", "results", ""},
		"tiny":                 {"demo", "--scale", ""},
		"cpu:avx2":             {"run", "demo", "--device", ""},
		"prism":                {"run", "demo", "--runner", ""},
		"json":                 {"lint", "--log-format", ""},
		"tokens":               {"cat", "--table", ""},
	} {
		if r := clinflow(t, dir, 0, append([]string{"__complete"}, typed...)...); !strings.Contains("\n"+r.stdout, "\n"+want) {
			t.Errorf("%v: want %q among %q", typed, want, r.stdout)
		}
	}
}
