package dags

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

func TestLoadAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Load(t.Context(), stages.Default, Request{DAG: file})
	if err != nil || d.File != file || len(d.Steps) != 4 {
		t.Errorf("%+v, %v", d, err)
	}
	for name, want := range map[string]string{
		"demp":                        "demp: neither a file nor a shipped DAG; did you mean demo?",
		filepath.Join(file, "x.yaml"): "read a DAG file: ",
	} {
		if _, err := Load(t.Context(), stages.Default, Request{DAG: name}); exit.Of(err) != exit.Usage || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: exit %d, %v", name, exit.Of(err), err)
		}
	}
}

func TestParseSet(t *testing.T) {
	got, err := ParseSet([]string{"a=1", "b=x=y", "c="})
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "x=y", "c": ""}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"a", "=1", "a b=1", "api-key=SECRET"} {
		if _, err := ParseSet([]string{bad}); exit.Of(err) != exit.Usage || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
