package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/kernel"
)

func TestReadsEveryDtypeAsTorchDoes(t *testing.T) {
	w := open(t, "testdata/dtypes.safetensors") // written by oracle/llama_golden.py
	compared := 0
	for _, name := range w.Names() {
		if !strings.HasSuffix(name, ".want") {
			continue
		}
		shape, _ := w.Shape(name)
		got, err := Read[float64](w, strings.TrimSuffix(name, ".want"), shape...)
		want, err2 := Read[float64](w, name, shape...)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			compared++
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
				t.Errorf("%s[%d] = %v, torch says %v", name, i, got[i], want[i])
			}
		}
	}
	if compared != 4*(35+9+1) {
		t.Errorf("compared %d values", compared)
	}
	if _, err := Read[float32](w, "position_ids", 3); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "I64") {
		t.Errorf("an integer tensor: %v", err)
	}
}

func TestWritesTheReferenceLibrarysBytes(t *testing.T) {
	const path = "testdata/written.safetensors" // written by oracle/llama_golden.py
	w := open(t, path)
	tensors := map[string]Tensor{}
	for _, name := range w.Names() {
		shape, _ := w.Shape(name)
		values, err := Read[float32](w, name, shape...)
		if err != nil {
			t.Fatal(err)
		}
		tensors[name] = Tensor{shape, values}
	}
	var got bytes.Buffer
	if err := Write(&got, tensors); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.StringN(0, 9, -1), rapid.ID[string]).Draw(rt, "names")
		tensors := map[string]Tensor{}
		for _, name := range names {
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(rt, "shape")
			values := rapid.SliceOfN(rapid.Float32(), product(shape), product(shape)).Draw(rt, "values")
			tensors[name] = Tensor{shape, values}
		}
		var b bytes.Buffer
		if err := Write(&b, tensors); err != nil {
			rt.Fatal(err)
		}
		entries, err := parse(b.Bytes())
		if err != nil || len(entries) != len(tensors) {
			rt.Fatalf("%d tensors, %v", len(entries), err)
		}
		for _, e := range entries {
			got := decode[float32](kernel.Host{DType: kernel.F32, Bytes: b.Bytes()[e.Begin:e.End]})
			if diff := cmp.Diff(tensors[e.Name].Values, got); diff != "" && len(got) > 0 {
				rt.Errorf("%s: %s", e.Name, diff)
			}
		}
	})
}

// file makes a safetensors file of a header and data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

