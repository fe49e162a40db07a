package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// TestVerifyLooksAtAllDatasets: one that is damaged hides neither the next nor those
// that are whole.
func TestVerifyLooksAtAllDatasets(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		w, err := dataset.NewWriter(t.Context(), dir+"/out/"+name, stages.KindModel, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(t.Context(), dataset.Manifest{Stage: "test"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(dir+"/out/"+name+"/"+dataset.ManifestName, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := clinflow(t, dir, 3, "verify", "out")
	if !strings.Contains(got.stderr, "out/a is damaged") || !strings.Contains(got.stderr, "out/b is damaged") || !strings.Contains(got.stdout, "out/c: whole") {
		t.Errorf("%s%s", got.stdout, got.stderr)
	}
}
