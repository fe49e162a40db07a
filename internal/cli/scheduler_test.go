package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/schedule"
)

// served is a scheduler at work, as a user starts it. Its log is a file: a pipe would be
// its runs' too, which outlive it.
type served struct {
	t   *testing.T
	dir string
	cmd *exec.Cmd
}

func serve(t *testing.T, dir string, args ...string) *served {
	t.Helper()
	s := &served{t, dir, command(t, dir, append([]string{"schedule", "run"}, args...)...)}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	return s
}

// end ends the scheduler by a signal and returns its exit code.
func (s *served) end(signal os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait() // how it ended is in its state
	return s.cmd.ProcessState.ExitCode()
}

// seen waits until the scheduler's journal shows something.
func seen(t *testing.T, dir, what string, shown func(schedule.Overview) bool) schedule.Overview {
	t.Helper()
	out, err := store.Open(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		o, err := schedule.Look(t.Context(), out, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if shown(o) {
			return o
		}
	}
	t.Fatalf("after a minute: not %s\n%s", what, read(t, dir, "log"))
	return schedule.Overview{}
}

// over says whether so many runs are known and all are over.
func over(runs int) func(schedule.Overview) bool {
	return func(o schedule.Overview) bool {
		return len(o.DAGs) == 1 && len(o.DAGs[0].Runs) == runs && len(o.DAGs[0].Open()) == 0
	}
}

func known(o schedule.Overview) bool { return o.Scheduler.Process > 0 && len(o.DAGs) == 1 }

const scheduledDAG = "name: made\nschedule: {cron: '0 0 1 1 *', freshness: 1h, overlap: queue}\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n"

// TestAScheduler starts a scheduler as a user does, asks it for runs, and ends it.
func TestAScheduler(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/made.yaml", scheduledDAG)
	write(t, dir+"/plain.yaml", "name: plain\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 8}}\n")
	if r := clinflow(t, dir, 1, "schedule", "check", "--out", "out"); !strings.Contains(r.stderr, "no scheduler is at work") {
		t.Error(r.stderr)
	}
	clinflow(t, dir, 2, "schedule", "run", "plain.yaml", "--out", "out")
	clinflow(t, dir, 2, "schedule", "trigger", "made", "--out", "out")
	s := serve(t, dir, "--out", "out")
	seen(t, dir, "at work", known)
	if r := clinflow(t, dir, 4, "schedule", "run", "--out", "out"); strings.Contains(r.stderr, "scheduled") {
		t.Error("one that is refused schedules: " + r.stderr)
	}
	if r := clinflow(t, dir, 2, "schedule", "pause", "mad", "--out", "out"); !strings.Contains(r.stderr, "did you mean made?") {
		t.Error(r.stderr)
	}
	for i, want := range []string{"done", "done, nothing was stale"} {
		clinflow(t, dir, 0, "schedule", "trigger", "made", "--out", "out")
		seen(t, dir, "run", over(i+1))
		if list := clinflow(t, dir, 0, "schedule", "list", "--out", "out").stdout; !strings.Contains(list, "  "+want+"  ") {
			t.Errorf("want %q in\n%s", want, list)
		}
	}
	clinflow(t, dir, 0, "schedule", "check", "--out", "out")
	clinflow(t, dir, 0, "schedule", "pause", "made", "--out", "out")
	o := seen(t, dir, "paused", func(o schedule.Overview) bool { return o.DAGs[0].Paused })
	runs := clinflow(t, dir, 0, "runs", "list", "--out", "out").stdout
	for _, r := range o.DAGs[0].Runs {
		if !strings.Contains(runs, r.ID) {
			t.Errorf("no %s in\n%s", r.ID, runs)
		}
	}
	if r := clinflow(t, dir, 0, "schedule", "next", "made", "--count", "2", "--out", "out"); strings.Count(r.stdout, "01-01T00:00Z") != 2 {
		t.Error(r.stdout)
	}
	if r := clinflow(t, dir, 0, "schedule", "backfill", "made", "--from", "2024-06-01", "--to", "2026-01-01", "--dry-run", "--out", "out"); r.stdout != "2025-01-01T00:00:00Z\n2026-01-01T00:00:00Z\n2 of 2 times have no good run\n" {
		t.Error(r.stdout)
	}
	if code := s.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, read(t, dir, "log"))
	}
	if r := clinflow(t, dir, 1, "schedule", "check", "--out", "out"); r.stderr != "error: no scheduler is at work in "+filepath.Join(dir, "out")+"\n" {
		t.Error(r.stderr)
	}
	mistyped := "no scheduler is at work in " + filepath.Join(dir, "outt") + ", nor ever was; did you mean out?\n"
	if list := clinflow(t, dir, 0, "schedule", "list", "--out", "outt").stdout; list != mistyped {
		t.Error(list)
	}
	if r := clinflow(t, dir, 1, "schedule", "check", "--out", "outt"); r.stderr != "error: "+mistyped {
		t.Error(r.stderr)
	}
	var told schedule.Overview
	list := clinflow(t, dir, 0, "schedule", "list", "--json", "--out", "out").stdout
	if err := json.Unmarshal([]byte(list), &told); err != nil || len(told.DAGs) != 1 || told.Scheduler.Process != 0 {
		t.Errorf("%+v, %v", told, err)
	}
	for _, field := range []string{`"dags": [`, `"last_good": "`, `"paused": true`, `"faults": []`} {
		if !strings.Contains(list, field) {
			t.Errorf("no %s in\n%s", field, list)
		}
	}
	if none := clinflow(t, dir, 0, "schedule", "list", "--json", "--out", "elsewhere").stdout; none != "{\n  \"dags\": []\n}\n" {
		t.Errorf("of a folder without a scheduler: %s", none)
	}
}

