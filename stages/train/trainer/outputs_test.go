package trainer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/store"
)

func TestOutputsLeaveNoFile(t *testing.T) {
	dir := t.TempDir()
	scratch, err := store.Open(filepath.Join(dir, "scratch"))
	must(t, err)
	files := func() (modes []string) {
		entries, err := os.ReadDir(filepath.Join(dir, "scratch"))
		must(t, err)
		for _, e := range entries {
			info, err := e.Info()
			must(t, err)
			modes = append(modes, info.Mode().String())
		}
		return modes
	}
	batches := []batch{{rows: []int{2, 0}}, {rows: []int{1}}}
	o, err := writeOutputs(t.Context(), scratch, 3, func(add func(batch, []float32) error) error {
		must(t, add(batches[0], []float32{20, 21, 0, 1}))
		if got := fmt.Sprint(files()); got != "[-rw-------]" {
			t.Errorf("while they are written there are %s", got)
		}
		return add(batches[1], []float32{10, 11})
	})
	must(t, err)
	if left := files(); len(left) > 0 {
		t.Errorf("a file is left: %v", left)
	}
	for row := range 3 {
		got := make([]float32, 2)
		must(t, o.Read(row, got))
		if got[0] != float32(10*row) || got[1] != float32(10*row+1) {
			t.Errorf("row %d is %v", row, got)
		}
	}
	must(t, o.Close())
	_, err = writeOutputs(t.Context(), scratch, 3, func(add func(batch, []float32) error) error {
		must(t, add(batches[1], []float32{10, 11}))
		return context.Canceled
	})
	if err != context.Canceled || len(files()) > 0 {
		t.Errorf("got %v and %v is left", err, files())
	}
}
