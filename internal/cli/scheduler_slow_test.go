//go:build slow

package cli

import (
	"fmt"
	"math/rand/v2"
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

// TestSlowASchedulerIsKilled kills schedulers at moments of their work with -9, their runs
// too now and then, and tells some to end. Every run that was asked for ends well once.
func TestSlowASchedulerIsKilled(t *testing.T) {
	dir, random := t.TempDir(), rand.New(rand.NewPCG(20261126, 0))
	met := map[string]int{}
	file := func(patients int) {
		write(t, dir+"/data.yaml", fmt.Sprintf("name: data\nschedule: {cron: '0 0 1 1 *', overlap: queue}\nsteps:\n"+
			"  mimic: {stage: synth.mimiciv, with: {patients: %d}}\n  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 4}}\n", patients))
	}
	file(3000)
	const rounds = 12
	for i := range rounds {
		file(3000 + i) // there is something to do, for about half a second
		s := serve(t, dir, "data.yaml", "--out", "out")
		o := seen(t, dir, "at work", func(o schedule.Overview) bool { return known(o) && o.Scheduler.Process == s.cmd.Process.Pid })
		before := len(o.DAGs[0].Runs)
		clinflow(t, dir, 0, "schedule", "trigger", "data", "--out", "out")
		o = seen(t, dir, "begun", func(o schedule.Overview) bool {
			return len(o.DAGs[0].Runs) == before+1 && o.DAGs[0].Runs[0].Attempt > 0
		})
		time.Sleep(time.Duration(random.Int64N(int64(700 * time.Millisecond))))
		if i%4 == 3 {
			met["told to end"]++
			if code := s.end(syscall.SIGTERM); code != 0 {
				t.Errorf("exit code %d\n%s", code, read(t, dir, "log"))
			}
			continue
		}
		s.end(syscall.SIGKILL)
		met["schedulers killed"]++
		if i%4 == 1 {
			killRun(t, dir, met)
		}
		o = seen(t, dir, "dead", func(o schedule.Overview) bool { return o.Scheduler.Process == 0 })
		for _, r := range o.DAGs[0].Open() {
			met["while a run was "+r.State]++
		}
	}
	last := serve(t, dir, "data.yaml", "--out", "out")
	o := seen(t, dir, "over", over(rounds))
	last.end(syscall.SIGTERM)
	var asked []string
	for _, r := range o.DAGs[0].Runs {
		if asked = append(asked, r.ID); r.State != schedule.Done {
			t.Errorf("%s is %s: %s", r.ID, r.State, r.Error)
		}
	}
	slices.Sort(asked)
	if diff := cmp.Diff(asked, goodRuns(t, dir)); diff != "" {
		t.Error(diff)
	}
	if len(asked) != rounds || met["while a run was running"] < 3 {
		t.Errorf("%d runs; %v", len(asked), met)
	}
	t.Logf("%d runs asked for, each ended well once; %v; log %d lines", len(asked), met, strings.Count(read(t, dir, "log"), "\n"))
}

// killRun kills the run that is at work, if there is one.
func killRun(t *testing.T, dir string, met map[string]int) {
	t.Helper()
	out, err := store.Open(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	holder, err := runners.AtWork(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if holder.Process > 0 && syscall.Kill(holder.Process, syscall.SIGKILL) == nil {
		met["runs killed"]++
	}
}
