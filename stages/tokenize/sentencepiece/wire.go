package sentencepiece

import (
	"bytes"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/clinflow/clinflow/internal/exit"
)

// field is one protobuf field: its value is still in wire format, except that a
// length-delimited one has lost its length.
type field struct {
	num    protowire.Number
	typ    protowire.Type
	value  []byte
	offset int // of the value in the file
}

// eachField visits the fields of a message that begins at byte base.
func eachField(data []byte, base int, visit func(field) error) error {
	for at := 0; at < len(data); {
		num, typ, n := protowire.ConsumeTag(data[at:])
		if n < 0 {
			return malformed(base+at, "field tag")
		}
		size := protowire.ConsumeFieldValue(num, typ, data[at+n:])
		if size < 0 {
			return malformed(base+at, "or truncated field")
		}
		f := field{num, typ, data[at+n : at+n+size], base + at + n}
		at += n + size
		if typ == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(f.value)
			f.offset += size - len(content)
			f.value = content
		}
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

func malformed(offset int, what string) error {
	return exit.Errorf(exit.BadData, "tokenizer model: byte %d: malformed %s; fetch the file again", offset, what)
}

func (f field) errorf(format string, args ...any) error {
	return exit.Errorf(exit.BadData, "tokenizer model: byte %d: "+format, append([]any{f.offset}, args...)...)
}

func (f field) expect(typ protowire.Type) error {
	if f.typ != typ {
		return malformed(f.offset, "field: wrong wire type")
	}
	return nil
}

func (f field) message(visit func(field) error) error {
	if err := f.expect(protowire.BytesType); err != nil {
		return err
	}
	return eachField(f.value, f.offset, visit)
}

func (f field) bytes(to *[]byte) error {
	*to = bytes.Clone(f.value)
	return f.expect(protowire.BytesType)
}

func (f field) text(to *string) error {
	*to = string(f.value)
	return f.expect(protowire.BytesType)
}

// name reads a piece's name; the reference takes an empty one as absent.
func (f field) name(to *string) error {
	if len(f.value) == 0 {
		return f.expect(protowire.BytesType)
	}
	return f.text(to)
}

func (f field) int(to *int32) error {
	v, _ := protowire.ConsumeVarint(f.value)
	*to = int32(v)
	return f.expect(protowire.VarintType)
}

func (f field) bool(to *bool) error {
	v, _ := protowire.ConsumeVarint(f.value)
	*to = v != 0
	return f.expect(protowire.VarintType)
}

func (f field) float(to *float32) error {
	v, _ := protowire.ConsumeFixed32(f.value)
	*to = math.Float32frombits(v)
	return f.expect(protowire.Fixed32Type)
}

// message is a protobuf message in wire format under construction.
type message []byte

func (b *message) tag(num protowire.Number, typ protowire.Type) {
	*b = protowire.AppendTag(*b, num, typ)
}

func (b *message) text(num protowire.Number, v string) {
	b.tag(num, protowire.BytesType)
	*b = protowire.AppendString(*b, v)
}

func (b *message) message(num protowire.Number, v message) {
	b.tag(num, protowire.BytesType)
	*b = protowire.AppendBytes(*b, v)
}

func (b *message) int(num protowire.Number, v int32) {
	b.tag(num, protowire.VarintType)
	*b = protowire.AppendVarint(*b, uint64(int64(v))) // negative numbers are sign-extended
}

func (b *message) bool(num protowire.Number, v bool) {
	b.tag(num, protowire.VarintType)
	*b = protowire.AppendVarint(*b, protowire.EncodeBool(v))
}

func (b *message) float(num protowire.Number, v float32) {
	b.tag(num, protowire.Fixed32Type)
	*b = protowire.AppendFixed32(*b, math.Float32bits(v))
}
