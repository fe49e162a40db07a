package runners

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// A map none of whose ports is sharded would end without having done anything: the
// mistake is said in place of the output that is missing.
func TestAMapWithoutPartsIsRefused(t *testing.T) {
	spec := stages.DefineMap(stages.Spec{Name: "fake.whole", Version: 1, Out: stages.Output{Kind: "model"}},
		func(*stages.Environment, struct{}) (stages.Map, error) { return nothing{}, nil })
	err := Beam{Runner: "direct"}.Run(t.Context(), Job{
		Env: stages.NewEnvironment(spec), Step: "whole", Stage: spec, Config: []byte("{}"), Out: filepath.Join(t.TempDir(), "out"),
	})
	if err == nil || !strings.Contains(err.Error(), "stage fake.whole has no parts to work on") {
		t.Error(err)
	}
}

type nothing struct{}

func (nothing) Part(context.Context, stages.Inputs, int, *dataset.PartWriter) error { return nil }
