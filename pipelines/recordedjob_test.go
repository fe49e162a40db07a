package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// together are the tasks as a new run finds them.
func together(env *stages.Environment, tasks ...Task) *joint {
	j := &joint{env: env, tasks: tasks, errs: make([]error, len(tasks)), begun: make([]bool, len(tasks))}
	for i := range tasks {
		j.at = append(j.at, i)
	}
	return j
}

// A later run of other steps is told what job is at work in their outputs, leaves alone
// what that has completed, and makes the rest anew.
func TestALaterRunKnowsTheJobOfAnEarlierOne(t *testing.T) {
	ctx, a := t.Context(), elsewhere(t)
	env := workIn.Load()
	b, c := a, a
	b.Out, c.Out = a.Out+"-b", a.Out+"-c"
	first := together(env, a, b)
	if names, err := first.earlier(ctx); err != nil || len(names) > 0 {
		t.Fatalf("before any job: %v, %v", names, err)
	}
	if _, err := first.prepare(ctx, "job-ab"); err != nil {
		t.Fatal(err)
	}
	next := together(env, b, c)
	names, err := next.earlier(ctx)
	if diff := cmp.Diff([]string{"job-ab"}, names); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	w, err := dataset.JoinWriter(ctx, b.Out, mimic.KindPatients, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(ctx, dataset.Manifest{}, nil); err != nil { // by the earlier job
		t.Fatal(err)
	}
	if p, err := next.prepare(ctx, "job-bc"); err != nil || p == nil || next.errs[0] != nil {
		t.Errorf("%v, %v", err, next.errs)
	}
	if name, err := c.recordedJob(ctx); err != nil || name != "job-bc" {
		t.Errorf("%q, %v", name, err)
	}
	if name, err := b.recordedJob(ctx); err != nil || name != "" {
		t.Errorf("a complete output is of job %q, %v", name, err)
	}
	if p, err := together(env, b).prepare(ctx, "job-b"); p != nil || err != nil {
		t.Errorf("of what is complete: %v, %v", p, err)
	}
}

// A folder that the run could not begin is not written to when it is interrupted.
func TestNothingIsRevokedInAFolderThatIsNotOurs(t *testing.T) {
	task := elsewhere(t)
	task.Out = t.TempDir()
	if err := os.WriteFile(filepath.Join(task.Out, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	j := together(workIn.Load(), task)
	if _, err := j.prepare(t.Context(), "job"); err == nil {
		t.Fatal("it is begun")
	}
	if err := j.revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(task.Out); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