var damaged = map[string]struct {
	data []byte
	want string
}{
	"empty":               {nil, "too few"},
	"short":               {[]byte{1, 0, 0}, "too few"},
	"overlong header":     {binary.LittleEndian.AppendUint64(nil, 1<<40), "more than the allowed"},
	"negative header":     {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "more than the allowed"},
	"truncated header":    {file(`{"a":{}}`, 0)[:12], "truncated"},
	"no object":           {file(`[]`, 0), "not a JSON object"},
	"empty header":        {file(``, 0), "not a JSON object"},
	"no UTF-8":            {file("{\"\xff\":1}", 0), "not a JSON object"},
	"malformed":           {file(`{"a"`, 0), `tensor "a"`},
	"text after":          {file(`{} {}`, 0), "text after"},
	"twice":               {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "a": declared twice`},
	"no shape":            {file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), `tensor "a": needs dtype`},
	"null shape":          {file(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4), `tensor "a": needs dtype`},
	"fractional offset":   {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.5]}}`, 4), `tensor "a": needs dtype`},
	"three offsets":       {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 8), `tensor "a": needs dtype`},
	"unknown dtype":       {file(`{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}`, 4), `unknown dtype "Q4"`},
	"wrong size":          {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "do not hold 8 bytes"},
	"negative dimension":  {file(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, 4), "impossible shape"},
	"overflowing shape":   {file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "impossible shape"},
	"reversed offsets":    {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), "do not hold"},
	"overlap":             {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "b": overlaps`},
	"hole":                {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "4 unused bytes"},
	"truncated data":      {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 7), `tensor "a": truncated`},
	"bytes after":         {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 9), "belong to none"},
	"a long name":         {file(`{"`+strings.Repeat("x", 1<<16)+`":1}`, 0), "needs dtype"},
	"metadata is no text": {file(`{"__metadata__":{"a":1}}`, 0), "not a map of text"},
}

func TestDamagedFilesAreNamed(t *testing.T) {
	for name, c := range damaged {
		t.Run(name, func(t *testing.T) { wantDamaged(t, SafetensorsName, c.data, c.want) })
	}
}

// wantDamaged demands the file's path and the fault of a file that is opened.
func wantDamaged(t *testing.T, name string, data []byte, want string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenFile(path)
	if exit.Of(err) != exit.BadData || err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+": ") || len(err.Error()) > len(path)+500 {
		t.Errorf("got %v, want the file and %q", err, want)
	}
}

// FuzzParse demands that a header is either refused or describes the whole file
// without overlap.
func FuzzParse(f *testing.F) {
	for _, c := range damaged {
		f.Add(c.data)
	}
	for _, path := range []string{"testdata/dtypes.safetensors", "testdata/written.safetensors"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parse(data)
		if err != nil {
			return
		}
		end := int64(8 + binary.LittleEndian.Uint64(data))
		for _, e := range entries {
			if e.Begin != end || e.End < e.Begin {
				t.Fatalf("tensor %q lies at [%d, %d] after %d", e.Name, e.Begin, e.End, end)
			}
			end = e.End
		}
		if end != int64(len(data)) {
			t.Fatalf("the tensors end at %d of %d", end, len(data))
		}
	})
}

func TestShards(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "one.safetensors", "a", 1)
	save(t, dir, "two.safetensors", "b", 2)
	save(t, dir, "both.safetensors", "b", 2)
	for name, c := range map[string]struct{ index, want string }{
		"good":          {`{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}`, ""},
		"malformed":     {`{"weight_map":`, "weight_map"},
		"empty":         {`{}`, "weight_map"},
		"outside":       {`{"weight_map":{"a":"../one.safetensors"}}`, "not a file name of this folder"},
		"missing":       {`{"weight_map":{"a":"three.safetensors"}}`, "three.safetensors"},
		"other kind":    {`{"weight_map":{"a":"pytorch_model.bin"}}`, "no *.safetensors file"},
		"wrong shard":   {`{"weight_map":{"a":"two.safetensors","b":"one.safetensors"}}`, `tensor "a" is not in`},
		"in two shards": {`{"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"both.safetensors"}}`, `tensor "b" is also in`},
		"in no shard":   {`{"weight_map":{"a":"one.safetensors","c":"two.safetensors"}}`, `tensor "c" is not in two.safetensors`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, SafetensorsName+indexEnding), []byte(c.index), 0o600); err != nil {
				t.Fatal(err)
			}
			w, err := Open(dir)
			if c.want != "" {
				if err == nil || exit.Of(err) == exit.Failed || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			got, err := Read[float32](w, "b", 1)
			if err != nil || got[0] != 2 || w.Close() != nil {
				t.Errorf("b = %v, %v", got, err)
			}
		})
	}
}

func TestWrongTensor(t *testing.T) {
	w := open(t, "testdata/written.safetensors")
	if _, err := Read[float32](w, "c.weight", 7); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "c.weight") {
		t.Errorf("a missing tensor: %v", err)
	}
	if _, err := Read[float32](w, "b.weight", 7, 5); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "[5 7]") {
		t.Errorf("a wrong shape: %v", err)
	}
	if _, err := Open(t.TempDir()); exit.Of(err) != exit.Usage {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestSaveDirLeavesNothingOfAFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	fails := File{"config.json", func(io.Writer) error { return errors.New("no more disk") }}
	if err := SaveDir(dir, []File{fails}); err == nil || !strings.Contains(err.Error(), "no more disk") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v, %v", info, err)
	}
}

func TestWriteRefusesAWrongShape(t *testing.T) {
	err := Write(io.Discard, map[string]Tensor{"a": {[]int{2, 2}, make([]float32, 3)}})
	if err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("got %v", err)
	}
}

func open(t *testing.T, path string) *Weights {
	t.Helper()
	w, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func save(t *testing.T, dir, name, tensor string, value float32) {
	t.Helper()
	err := SaveDir(dir, []File{{name, func(w io.Writer) error {
		return Write(w, map[string]Tensor{tensor: {[]int{1}, []float32{value}}})
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

// What lies under the name of a safetensors file and is none is told by its kind, not
// by the length that its first bytes would be.
func TestOtherFilesUnderTheNameOfWeights(t *testing.T) {
	for want, text := range map[string]string{
		"Git LFS pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
		"web page":        "<!DOCTYPE html>\n<html></html>",
		"JSON, perhaps":   `{"error": "Repository not found"}`,
		"zip archive":     "PK\x03\x04\x00\x00\x08\x08archive/data.pkl",
		"GGUF":            "GGUF\x03\x00\x00\x00\x01\x00",
		"pickle":          "\x80\x02}q\x00(X\x01\x00",
	} {
		path := filepath.Join(t.TempDir(), SafetensorsName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(path); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), path+": the file is ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	folder := filepath.Join(t.TempDir(), SafetensorsName)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(folder); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}
