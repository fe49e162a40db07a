package cache

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// key stands for a segment: the bytes of a short one with their number in the last
// byte, which are compared at once; of a long one a hash, the number of bytes and, in
// a slot, where they begin in the arena. That of no segment is zero.
type key struct{ head, tail uint64 }

const (
	shortBytes = 15
	longMark   = 1 << 63
)

func keyOf(segment []byte) key {
	switch {
	case isShort(segment):
		return shortKey(segment)
	case len(segment) > shortBytes:
		return key{xxhash.Sum64(segment), longMark | uint64(len(segment))<<32}
	}
	var copied [shortBytes + 1]byte
	return shortKey(copied[:copy(copied[:], segment)])
}

// isShort says whether a segment is short, and not at the very end of its array.
func isShort(segment []byte) bool { return len(segment) <= shortBytes && cap(segment) > shortBytes }

// shortKey reads with a segment what lies behind it in its array.
func shortKey(segment []byte) key {
	return keyIn((*[shortBytes + 1]byte)(segment[:shortBytes+1]), len(segment))
}

// keyIn is the key of the first bytes of text, and masks out the others.
func keyIn(text *[shortBytes + 1]byte, size int) key {
	mask := &masks[size&shortBytes]
	return key{binary.LittleEndian.Uint64(text[:]) & mask.head, binary.LittleEndian.Uint64(text[8:])&mask.tail | uint64(size)<<56}
}

// masks are set in the bytes of a segment, by its length.
var masks = func() (of [shortBytes + 1]key) {
	for n := range of {
		of[n] = key{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return of
}()

func (k key) isLong() bool { return k.tail >= longMark }

// isLike says whether another key is of a long segment of the same hash and length.
func (k key) isLike(other key) bool { return k.head == other.head && k.tail>>32 == other.tail>>32 }

// at is the key of a long segment whose bytes begin there in the arena.
func (k key) at(place int) key { return key{k.head, k.tail | uint64(place)} }

// long are the bytes of a long segment.
func (k key) long(arena []byte) []byte { return arena[uint32(k.tail):][:uint16(k.tail>>32)] }

// hash chooses by its upper bits where the search for a key begins. The multipliers are
// those of SplitMix64 (https://doi.org/10.1145/2714064.2660195).
func (k key) hash() uint64 {
	return (k.head ^ k.tail*0xbf58476d1ce4e5b9) * 0x94d049bb133111eb
}
