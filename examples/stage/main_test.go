package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// TestMain lets the test's binary be the command.
func TestMain(m *testing.M) {
	if os.Getenv("NEGATIONS_AS_COMMAND") != "" {
		main()
	}
	os.Exit(m.Run())
}

// command runs the command and returns what it printed.
func command(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "NEGATIONS_AS_COMMAND=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// The stage is one like those that ship: it is listed and described, a DAG names it,
// its table is printed and verified, and what is done is not done again.
func TestCommand(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	run := func(name string) string { return command(t, name, "negations.yaml", "--out", out) }
	said := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
	said(command(t, "stages"), "\ntext.negations ")
	said(command(t, "stages", "text.negations"), "\nexample two_admissions\n")
	said(run("plan"), "4 of 4 steps will run")
	run("run")
	said(run("plan"), "0 of 4 steps will run")
	said(command(t, "runs", "show", "--out", out), "\nnegations  done")

	steps, err := filepath.Glob(filepath.Join(out, "steps", "negations-*"))
	if err != nil || len(steps) != 1 {
		t.Fatalf("outputs %v, %v", steps, err)
	}
	said(command(t, "verify", steps[0]), "whole, negations")
	d, err := dataset.Open(t.Context(), steps[0])
	if err != nil {
		t.Fatal(err)
	}
	rows := stagetest.Rows[Negations](t, d, tableNegations)
	printed := command(t, "cat", steps[0], "--limit", "0")
	if n := strings.Count(printed, `{"text_id":"`); n != len(rows) || n < 10 {
		t.Errorf("%d rows, %d printed:\n%s", len(rows), n, printed)
	}
}

// The task is labels like those of a task that ships, and a DAG has both.
func TestStudy(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if told := command(t, "tasks", "late_icu.yaml"); !strings.HasPrefix(told, "late_icu: binary") {
		t.Error(told)
	}
	command(t, "run", "study.yaml", "--out", out)
	rows := map[string]int{}
	for step, table := range map[string]string{"labels": "labels", "negations": tableNegations, "baseline": "predictions"} {
		found, err := filepath.Glob(filepath.Join(out, "steps", step+"-*"))
		if err != nil || len(found) != 1 {
			t.Fatalf("outputs of %s: %v, %v", step, found, err)
		}
		rows[step] = strings.Count(command(t, "cat", found[0], "--table", table, "--limit", "0"), "\n")
	}
	if rows["labels"] < 100 || rows["negations"] < 100 || rows["baseline"] < 20 {
		t.Errorf("rows %v", rows)
	}
	exported := command(t, "export", "airflow", "study.yaml", "--local", "--binary", "negations")
	for _, line := range []string{`CLINFLOW = "negations"`, `    "negations": ["texts"],`, `    "card": ["baseline"],`} {
		if !strings.Contains(exported, line+"\n") {
			t.Errorf("%s is not in:\n%s", line, exported)
		}
	}
}
