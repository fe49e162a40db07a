package pipelines

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// elsewhere is a task that another process began, whose folder is prepared.
func elsewhere(t *testing.T) Task {
	t.Helper()
	spec := stages.DefineMap(stages.Spec{
		Name: "own.none", Version: 1, Doc: "test", Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}},
	}, func(*stages.Environment, struct{}) (stages.Map, error) { return nil, errors.New("is not made") })
	WorkIn(stages.NewEnvironment(spec))
	t.Cleanup(func() { WorkIn(stages.Default) })
	task := Task{Run: "of another process", Step: "none", Stage: "own.none", Version: 1, Out: filepath.Join(t.TempDir(), "out"), Parts: 1, Memory: 300 << 20, Identity: "x"}
	task.Run += t.Name()
	if _, err := dataset.ResumeWriter(t.Context(), task.Out, mimic.KindPatients, 1, task.Identity); err != nil {
		t.Fatal(err)
	}
	return task
}

// Work of a worker whose run was interrupted ends, though the engine lets the job go on,
// and is not begun again; nothing is written, and the engine need not try again.
func TestWorkersOfAnInterruptedRunWriteNothing(t *testing.T) {
	task := elsewhere(t)
	if err := task.begins(t.Context(), "part-00000"); err != nil {
		t.Fatal(err)
	}
	working := newPool[int](t.Context(), task, nil)
	working.run("part 0", func(ctx context.Context) (int, error) {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Minute):
			return 1, nil
		}
	})
	if err := task.revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := task.revoke(t.Context()); err != nil {
		t.Errorf("revoked twice: %v", err)
	}
	if results, fault, err := working.wait(); len(results) > 0 || err != nil || fault == nil || fault.Code != exit.Interrupted {
		t.Errorf("%d results, fault %v, %v", len(results), fault, err)
	}
	if err := task.begins(t.Context(), "part-00001"); exit.Of(err) != exit.Interrupted {
		t.Errorf("another piece: %v", err)
	}
	err := task.ends(t.Context(), "commit", func() error { return errors.New("it worked on") })
	if err != nil {
		t.Errorf("the engine would try again: %v", err)
	}
	if _, err := os.Stat(filepath.Join(task.Out, faultName)); err == nil {
		t.Error("a fault is written")
	}
}

// A worker knows when a task needs it no more: its output is complete, or was removed.
func TestTheWorkOfAWorkerIsOver(t *testing.T) {
	task := elsewhere(t)
	of := task.running()
	if making, err := task.inMaking(t.Context()); err != nil || !making || of.over.Load() {
		t.Errorf("in the making: %v, over: %v, %v", making, of.over.Load(), err)
	}
	if err := os.RemoveAll(task.Out); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !of.over.Load(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it waits for more")
		}
	}
	if begun, _ := Work(); !begun {
		t.Error("it knows of no work")
	}
}

// The next run of the same work begins it anew.
func TestARevokedTaskIsRunAgain(t *testing.T) {
	task := elsewhere(t)
	if err := task.revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := dataset.ResumeWriter(t.Context(), task.Out, mimic.KindPatients, 1, task.Identity); err != nil {
		t.Fatal(err)
	}
	task.Run += "again"
	if err := task.begins(t.Context(), "part-00000"); err != nil {
		t.Error(err)
	}
}
