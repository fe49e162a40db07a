//go:build slow

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tiny demo as far as no model is needed; and a source, a map and a reduce of it.
var (
	allData = []string{"corpus", "duplicates", "card_pmv", "card_mor", "card_los", "card_diag", "card_proc"}
	shapes  = []string{"texts", "label_set_diag"}
)

func dataSteps(out string, steps []string) []string {
	args := append(append([]string{"run", "demo"}, steps...), "--out", out, "--workers", "2")
	for name, value := range scales["tiny"] {
		args = append(args, "--set", name+"="+value)
	}
	return args
}

// process has an engine start this test's binary as its workers.
func process() []string {
	return []string{"--environment_type", "PROCESS", "--environment_config", fmt.Sprintf(`{"command": %q, "env": {"CLINFLOW_TEST_AS_COMMAND": "1"}}`, os.Args[0])}
}

func onFlink(environment ...string) []string {
	return append([]string{"--runner", "flink", "--endpoint", "127.0.0.1:8099", "--flink_master", "127.0.0.1:8081"}, environment...)
}

// The engines of Beam that a job service stands before give the bytes of the process
// alone, and nothing of theirs is left.
func TestSlowFlink(t *testing.T) {
	jars := os.Getenv("CLINFLOW_FLINK_JARS")
	if jars == "" {
		t.Skip("CLINFLOW_FLINK_JARS names no folder of jars; docs/flink.md says how to fill one")
	}
	if !alone(t) {
		return
	}
	dir := t.TempDir()
	f := startFlink(t, jars)
	t.Run("SameBytes", func(t *testing.T) { sameBytesOnEngines(t, dir, f) })
	t.Run("Panic", func(t *testing.T) { panicOnFlink(t, f) })
	t.Run("Kills", func(t *testing.T) { killOnFlink(t, f) })
	t.Run("Interrupted", func(t *testing.T) { interruptOnFlink(t, f) })
	f.stop(t)
	for _, pid := range ours(t) {
		t.Errorf("left behind: %s", commandLine(pid))
	}
}

func sameBytesOnEngines(t *testing.T, dir string, f *flink) {
	same := func(name string, steps []string, options ...string) {
		t.Run(name, func(t *testing.T) {
			direct, out := filepath.Join(dir, "direct", name), filepath.Join(dir, name)
			clinflow(t, dir, 0, dataSteps(direct, steps)...)
			want, before, began := outputs(t, direct), f.jobs(t), time.Now()
			run := start(t, dir, nil, append(dataSteps(out, steps), options...)...)
			if name != "prism" { // which listens everywhere too
				watchListeners(t, run)
			}
			if r := run.result(); r.code != 0 {
				t.Fatalf("exit code %d: %s", r.code, r.stderr)
			}
			sameOutputs(t, want, outputs(t, out))
			jobs := f.since(t, before)
			if onCluster := slices.Contains(options, "flink"); onCluster != (len(jobs) > 0) {
				t.Errorf("%d jobs on Flink", len(jobs))
			}
			for _, job := range jobs {
				if job.State != "FINISHED" {
					t.Errorf("the job %s is %s", job.Name, job.State)
				}
			}
			until(t, "no worker is left", 40*time.Second, func() bool { return len(workers(t)) == 0 })
			t.Logf("%s: %d files the same, %d jobs on Flink, %.0f s", name, len(want), len(jobs), time.Since(began).Seconds())
		})
	}
	same("prism", allData, "--runner", "prism")
	same("PROCESS", allData, onFlink(process()...)...)
	same("LOOPBACK", allData, onFlink("--environment_type", "LOOPBACK")...)
	pool := start(t, dir, nil, "worker", "--pool", "127.0.0.1:50000")
	same("EXTERNAL", shapes, onFlink("--environment_type", "EXTERNAL", "--environment_config", "127.0.0.1:50000")...)
	pool.signal(t, syscall.SIGTERM)
	if r := pool.result(); r.code != 0 {
		t.Errorf("the pool ended with %d: %s", r.code, r.stderr)
	}
	stop := startPython(t)
	same("Python", allData, "--runner", "universal", "--endpoint", "127.0.0.1:8199", "--environment_type", "LOOPBACK")
	stop()
}

