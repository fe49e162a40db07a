package runners

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/stages"
)

// stepFunc is a StepRunner.
type stepFunc func(ctx context.Context, job Job) error

func (f stepFunc) Run(ctx context.Context, job Job) error { return f(ctx, job) }

// A job that asks for the digest of a file of its paths gets the planner's: gigabytes
// are not read once more. The test puts other bytes under the same size and time.
func TestAJobGetsThePlannersDigests(t *testing.T) {
	base := t.TempDir()
	weights := filepath.Join(base, "weights.bin")
	for _, path := range []string{weights, filepath.Join(base, "config.json")} {
		if err := os.WriteFile(path, []byte("one"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(weights)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dags.Parse(stages.Default, "one.yaml", []byte("name: one\nsteps:\n  work: {stage: fake.learn, with: {base: "+base+"}}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	asks := stepFunc(func(ctx context.Context, job Job) error {
		err := errors.Join(os.WriteFile(weights, []byte("two"), 0o600), os.Chtimes(weights, info.ModTime(), info.ModTime()))
		if err == nil {
			got, err = job.Env.Digest(ctx, weights)
		}
		return errors.Join(err, (&fake{}).Run(ctx, job))
	})
	if err := Execute(t.Context(), stages.Default, d, asks, Options{Out: t.TempDir(), Workers: 1}); err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256([]byte("one")); got != hex.EncodeToString(want[:]) {
		t.Errorf("the job got %s", got)
	}
	direct, err := stages.Default.Digest(t.Context(), weights)
	if want := sha256.Sum256([]byte("two")); err != nil || direct != hex.EncodeToString(want[:]) {
		t.Errorf("without a planner: %s, %v", direct, err)
	}
}
