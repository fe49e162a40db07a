package stages_test

import (
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

func TestStepName(t *testing.T) {
	for folder, want := range map[string]string{"tokens_mor-0123456789abcdef": "tokens_mor", "given-0123": "given-0123", "a-0123456789abcdef-0123456789abcdef": "a-0123456789abcdef"} {
		w, err := dataset.NewWriter(t.Context(), filepath.Join(t.TempDir(), folder), "kind", 0)
		if err == nil {
			err = w.Commit(t.Context(), dataset.Manifest{Stage: "s"}, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		d, err := dataset.Open(t.Context(), w.URI())
		if err != nil {
			t.Fatal(err)
		}
		if got := stages.StepName(d); got != want {
			t.Errorf("%s: %q", folder, got)
		}
	}
}
