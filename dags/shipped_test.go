package dags_test

import (
	"testing"

	"github.com/clinflow/clinflow/dags"
	_ "github.com/clinflow/clinflow/stages/eval"
	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/label"
	_ "github.com/clinflow/clinflow/stages/synth"
	_ "github.com/clinflow/clinflow/stages/tokenize"
	_ "github.com/clinflow/clinflow/stages/train"
)

func TestShippedFilesHaveNoFaults(t *testing.T) {
	names := dags.Shipped()
	if len(names) < 2 {
		t.Fatalf("shipped files %v, want demo and two-step at least", names)
	}
	for _, name := range names {
		d, err := dags.Load(name, nil)
		if err != nil {
			t.Errorf("%s:\n%v", name, err)
			continue
		}
		if d.Name != name || len(d.Publish) == 0 {
			t.Errorf("%s: named %s, publishes %d files", name, d.Name, len(d.Publish))
		}
	}
}
