package pipelines_test

import (
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// Rows that memory has room for go from scan to merge without a file, where one process
// does both; the bytes are the same.
func TestRowsThatFitMemoryAreNotWrittenTwice(t *testing.T) {
	config := faults{Root: texts(t, 200), Shards: 4, MaxBad: 1}
	want := ""
	for _, c := range []struct {
		runner  string
		bytes   int64
		inFiles bool
	}{{"direct", memory.DefaultBytes, false}, {"direct", 4 << 10, true}, {"prism", memory.DefaultBytes, true}} {
		work.inFile = 0
		task := task(t, "test.lines", config, 2, "")
		env := stages.Default.With(func(s *stages.Settings) { s.Workers, s.Memory = 2, memory.New(c.bytes) })
		if err := pipelines.Run(t.Context(), env, c.runner, task); err != nil {
			t.Fatal(err)
		}
		if (work.inFile > 0) != c.inFiles {
			t.Errorf("%s, %d bytes: %d runs in files", c.runner, c.bytes, work.inFile)
		}
		if room := env.Memory.Share(); room.Bytes() != env.Memory.Rows() {
			t.Errorf("%s, %d bytes: %d of %d are free at the end", c.runner, c.bytes, room.Bytes(), env.Memory.Rows())
		}
		d, err := dataset.Open(t.Context(), task.Out)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = d.Manifest.Digest()
		}
		if got := d.Manifest.Digest(); got != want {
			t.Errorf("%s, %d bytes: digest %s, want %s", c.runner, c.bytes, got, want)
		}
	}
}
