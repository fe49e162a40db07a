package cache

import "encoding/binary"

// Key stands for text of at most ShortBytes bytes, so that they are compared at once: the
// bytes, and in the last one their number. That of no text is zero.
type Key struct{ head, tail uint64 }

const (
	// ShortBytes is the most text that a Key holds.
	ShortBytes = 15
	// KeyBytes are read to make a Key.
	KeyBytes = ShortBytes + 1
)

// KeyOf is the key of the first bytes of text, and masks out the others.
func KeyOf(text *[KeyBytes]byte, size int) Key {
	mask := &masks[size&ShortBytes]
	return Key{binary.LittleEndian.Uint64(text[:]) & mask.head, binary.LittleEndian.Uint64(text[8:])&mask.tail | uint64(size)<<56}
}

// masks are set in the bytes of a text, by its length.
var masks = func() (of [KeyBytes]Key) {
	for n := range of {
		of[n] = Key{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return of
}()

// Is compares without a branch between the halves.
func (k Key) Is(other Key) bool { return (k.head^other.head)|(k.tail^other.tail) == 0 }

// Hash chooses by its upper bits where the search for a key begins. The multipliers are
// those of SplitMix64 (https://doi.org/10.1145/2714064.2660195).
func (k Key) Hash() uint64 {
	return (k.head ^ k.tail*0xbf58476d1ce4e5b9) * 0x94d049bb133111eb
}
