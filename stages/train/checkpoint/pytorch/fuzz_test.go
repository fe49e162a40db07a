package pytorch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

// FuzzBin demands that a file is either refused in one line or has its tensors within
// itself, none larger than it.
func FuzzBin(f *testing.F) {
	paths, err := filepath.Glob("../testdata/bin/*.bin") // written by oracle/bin_golden.py
	if err != nil || len(paths) < 10 {
		f.Fatal(len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, err := Parse(data)
		if err != nil && (exit.Of(err) != exit.BadData || len(err.Error()) > 1000) {
			t.Fatal(err)
		}
		for _, tensor := range tensors {
			checkWithin(t, tensor, data)
		}
	})
}

func checkWithin(t *testing.T, tensor Tensor, data []byte) {
	t.Helper()
	size := sizeOf(tensor.Dtype)
	for _, d := range tensor.Shape {
		size *= d
	}
	values := data[tensor.Begin:tensor.End]
	if tensor.Strides != nil {
		var err error
		if values, err = Gather(t.Context(), values, tensor.Shape, tensor.Strides, sizeOf(tensor.Dtype)); err != nil {
			t.Fatal(err)
		}
	}
	if len(values) != size || size > len(data) {
		t.Fatalf("%d bytes of %s%v in a file of %d", len(values), tensor.Dtype, tensor.Shape, len(data))
	}
}

func sizeOf(dtype string) int {
	for _, n := range numbers {
		if n.dtype == dtype {
			return int(n.size)
		}
	}
	return 0
}