// One that waits for another says so, and schedules nothing until it is its turn.
func TestASchedulerWaits(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/made.yaml", scheduledDAG)
	first := serve(t, dir, "--out", "out")
	seen(t, dir, "at work", known)
	second := serve(t, dir, "--out", "out", "--standby")
	const waits, schedules = "this one waits", "scheduled cron="
	said := func(text string) int { return strings.Count(read(t, dir, "log"), text) }
	seen(t, dir, "waiting", func(schedule.Overview) bool { return said(waits) > 0 })
	if said(schedules) != 1 {
		t.Error(read(t, dir, "log"))
	}
	first.end(syscall.SIGTERM)
	seen(t, dir, "taken over", func(o schedule.Overview) bool {
		return o.Scheduler.Process == second.cmd.Process.Pid && said(schedules) > 1
	})
	second.end(syscall.SIGTERM)
	if said(schedules) != 2 || said(waits) != 1 {
		t.Error(read(t, dir, "log"))
	}
}

// A run that comes when its scheduler has given it up does nothing.
func TestAnAttemptThatIsNotWantedDoesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/made.yaml", scheduledDAG)
	r := clinflow(t, dir, 4, "run", "made.yaml", "--out", "out", "--scheduled", "made@2026-01-01T00:00Z", "--attempt", "1")
	if !strings.Contains(r.stderr, "does not want attempt 1") {
		t.Error(r.stderr)
	}
	runs, err := runners.ListRuns(t.Context(), filepath.Join(dir, "out"))
	if err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// A faulty file holds up no other, when a scheduler starts as while it is at work.
func TestAFaultyDAGFileHoldsUpNoOther(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/dags", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		write(t, dir+"/dags/"+name+".yaml", strings.Replace(scheduledDAG, "made", name, 1))
	}
	write(t, dir+"/dags/bad.yaml", "name: [")
	serve(t, dir, "dags", "--out", "out")
	known := func(names ...string) func(schedule.Overview) bool {
		return func(o schedule.Overview) bool {
			var found []string
			for _, s := range o.DAGs {
				found = append(found, s.DAG)
			}
			return len(o.Files) > 0 && slices.Equal(found, names)
		}
	}
	seen(t, dir, "at work beside a faulty file", known("one", "two"))
	write(t, dir+"/dags/one.yaml", "name: [")
	write(t, dir+"/three.yaml", strings.Replace(scheduledDAG, "made", "three", 1))
	if err := errors.Join(os.Symlink("../three.yaml", dir+"/dags/three.yaml"), os.Remove(dir+"/dags/two.yaml")); err != nil {
		t.Fatal(err)
	}
	seen(t, dir, "one kept, two gone, three new", known("one", "three"))
	if list := clinflow(t, dir, 0, "schedule", "list", "--out", "out").stdout; !strings.Contains(list, "dags/bad.yaml:1:") || !strings.Contains(list, "its file cannot be read") {
		t.Error(list)
	}
	if r := clinflow(t, dir, 1, "schedule", "check", "one", "--out", "out"); !strings.Contains(r.stderr, "dags/one.yaml:1:") || strings.Contains(r.stderr, "bad.yaml") {
		t.Error(r.stderr)
	}
	clinflow(t, dir, 0, "schedule", "check", "three", "--out", "out")
	clinflow(t, dir, 1, "schedule", "check", "--out", "out")
	if log := read(t, dir, "log"); strings.Count(log, "a DAG file has faults") < 3 || !strings.Contains(log, "dags/bad.yaml:1:") { // bad; bad and one
		t.Error(log)
	}
}

