package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// maxHeader is the reference library's own bound on the header's length.
const maxHeader = 100_000_000

// metadataKey names the header's entry that is no tensor.
const metadataKey = "__metadata__"

// entry is a tensor as its file declares it; Begin and End are offsets into the file.
type entry struct {
	Name       string
	Dtype      string
	Shape      []int
	Strides    []int // of PyTorch's files, as in pytorch.Tensor
	Begin, End int64
}

// parse reads and checks the header of a whole safetensors file: every byte
// after it belongs to exactly one tensor.
func parse(data []byte) ([]entry, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors header", len(data))
	}
	length := binary.LittleEndian.Uint64(data)
	if length > maxHeader {
		return nil, fmt.Errorf("the header claims %d bytes, more than the allowed %d", length, maxHeader)
	}
	start := 8 + int64(length)
	if start > int64(len(data)) {
		return nil, fmt.Errorf("truncated: the header claims %d bytes, the file has %d after its length", length, len(data)-8)
	}
	header := data[8:start]
	if !utf8.Valid(header) || len(header) == 0 || header[0] != '{' {
		return nil, errors.New("the header is not a JSON object in UTF-8")
	}
	entries, err := parseEntries(header)
	if err != nil {
		return nil, err
	}
	return entries, place(entries, start, int64(len(data)))
}

// parseEntries walks the header by hand: a map would hide duplicate names.
func parseEntries(header []byte) ([]entry, error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	if _, err := dec.Token(); err != nil {
		return nil, errors.New("the header is malformed JSON")
	}
	var entries []entry
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errors.New("the header is malformed JSON")
		}
		if seen[name] {
			return nil, fmt.Errorf("tensor %.100q: declared twice", name)
		}
		seen[name] = true
		e, err := parseEntry(dec, name)
		if err != nil {
			return nil, fmt.Errorf("tensor %.100q: %w", name, err)
		}
		if name != metadataKey {
			entries = append(entries, e)
		}
	}
	return entries, endOf(dec)
}

// endOf demands the closing brace, and only padding after it.
func endOf(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return errors.New("the header is malformed JSON")
	}
	if dec.More() {
		return errors.New("the header has text after its JSON object")
	}
	return nil
}

func parseEntry(dec *json.Decoder, name string) (entry, error) {
	if name == metadataKey {
		var metadata map[string]string
		if dec.Decode(&metadata) != nil {
			return entry{}, errors.New("not a map of text to text")
		}
		return entry{}, nil
	}
	var raw struct {
		Dtype   *string  `json:"dtype"`
		Shape   *[]int64 `json:"shape"`
		Offsets *[]int64 `json:"data_offsets"`
	}
	if dec.Decode(&raw) != nil || raw.Dtype == nil || raw.Shape == nil || raw.Offsets == nil || len(*raw.Offsets) != 2 {
		return entry{}, errors.New("needs dtype, shape and two data_offsets")
	}
	e := entry{Name: name, Dtype: *raw.Dtype, Begin: (*raw.Offsets)[0], End: (*raw.Offsets)[1]}
	return e, e.setShape(*raw.Shape)
}

// setShape checks that shape and dtype fill the tensor's bytes exactly.
func (e *entry) setShape(shape []int64) error {
	size, ok := dtypeBytes[e.Dtype]
	if !ok {
		return fmt.Errorf("unknown dtype %.100q", e.Dtype)
	}
	for _, d := range shape {
		if d < 0 || (d > 0 && size > math.MaxInt64/d) {
			return fmt.Errorf("impossible shape %v", shape)
		}
		size *= d
		e.Shape = append(e.Shape, int(d))
	}
	if e.Begin < 0 || e.End < e.Begin || e.End-e.Begin != size {
		return fmt.Errorf("data_offsets [%d, %d] do not hold %d bytes of %s%v", e.Begin, e.End, size, e.Dtype, shape)
	}
	return nil
}

// place turns offsets into file offsets and refuses overlaps, holes and ends
// beyond the file, as the reference library does.
func place(entries []entry, start, size int64) error {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.End, b.End), cmp.Compare(a.Name, b.Name))
	})
	end := int64(0)
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Begin < end:
			return fmt.Errorf("tensor %.100q: overlaps the tensor before it at byte %d", e.Name, start+e.Begin)
		case e.Begin > end:
			return fmt.Errorf("tensor %.100q: %d unused bytes before it", e.Name, e.Begin-end)
		case e.End > size-start:
			return fmt.Errorf("tensor %.100q: truncated: it ends at byte %d, the file at %d", e.Name, start+e.End, size)
		}
		end = e.End
		e.Begin, e.End = e.Begin+start, e.End+start
	}
	if end != size-start {
		return fmt.Errorf("%d bytes after the last tensor belong to none", size-start-end)
	}
	return nil
}
