package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a runner cannot do is told before anything is read, with the option that is
// missing or wrong.
func TestWhatARunnerCannotDoIsToldFirst(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one.yaml"), "name: one\nsteps:\n  patients: {stage: ingest.mimiciv, with: {root: tree}}\n")
	engine := []string{"--endpoint=127.0.0.1:1"}
	cloud := []string{"--runner=DataflowRunner", "--project=p", "--region=r", "--staging_location=gs://b/s", "--out=gs://b/out"}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--runner=DataflowRunner"}, []string{"--project is missing", "--region is missing", "--staging_location is missing", "--out " + dir, "steps.patients.with.root: tree: its workers cannot read"}},
		{append(slices.Clone(cloud), "--worker_binary=nowhere", "--environment_type=PROCESS", "--template_location=gs://b/t"),
			[]string{"--worker_binary nowhere: is no file", "--environment_type: Dataflow's workers are containers", "--template_location: "}},
		{append(slices.Clone(cloud), "--temp_location=/tmp"), []string{"--temp_location /tmp: is no gs:// folder"}},
		{[]string{"--runner=FlinkRunner"}, []string{"--endpoint is missing", "--environment_type is missing"}},
		{[]string{"--runner=SparkRunner", "--endpoint=somewhere", "--environment_type=LOOPBACK"}, []string{"--endpoint somewhere: write HOST:PORT"}},
		{append(engine, "--runner=flink", "--environment_type=PROCESS"), []string{"--environment_config is missing: for PROCESS"}},
		{append(engine, "--runner=flink", "--environment_type=EXTERNAL"), []string{"--environment_config is missing: for EXTERNAL"}},
		{append(engine, "--runner=flink", "--environment_type=EXTERNAL", "--environment_config=127.0.0.1:2"), []string{"steps.patients.with.root: tree: is relative"}},
		{append(engine, "--runner=PortableRunner", "--environment_type=DOCKER"), []string{"--out " + dir, "steps.patients.with.root: tree: its workers cannot read"}},
		{append(engine, "--runner=universal", "--environment_type=SAMZA"), []string{"--environment_type SAMZA: choose one of"}},
		{append(engine, "--runner=flink", "--environment_type=LOOPBACK", "--async"), []string{"--async: the steps after a job need what it makes"}},
		{append(engine, "--runner=flink", "--environment_type=LOOPBACK", "--detach"), []string{"--detach: the workers of --environment_type LOOPBACK"}},
		{append(engine, "--runner=flink", "--environment_type=LOOPBACK", "--dry_run"), []string{"--dry_run prints Dataflow's jobs"}},
		{append(engine, "--runner=flink", "--environment_type=LOOPBACK", "--experiments=a,enable_data_sampling"), []string{"--experiments=enable_data_sampling would copy data"}},
		{[]string{"--detach"}, []string{"--detach: the work of the runner direct"}},
		{[]string{"--runner=SamzaRunner"}, []string{`--runner "SamzaRunner": choose one of direct, prism, dataflow, flink, spark, universal`}},
	} {
		if err := os.MkdirAll(filepath.Join(dir, "tree"), 0o700); err != nil {
			t.Fatal(err)
		}
		// Remote inputs are not looked at; those of this machine would be told as well.
		r := clinflow(t, dir, 2, append([]string{"run", "one.yaml"}, c.args...)...)
		for _, want := range c.want {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%v: no %q in\n%s", c.args, want, r.stderr)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "clinflow-out")); err == nil {
		t.Error("a run that is refused left an output folder")
	}
}

// Beam's names of runners are ours too.
func TestBeamsNamesOfRunnersAreTaken(t *testing.T) {
	dir := tree(t)
	write(t, filepath.Join(dir, "one.yaml"), "name: one\nsteps:\n  patients: {stage: ingest.mimiciv, with: {root: tree, shards: 1}}\n")
	clinflow(t, dir, 0, "run", "one.yaml", "--runner=PrismRunner")
	if r := clinflow(t, dir, 0, "run", "one.yaml", "--runner", "DirectRunner"); !strings.Contains(r.stderr, "step skipped") {
		t.Error(r.stderr)
	}
}
