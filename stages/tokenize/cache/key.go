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
	n := len(segment)
	if n > shortBytes {
		return key{xxhash.Sum64(segment), longMark | uint64(n)<<32}
	}
	if cap(segment) <= shortBytes {
		var copied [shortBytes + 1]byte
		copy(copied[:], segment)
		segment = copied[:]
	}
	// What lies behind the segment is read with it and masked out.
	segment = segment[:shortBytes+1]
	head, tail := binary.LittleEndian.Uint64(segment), binary.LittleEndian.Uint64(segment[8:])
	if n <= 8 {
		return key{head & (1<<(8*n) - 1), uint64(n) << 56}
	}
	return key{head, tail&(1<<(8*(n-8))-1) | uint64(n)<<56}
}

func (k key) isLong() bool { return k.tail >= longMark }

// isLike says whether another key is of a long segment of the same hash and length.
func (k key) isLike(other key) bool { return k.head == other.head && k.tail>>32 == other.tail>>32 }

// at is the key of a long segment whose bytes begin there in the arena.
func (k key) at(place int) key { return key{k.head, k.tail | uint64(place)} }

// long are the bytes of a long segment.
func (k key) long(arena []byte) []byte { return arena[uint32(k.tail):][:uint16(k.tail>>32)] }

// slot is where the search for a key begins. The multipliers are those of
// SplitMix64 (https://doi.org/10.1145/2714064.2660195).
func (k key) slot() uint64 {
	h := (k.head ^ k.tail*0xbf58476d1ce4e5b9) * 0x94d049bb133111eb
	return (h ^ h>>32) * 0xbf58476d1ce4e5b9 >> (64 - slotBits)
}