// killWorking kills the run that is at work, when it is.
func killWorking(t *testing.T, dir string) {
	t.Helper()
	out, err := store.Open(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(20 * time.Millisecond) {
		holder, err := runners.AtWork(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		if holder.Process > 0 {
			if err := syscall.Kill(holder.Process, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("after a minute: no run is at work\n%s", read(t, dir, "log"))
}

// A scheduler that is told to end ends the run that one before it began, too.
func TestASchedulerEndsTheRunOfAnEarlierOne(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/long.yaml", "name: long\nschedule: {cron: '0 0 1 1 *'}\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 200000}}\n")
	first := serve(t, dir, "--out", "out")
	seen(t, dir, "at work", known)
	clinflow(t, dir, 0, "schedule", "trigger", "long", "--out", "out")
	seen(t, dir, "begun", func(schedule.Overview) bool {
		runs, err := runners.ListRuns(t.Context(), filepath.Join(dir, "out"))
		return err == nil && len(runs) == 1 && len(runs[0].Steps) == 1
	})
	first.end(syscall.SIGKILL)
	second := serve(t, dir, "--out", "out")
	seen(t, dir, "taken over", func(o schedule.Overview) bool { return o.Scheduler.Process == second.cmd.Process.Pid })
	if code := second.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, read(t, dir, "log"))
	}
	seen(t, dir, "left to the next scheduler", func(o schedule.Overview) bool {
		r := o.DAGs[0].Runs[0]
		return r.State == schedule.Queued && r.Attempt == 1 && r.Lost == 0
	})
	if runs, err := runners.ListRuns(t.Context(), filepath.Join(dir, "out")); err != nil || runs[0].State != runners.OutcomeInterrupted || runs[0].ExitCode != 130 {
		t.Errorf("the run: %+v, %v", runs, err)
	}
}

// What a run cannot tell of itself its scheduler tells: that it was killed, or timed out.
// That alone makes no check fail.
func TestARunIsKilled(t *testing.T) {
	dir := t.TempDir()
	const long = "name: long\nschedule: {cron: '0 0 1 1 *', retries: 1, retry_delay: 1s}\nsteps:\n  mimic: {stage: synth.mimiciv, with: {patients: 200000}}\n"
	write(t, dir+"/long.yaml", long)
	s := serve(t, dir, "--out", "out", "--", "--on-failure", "cat >>told; echo \" $CLINFLOW_REASON\" >>told")
	seen(t, dir, "at work", known)
	clinflow(t, dir, 0, "schedule", "trigger", "long", "--out", "out")
	killWorking(t, dir)
	seen(t, dir, "tried again", func(o schedule.Overview) bool { return o.DAGs[0].Runs[0].Attempt == 2 })
	killWorking(t, dir)
	seen(t, dir, "over", over(1))
	if list := clinflow(t, dir, 0, "schedule", "list", "--out", "out").stdout; !strings.Contains(list, "  failed, killed by signal 9  ") {
		t.Error(list)
	}
	if log := read(t, dir, "log"); strings.Count(log, "killed by signal 9") != 2 {
		t.Error(log)
	}
	write(t, dir+"/long.yaml", strings.Replace(long, "retries: 1,", "timeout: 2s,", 1))
	seen(t, dir, "changed", func(o schedule.Overview) bool { return o.DAGs[0].Timeout > 0 })
	clinflow(t, dir, 0, "schedule", "trigger", "long", "--out", "out")
	o := seen(t, dir, "over", over(2))
	clinflow(t, dir, 0, "schedule", "check", "--out", "out")
	s.end(syscall.SIGTERM)
	killed := fmt.Sprintf(`{"dag":"long","run":"%s","exit_code":137,"failed":[],"reason":"killed by signal 9"} killed by signal 9`+"\n", o.DAGs[0].Runs[1].ID)
	late := fmt.Sprintf(`{"dag":"long","run":"%s","exit_code":124,"failed":[],"reason":"timed out"} timed out`+"\n", o.DAGs[0].Runs[0].ID)
	if diff := cmp.Diff(killed+killed+late, read(t, dir, "told")); diff != "" {
		t.Error(diff)
	}
}

// goodRuns are the ids of a scheduler's runs that ended well, by the journals of runs.
func goodRuns(t *testing.T, dir string) (ids []string) {
	t.Helper()
	runs, err := runners.ListRuns(t.Context(), filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if r.State == runners.OutcomeDone {
			ids = append(ids, r.Scheduled)
		}
	}
	slices.Sort(ids)
	return ids
}
