package leakage

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/train/model"
)

// The record is what sha256sum writes, of every file that the model is read from; the
// planner's digests are asked for, and nothing is read a second time.
func TestTheRecordOfABaseAsksThePlanner(t *testing.T) {
	dir := filepath.Join("..", "model", "testdata", "llama", "sharded")
	var asked []string
	env := stages.Default.With(func(s *stages.Settings) {
		s.Digester = func(_ context.Context, path string) (string, error) {
			asked = append(asked, filepath.Base(path))
			return strings.Repeat("a", 64), nil
		}
	})
	b, err := OpenBase(t.Context(), env, nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	names, err := model.FileNames(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(asked, " "); got != strings.Join(names, " ") || len(names) < 4 {
		t.Errorf("asked for %s, the model is read from %s", got, names)
	}
	if b.sums != strings.Repeat("a", 64)+"  "+strings.Join(names, "\n"+strings.Repeat("a", 64)+"  ")+"\n" {
		t.Errorf("the record is %q", b.sums)
	}
}
