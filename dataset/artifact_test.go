package dataset

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
)

func TestFilesOfAnArtifact(t *testing.T) {
	first := newWriter(t, 0)
	must(t, first.WriteFile("metrics.json", []byte(`{"n": 3}`)))
	must(t, first.StreamFile("sub/log.jsonl", func(w io.Writer) error {
		_, err := io.WriteString(w, "zqcanary")
		return err
	}))
	from := commit(t, first)
	second := newWriter(t, 0)
	for _, name := range []string{"metrics.json", "sub/log.jsonl"} {
		must(t, second.CopyFile(t.Context(), from, name, name))
	}
	must(t, second.CopyFile(t.Context(), from, "metrics.json", "other/metrics.json"))
	d := commit(t, second)
	must(t, d.Verify(t.Context()))
	for name, want := range map[string]bool{"metrics.json": true, "sub/log.jsonl": true, "other/metrics.json": true, "log.jsonl": false, ManifestName: false} {
		if d.HasFile(name) != want {
			t.Errorf("%s: listed %v, want %v", name, !want, want)
		}
	}
	for _, name := range []string{"metrics.json", "other/metrics.json"} {
		var value struct{ N int }
		must(t, d.ReadJSON(t.Context(), name, &value))
		if value.N != 3 {
			t.Errorf("%s holds %+v", name, value)
		}
	}
	err := d.ReadJSON(t.Context(), "sub/log.jsonl", new(any))
	checkBadData(t, err, "sub/log.jsonl is not the JSON of this version")
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error quotes the file: %v", err)
	}
	checkUsage(t, d.ReadJSON(t.Context(), "none.json", new(any)), "none.json")
	checkUsage(t, second.CopyFile(t.Context(), from, "none.json", "none.json"), "none.json")
}

// TestAFailedFileIsNotThere: neither recorded nor on the disk.
func TestAFailedFileIsNotThere(t *testing.T) {
	w, gone := newWriter(t, 0), errors.New("the source is gone")
	err := w.StreamFile("half.bin", func(f io.Writer) error {
		_, err := f.Write(make([]byte, 2*store.BufferBytes))
		return errors.Join(err, gone)
	})
	if !errors.Is(err, gone) || err.Error() != "write half.bin: the source is gone" {
		t.Errorf("error %v", err)
	}
	files, err := w.Dir().List(t.Context(), "")
	must(t, err)
	if d := commit(t, w); len(files) != 1 || len(d.Manifest.Files) != 0 {
		t.Errorf("%v are left, the manifest lists %v", files, d.Manifest.Files)
	}
}
