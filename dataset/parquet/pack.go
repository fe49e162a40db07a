package parquet

import (
	"encoding/binary"
	"unsafe"
)

// Packer turns rows of type T into bytes and back, for files that are read once and
// soon, such as the runs of a sort. The bytes are those of this machine's memory:
// they are read by the program that wrote them.
type Packer[T any] struct{ layout *layout }

// PackerOf panics where T is no row type, as Check does.
func PackerOf[T any]() Packer[T] { return Packer[T]{layoutOf[T]()} }

// Weight is how many bytes a row holds in memory, its text and lists included.
func (p Packer[T]) Weight(row *T) int64 { return p.layout.weight(unsafe.Pointer(row)) }

// TextBytes is how much of Weight is not the struct itself.
func (p Packer[T]) TextBytes(row *T) int {
	return int(p.layout.weight(unsafe.Pointer(row))) - int(p.layout.size)
}

// Move copies a row's text behind what is in buffer, and makes it views of the copy. What
// buffer has must then stay as it is. Lists stay where they are.
func (p Packer[T]) Move(buffer []byte, row *T) []byte {
	for _, c := range p.layout.columns {
		buffer = c.move(buffer, unsafe.Pointer(row))
	}
	return buffer
}

// Append appends a row's columns to buffer.
func (p Packer[T]) Append(buffer []byte, row *T) []byte {
	for _, c := range p.layout.columns {
		buffer = c.pack(buffer, unsafe.Pointer(row))
	}
	return buffer
}

// Unpack fills a row from what Append appended for one. The row's text is a view of
// packed, which must stay as it is. ok is false for any other bytes.
func (p Packer[T]) Unpack(packed []byte, row *T) (ok bool) {
	for _, c := range p.layout.columns {
		if packed, ok = c.unpack(packed, unsafe.Pointer(row)); !ok {
			return false
		}
	}
	return len(packed) == 0
}

func (l *layout) weight(row unsafe.Pointer) int64 {
	bytes := int64(l.size)
	for _, c := range l.columns {
		bytes += c.outside(row)
	}
	return bytes
}

// memoryOf views the bytes of a value that holds no pointers.
func memoryOf[V any](value *V) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(value)), unsafe.Sizeof(*value))
}

func (c scalar[F, V]) pack(buffer []byte, row unsafe.Pointer) []byte {
	return append(buffer, memoryOf(c.at(row))...)
}

func (c scalar[F, V]) unpack(packed []byte, row unsafe.Pointer) (rest []byte, ok bool) {
	n := copy(memoryOf(c.at(row)), packed)
	return packed[n:], n == int(unsafe.Sizeof(*c.at(row)))
}

func (c text) pack(buffer []byte, row unsafe.Pointer) []byte {
	return packBytes(buffer, bytesOf(*c.at(row)))
}

func (c scalar[F, V]) move(buffer []byte, _ unsafe.Pointer) []byte { return buffer }

func (c text) move(buffer []byte, row unsafe.Pointer) []byte {
	value := c.at(row)
	buffer = append(buffer, *value...)
	moved := buffer[len(buffer)-len(*value):]
	*value = unsafe.String(unsafe.SliceData(moved), len(moved))
	return buffer
}

func (c list[V]) move(buffer []byte, _ unsafe.Pointer) []byte { return buffer }

func (c text) unpack(packed []byte, row unsafe.Pointer) (rest []byte, ok bool) {
	value, rest, ok := unpackBytes(packed)
	*c.at(row) = unsafe.String(unsafe.SliceData(value), len(value))
	return rest, ok
}

func (c list[V]) pack(buffer []byte, row unsafe.Pointer) []byte {
	items := *c.at(row)
	return packBytes(buffer, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(items))), valueBytes*len(items)))
}

func (c list[V]) unpack(packed []byte, row unsafe.Pointer) (rest []byte, ok bool) {
	value, rest, ok := unpackBytes(packed)
	if ok = ok && len(value)%valueBytes == 0; ok && len(value) > 0 {
		// A copy, for the file has the values at any address.
		items := make([]V, len(value)/valueBytes)
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&items[0])), len(value)), value)
		*c.at(row) = items
	}
	return rest, ok
}

// packBytes appends the length of a value, as a varint, and the value.
func packBytes(buffer, value []byte) []byte {
	return append(binary.AppendUvarint(buffer, uint64(len(value))), value...)
}

func unpackBytes(packed []byte) (value, rest []byte, ok bool) {
	length, n := binary.Uvarint(packed)
	if n <= 0 || length > uint64(len(packed)-n) {
		return nil, nil, false
	}
	end := n + int(length)
	return packed[n:end], packed[end:], true
}
