package auroc

import (
	"bytes"
	"iter"
	"unsafe"
)

// Labels are counted and looked for as bytes, which the standard library does many at a
// time.

// asBytes are labels as they lie in memory: a byte each, 1 where it is true.
func asBytes(labels []bool) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(labels))), len(labels))
}

func asByte(label bool) byte {
	if label {
		return 1
	}
	return 0
}

// count is how many labels are of.
func count(labels []bool, of bool) int { return bytes.Count(asBytes(labels), []byte{asByte(of)}) }

// having are the places of the labels that are of, in their order.
func having(labels []bool, of bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		rest, sought, at := asBytes(labels), asByte(of), 0
		for {
			next := bytes.IndexByte(rest[at:], sought)
			if next < 0 || !yield(at+next) {
				return
			}
			at += next + 1
		}
	}
}