// watchListeners looks, until a run ends, at where processes of ours listen.
func watchListeners(t *testing.T, run *group) {
	for seen := map[string]bool{}; ; {
		for _, pid := range ours(t) {
			line := commandLine(pid)
			if strings.HasPrefix(line, "java") || strings.Contains(line, "python") {
				continue // theirs listen everywhere; there is no more than loopback here
			}
			for _, address := range listening(t, pid) {
				if !address.IsLoopback() && !seen[line] {
					seen[line] = true
					t.Errorf("listens at %s: %s", address, line)
				}
			}
		}
		select {
		case <-run.ended:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// startPython starts the job service of Beam's Python.
func startPython(t *testing.T) (stop func()) {
	t.Helper()
	python := os.Getenv("CLINFLOW_BEAM_PYTHON")
	if python == "" {
		t.Fatal("CLINFLOW_BEAM_PYTHON names no Python with apache-beam")
	}
	service := exec.Command(python, "-m", "apache_beam.runners.portability.local_job_service_main", "--job_port", "8199")
	service.Dir = t.TempDir()
	service.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "Python's job service listens", time.Minute, func() bool { return len(listening(t, service.Process.Pid)) > 0 })
	return func() {
		_ = syscall.Kill(-service.Process.Pid, syscall.SIGKILL)
		_ = service.Wait() // killed, as it should be
	}
}

// sourceDAG is one source long enough to be met while it scans, merges and commits.
const sourceDAG = `
name: source
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 2500}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 8}}
`

// moments of a source, by what lies in its folder.
var moments = []struct {
	name   string
	strike func(t *testing.T, f *flink)
	at     func(folder string) bool
}{
	{"scan", killWorkers, func(folder string) bool { return some(folder, ".finished/file-*.json") }},
	{"merge", killWorkers, func(folder string) bool { return some(folder, ".finished/part-*.json") }},
	{"commit", killWorkers, func(folder string) bool { return some(folder, ".finished/part-00007-*.json") }},
	{"TaskManager", killTaskManager, func(folder string) bool { return some(folder, ".finished/file-*.json") }},
}

func some(folder, pattern string) bool {
	found, _ := filepath.Glob(filepath.Join(folder, "steps", "patients-*", pattern))
	return len(found) > 0
}

func killWorkers(t *testing.T, _ *flink) {
	pids := workers(t)
	if len(pids) == 0 {
		t.Error("no worker to kill")
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// killTaskManager kills one that has workers.
func killTaskManager(t *testing.T, f *flink) {
	for _, name := range []string{"taskmanager-1", "taskmanager-2"} {
		if pid := f.pid(t, name); len(children(t, pid)) > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return
		}
	}
	t.Error("no TaskManager with workers to kill")
}

// What a lost worker, or a lost TaskManager with its workers, was at is done again.
func killOnFlink(t *testing.T, f *flink) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "source.yaml"), sourceDAG)
	clinflow(t, dir, 0, "run", "source.yaml", "--out", "undisturbed")
	want := outputs(t, filepath.Join(dir, "undisturbed"))
	for _, moment := range moments {
		t.Run(moment.name, func(t *testing.T) {
			out := filepath.Join(dir, moment.name)
			run := start(t, dir, nil, append([]string{"run", "source.yaml", "--out", out}, onFlink(process()...)...)...)
			until(t, "the moment", 2*time.Minute, func() bool { return moment.at(out) || ended(run) })
			if some(out, "manifest.json") {
				t.Error("the moment was missed")
			}
			moment.strike(t, f)
			r := run.result()
			if r.code != 0 || !strings.Contains(r.stderr, "work was begun again") {
				t.Errorf("exit code %d: %s", r.code, r.stderr)
			}
			sameOutputs(t, want, outputs(t, out))
		})
	}
}

func ended(run *group) bool {
	select {
	case <-run.ended:
		return true
	default:
		return false
	}
}

// Ctrl-C ends the job where it runs, and nothing is written afterwards.
func interruptOnFlink(t *testing.T, f *flink) {
	dir, before := t.TempDir(), f.jobs(t)
	write(t, filepath.Join(dir, "source.yaml"), sourceDAG)
	out := filepath.Join(dir, "out")
	run := start(t, dir, nil, append([]string{"run", "source.yaml", "--out", out}, onFlink(process()...)...)...)
	until(t, "it scans", 2*time.Minute, func() bool { return some(out, ".finished/file-*.json") || ended(run) })
	run.signal(t, syscall.SIGINT)
	began := time.Now()
	until(t, "the job is cancelled", 10*time.Second, func() bool {
		jobs := f.since(t, before)
		return len(jobs) == 1 && jobs[0].State == "CANCELED"
	})
	t.Logf("cancelled on Flink after %.1f s", time.Since(began).Seconds())
	if r := run.result(); r.code != 130 {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	until(t, "no worker is left", 40*time.Second, func() bool { return len(workers(t)) == 0 })
	t.Logf("no worker left after %.1f s", time.Since(began).Seconds())
	left := outputs(t, out)
	time.Sleep(3 * time.Second)
	sameOutputs(t, left, outputs(t, out))
	if some(out, "manifest.json") {
		t.Error("it was committed")
	}
}
