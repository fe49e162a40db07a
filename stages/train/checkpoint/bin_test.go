package checkpoint

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

// binDir is written by oracle/bin_golden.py.
const binDir = "testdata/bin"

type goldenBin struct {
	File    string
	Refused string // for this
	Tensors map[string]goldenTensor
}

type goldenTensor struct {
	Dtype string
	Shape []int
	Bytes []byte // in row-major order
}

func goldenBins(t testing.TB) (cases []goldenBin) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(binDir, "golden.json"))
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil || len(cases) == 0 {
		t.Fatal(len(cases), err)
	}
	return cases
}

// What torch.save writes is read as torch.load reads it, or refused for what it names.
func TestWhatTorchSavesIsRead(t *testing.T) {
	for _, c := range goldenBins(t) {
		path := filepath.Join(binDir, c.File)
		if c.Refused == "" {
			compareBin(t, open(t, path), c)
			continue
		}
		if _, err := OpenFile(path); exit.Of(err) != exit.BadData || err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.Refused) {
			t.Errorf("%s: %v, want %q", path, err, c.Refused)
		}
	}
}

// compareBin demands a golden file's tensors, and of integers their shapes.
func compareBin(t *testing.T, w *Weights, c goldenBin) {
	t.Helper()
	if len(w.Names()) != len(c.Tensors) {
		t.Errorf("%s: %d tensors, want %d", c.File, len(w.Names()), len(c.Tensors))
	}
	for name, want := range c.Tensors {
		shape, _ := w.Shape(name)
		if diff := cmp.Diff(want.Shape, shape); diff != "" {
			t.Errorf("%s: %s: %s", c.File, name, diff)
		}
		err := w.View(name, want.Shape, func(h kernel.Host) error {
			if h.DType.String() != want.Dtype || !bytes.Equal(h.Bytes, want.Bytes) {
				t.Errorf("%s: %s: %s % x, want %s % x", c.File, name, h.DType, h.Bytes, want.Dtype, want.Bytes)
			}
			return nil
		})
		if _, read := floats[want.Dtype]; read && err != nil || !read && (err == nil || !strings.Contains(err.Error(), "is of dtype "+want.Dtype)) {
			t.Errorf("%s: %s: %v", c.File, name, err)
		}
	}
}

func TestShardsOfTorch(t *testing.T) {
	w, err := Open(filepath.Join(binDir, "sharded"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	whole := goldenBins(t)[0]
	whole.File = "sharded"
	compareBin(t, w, whole)
	names, err := FileNames(filepath.Join(binDir, "sharded"))
	if want := []string{PickleName + indexEnding, "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%v, %v, want %v", names, err, want)
	}
}

func TestIndexesOfTorchThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(binDir, "sharded"))); err != nil {
		t.Fatal(err)
	}
	for want, index := range map[string]string{
		"no pytorch_model*.bin file":                     `{"weight_map":{"a.weight":"training_args.bin"}}`,
		`tensor "position_ids" is not in`:                `{"weight_map":{"position_ids":"pytorch_model-00001-of-00002.bin"}}`,
		"names pytorch_model-3.bin, which is not there":  `{"weight_map":{"a.weight":"pytorch_model-3.bin"}}`,
		"pytorch_model.bin.index.json: needs a weight_m": `{"weight_map":{}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, PickleName+indexEnding), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || exit.Of(err) == exit.Failed || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The first of these that is there is read, as transformers does.
func TestWhichWeightsOfAFolderAreRead(t *testing.T) {
	dir := t.TempDir()
	pickled, err := os.ReadFile(filepath.Join(binDir, "dict.bin"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		PickleName + indexEnding: []byte(`{"weight_map":{"0.weight":"pytorch_model-1.bin"}}`), "pytorch_model-1.bin": pickled, PickleName: pickled,
		SafetensorsName + indexEnding: []byte(`{"weight_map":{"a":"one.safetensors"}}`),
	}
	for _, step := range []struct{ put, want string }{
		{"pytorch_model-1.bin", ""}, {PickleName + indexEnding, PickleName + indexEnding}, {PickleName, PickleName},
		{SafetensorsName + indexEnding, SafetensorsName + indexEnding}, {SafetensorsName, SafetensorsName},
	} {
		if data := files[step.put]; data != nil {
			err = os.WriteFile(filepath.Join(dir, step.put), data, 0o600)
		} else {
			save(t, dir, step.put, "a", 1)
		}
		names, err2 := FileNames(dir)
		if err != nil || step.want != "" && (err2 != nil || names[0] != step.want) || step.want == "" && exit.Of(err2) != exit.Usage {
			t.Errorf("with %s: %v, %v, %v", step.put, names, err, err2)
		}
	}
}
