package runners

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/stages"
)

const killedOut = "CLINFLOW_TEST_KILLED_OUT"

// TestMain lets the test binary also be the child that TestKilledRunGoesOn kills, and
// the two programs of TestANewColumnMakesNothingElseStale.
func TestMain(m *testing.M) {
	// As the command: folders that a group may write to, as the umask of many
	// accounts makes them, are refused.
	syscall.Umask(0o077)
	if out := os.Getenv(killedOut); out != "" {
		stopInTheMiddle(out)
	}
	if out := os.Getenv(columnOut); out != "" {
		if err := runColumnDAG(out); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// stopInTheMiddle is a run that waits for its end in the middle of a step.
func stopInTheMiddle(out string) {
	f := &fake{before: map[string]func(context.Context) error{"left": func(context.Context) error {
		if err := os.WriteFile(filepath.Join(out, "reached"), nil, 0o600); err != nil {
			return err
		}
		time.Sleep(time.Minute)
		return nil
	}}}
	d, err := dags.Parse(stages.Default, "diamond.yaml", []byte(diamond), nil)
	if err == nil {
		err = Execute(context.Background(), stages.Default, d, f, Options{Out: out, Workers: 1})
	}
	fmt.Fprintln(os.Stderr, "it was not killed:", err)
	os.Exit(1)
}

func TestKilledRunGoesOn(t *testing.T) {
	undisturbed, out := t.TempDir(), t.TempDir()
	if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: undisturbed, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killedOut+"="+out)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	reached := filepath.Join(out, "reached")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(reached); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the child did not reach its step")
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed, as it should be
	if err := os.Remove(reached); err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	var why []string
	o := Options{Out: out, Workers: 1, Notify: func(e Event) {
		if e.Kind == StepStarted && e.Step == "left" {
			why = e.Reasons
		}
	}}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), f, o); err != nil {
		t.Fatal(err)
	}
	if ran := f.steps(); slices.Contains(ran, "top") || !slices.Contains(ran, "left") {
		t.Errorf("went on with %v", ran)
	}
	if !slices.Equal(why, []string{"its output is incomplete: a run ended in the middle of it"}) {
		t.Errorf("why: %q", why)
	}
	for _, name := range []string{"steps", "answer.txt", "plots"} {
		want, got := files(t, filepath.Join(undisturbed, name)), files(t, filepath.Join(out, name))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s differs from the undisturbed run's: %s", name, diff)
		}
	}
}

// files is every file under a folder with its text.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(folder, path)
		texts[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
