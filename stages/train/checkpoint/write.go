package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// Tensor is a tensor to be written: Values in row-major order of Shape.
type Tensor struct {
	Shape  []int
	Values []float32
}

// Write writes tensors as F32 in byte order of their names, with the metadata
// that Hugging Face libraries ask for. Equal tensors give equal bytes.
func Write(w io.Writer, tensors map[string]Tensor) error {
	names := slices.Sorted(maps.Keys(tensors))
	header, err := headerOf(names, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	for _, name := range names {
		if err := writeValues(w, tensors[name].Values); err != nil {
			return fmt.Errorf("write safetensors: tensor %q: %w", name, err)
		}
	}
	return nil
}

// headerOf builds length and header, padded with spaces to a multiple of eight
// so that the data are aligned.
func headerOf(names []string, tensors map[string]Tensor) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteString(`{"` + metadataKey + `":{"format":"pt"}`)
	offset := 0
	for _, name := range names {
		t := tensors[name]
		if product(t.Shape) != len(t.Values) || name == metadataKey {
			return nil, fmt.Errorf("write safetensors: tensor %q: %d values do not fill shape %v", name, len(t.Values), t.Shape)
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, fmt.Errorf("write safetensors: %w", err)
		}
		shape, err := json.Marshal(append([]int{}, t.Shape...))
		if err != nil {
			return nil, fmt.Errorf("write safetensors: %w", err)
		}
		end := offset + 4*len(t.Values)
		fmt.Fprintf(&b, `,%s:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, key, shape, offset, end)
		offset = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func writeValues(w io.Writer, values []float32) error {
	const chunk = 16 << 10
	buffer := make([]byte, 0, 4*min(chunk, len(values)))
	for part := range slices.Chunk(values, chunk) {
		buffer = buffer[:0]
		for _, v := range part {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}
