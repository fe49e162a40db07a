package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// onDataflow is an export of a shipped DAG to a cloud.
func onDataflow(scheduler string, more ...string) []string {
	return append([]string{"export", scheduler, "two-step", "--out", "gs://b/out", "--set", "mimic=gs://b/mimic", "--set", "note=gs://b/note", "--set", "base=gs://b/base",
		"--runner", "dataflow", "--project", "p", "--region", "r", "--staging_location", "gs://b/staging", "--worker_binary", "gs://b/clinflow"}, more...)
}

// The files say what the flags do, are the same whenever and wherever they are written,
// and hold no path of this machine.
func TestExportsOfADAG(t *testing.T) {
	for scheduler, says := range map[string][]string{
		"airflow": {`WORKER = "gs://b/clinflow"`, `"set": ["mimic=gs://b/mimic", "note=gs://b/note", "base=gs://b/base"]`, `"memory": "2GiB"`, `runner="DataflowRunner"`, `"staging_location": "gs://b/staging"`, `"card": ["clinical", "downstream", "baseline"]`},
		"argo":    {"kind: Workflow\n", "- \"--set=note=gs://b/note\"\n", "- \"--memory=2GiB\"\n", "- \"--runner=dataflow\"\n", "- \"--staging_location=gs://b/staging\"\n", "nvidia.com/gpu: \"1\"\n"},
	} {
		args := onDataflow(scheduler, "--memory", "2GiB")
		here, there := t.TempDir(), t.TempDir()
		first := clinflow(t, here, 0, args...).stdout
		clinflow(t, there, 0, append(slices.Clone(args), "-o", "dag")...)
		if diff := cmp.Diff(first, read(t, there, "dag")); diff != "" {
			t.Errorf("%s: two files of one DAG:\n%s", scheduler, diff)
		}
		if left := files(t, there); !slices.Equal(left, []string{"dag"}) {
			t.Errorf("%s left %v", scheduler, left)
		}
		for _, text := range says {
			if !strings.Contains(first, text) {
				t.Errorf("%s: no %s in\n%s", scheduler, text, first)
			}
		}
		home, _ := os.UserHomeDir()
		for _, path := range []string{here, there, os.Args[0], filepath.Join(home, "x")} {
			if strings.Contains(first, filepath.Dir(path)+"/") {
				t.Errorf("%s holds a path of this machine, %s", scheduler, path)
			}
		}
	}
}

// What the engine would refuse is refused when the DAG is exported, all at once.
func TestAnExportIsCheckedAsARunIs(t *testing.T) {
	for _, scheduler := range []string{"airflow", "argo"} {
		r := clinflow(t, t.TempDir(), 2, "export", scheduler, "two-step", "--runner", "dataflow")
		for _, text := range []string{"--project is missing", "--staging_location is missing", "--out ", "steps.patients.with.root: /data/mimic-iv"} {
			if !strings.Contains(r.stderr, text) {
				t.Errorf("%s does not say %s:\n%s", scheduler, text, r.stderr)
			}
		}
	}
	clinflow(t, t.TempDir(), 2, "export", "airflow", "two-step", "--local", "--start", "tomorrow")
	clinflow(t, t.TempDir(), 2, "export", "airflow", "two-step", "--local", "-o", "no/such/folder.py")
}

func TestFlagsAloneAreARun(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{[]string{"--runner=DirectRunner", "--dag=d.yaml", "--step=a", "--only", "--step=b"}, []string{"run", "--runner=DirectRunner", "--only", "--", "d.yaml", "a", "b"}},
		{[]string{"--dag=-x"}, []string{"run", "--", "-x"}},
		{[]string{"--version"}, []string{"--version"}},
		{[]string{"--quiet", "plan", "demo"}, []string{"--quiet", "plan", "demo"}},
		{[]string{"run", "--dag=d"}, []string{"run", "--dag=d"}},
		{[]string{"--dag=a", "--dag=b"}, []string{"--dag=a", "--dag=b"}},
		{nil, nil},
	} {
		if diff := cmp.Diff(c.want, asRun(c.args)); diff != "" {
			t.Errorf("%v: %s", c.args, diff)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "export.yaml"), exportDAG)
	clinflow(t, dir, 0, "--runner=DirectRunner", "--dag=export.yaml", "--step=split", "--out=out", `--labels={"airflow-version": "v3"}`, "--worker_binary=/usr/local/bin/clinflow", "--quiet")
	stepFolder(t, filepath.Join(dir, "out"), "split")
}
