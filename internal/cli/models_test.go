package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/registry"
	"github.com/clinflow/clinflow/task"
)

// plantAdapter leaves what train.finetune leaves of a task, with a text for weights.
func plantAdapter(t testing.TB, name, weights string) string {
	t.Helper()
	w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), "adapter"), "adapter", 0)
	for _, err := range []error{
		err, w.SetAttribute(task.Attribute, task.Task{Name: name, Kind: task.Binary, Labels: []string{"no", "yes"}}),
		w.WriteFile("adapter_model.safetensors", []byte(weights)), w.Commit(t.Context(), dataset.Manifest{Stage: "train.finetune", StageVersion: 1}, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return w.URI()
}

// shown is what a program is told of a model.
func shown(t testing.TB, dir, name string) (told registry.Told) {
	t.Helper()
	if err := json.Unmarshal([]byte(clinflow(t, dir, 0, "models", "show", name, "--json").stdout), &told); err != nil {
		t.Fatal(err)
	}
	return told
}

// TestAModelThatIsBegun: while its first version is copied, or after a kill in the middle of
// that, the others are listed, and it without a version.
func TestAModelThatIsBegun(t *testing.T) {
	dir := t.TempDir()
	clinflow(t, dir, 0, "models", "promote", "mor", plantAdapter(t, "mor", "a"), "--why", "x")
	begun := filepath.Join(dir, "clinflow-models", "los", "versions", "0001-0123456789ab")
	if err := os.MkdirAll(begun, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(begun, ".unfinished"), "")
	r := clinflow(t, dir, 0, "models", "list")
	if lines := strings.Split(strings.TrimSpace(r.stdout), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[1], "los    -") || !strings.HasPrefix(lines[2], "mor    0001-") {
		t.Error(r.all())
	}
	clinflow(t, dir, 0, "models", "list", "--json")
}

func TestModelsByHand(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"list"}, "clinflow-models holds no model"},
		{[]string{"show", "mor"}, "no model mor in clinflow-models"},
		{[]string{"rollback", "mor", "--why", "x"}, "no model mor"},
		{[]string{"rollback", "mor"}, "--why is missing"},
		{[]string{"show"}, "NAME is missing"},
		{[]string{"promote", "../mor", plantAdapter(t, "mor", "a"), "--why", "x"}, "no name of a model"},
		{[]string{"promote", "mor", dir, "--why", "x"}, "incomplete or missing dataset"},
		{[]string{"promote", "mor", plantAdapter(t, "mor", "a"), plantAdapter(t, "mor", "b"), "--why", "x"}, "both of the task mor"},
	} {
		if r := clinflow(t, dir, 2, append([]string{"models"}, c.args...)...); !strings.Contains(r.stderr, c.says) {
			t.Errorf("%v: %s", c.args, r.stderr)
		}
	}
	first := plantAdapter(t, "mor", "a")
	if r := clinflow(t, dir, 0, "models", "promote", "mor", first, "--why", "trained elsewhere"); !strings.Contains(r.stdout, "mor: promoted 0001-") || !strings.Contains(r.stderr, "no record of whom it was trained on") {
		t.Error(r.all())
	}
	before := shown(t, dir, "mor")
	clinflow(t, dir, 0, "models", "promote", "mor", plantAdapter(t, "mor", "b"), "--why", "again")
	second := shown(t, dir, "mor").Current.Version
	if r := clinflow(t, dir, 0, "models", "rollback", "mor", "--why", "worse at night"); !strings.Contains(r.stdout, "rolled back "+before.Current.Version+", before it "+second) {
		t.Error(r.all())
	}
	now := shown(t, dir, "mor")
	if now.Current.Version != before.Current.Version || now.Current.Why != "worse at night" || len(now.History) != 3 || now.Version.Files[0].SHA256 != before.Version.Files[0].SHA256 {
		t.Errorf("%+v", now)
	}
	text, err := os.ReadFile(filepath.Join(now.Version.Folder, "adapters/mor/adapter_model.safetensors"))
	if err != nil || string(text) != "a" {
		t.Errorf("%q, %v", text, err)
	}
	for _, want := range []string{"MODEL", "mor    " + now.Current.Version + "  mor", "rolled back"} {
		if r := clinflow(t, dir, 0, "models", "list"); !strings.Contains(r.stdout, want) {
			t.Errorf("no %q in\n%s", want, r.stdout)
		}
	}
	var all []registry.Told
	if err := json.Unmarshal([]byte(clinflow(t, dir, 0, "models", "list", "--json").stdout), &all); err != nil || len(all) != 1 || all[0].Current.ID != now.Current.ID {
		t.Errorf("%+v, %v", all, err)
	}
	if r := clinflow(t, dir, 0, "models", "show", "mor", "2"); !strings.Contains(r.stdout, "current: "+now.Current.Version) || !strings.Contains(r.stdout, "version "+second+" of mor") || !strings.Contains(r.stdout, "trained elsewhere") {
		t.Error(r.stdout)
	}
	clinflow(t, dir, 0, "verify", "clinflow-models")
}
