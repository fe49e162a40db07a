package sentencepiece

import "encoding/binary"

// key stands for text of at most shortBytes bytes, so that they are compared at once:
// the bytes, and in the last one their number. That of no text is zero.
type key struct{ head, tail uint64 }

const (
	shortBytes = 15
	keyBytes   = shortBytes + 1 // are read to make a key
)

// keyOf reads keyBytes of text, of which the first size make the key.
func keyOf(text []byte, size int) key {
	mask := &keyMasks[size&shortBytes]
	return key{
		binary.LittleEndian.Uint64(text) & mask.head,
		binary.LittleEndian.Uint64(text[8:])&mask.tail | uint64(size)<<56,
	}
}

// keyMasks are set in the bytes of a text, by its length.
var keyMasks = func() (of [keyBytes]key) {
	for n := range of {
		of[n] = key{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return of
}()

// is compares without a branch between the halves.
func (k key) is(other key) bool { return (k.head^other.head)|(k.tail^other.tail) == 0 }

// hash chooses by its upper bits where the search for a key begins. The multipliers are
// those of SplitMix64 (https://doi.org/10.1145/2714064.2660195).
func (k key) hash() uint64 {
	return (k.head ^ k.tail*0xbf58476d1ce4e5b9) * 0x94d049bb133111eb
}
