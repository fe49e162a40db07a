package cache

import "github.com/cespare/xxhash/v2"

// Of a segment that is longer than ShortBytes a Key holds a hash, the number of bytes
// behind longMark and, in a slot, where they begin in the arena.
const longMark = 1 << 63

func keyOf(segment []byte) Key {
	switch {
	case isShort(segment):
		return shortKey(segment)
	case len(segment) > ShortBytes:
		return Key{xxhash.Sum64(segment), longMark | uint64(len(segment))<<32}
	}
	var copied [KeyBytes]byte
	return KeyOf(&copied, copy(copied[:], segment))
}

// isShort says whether a segment is short, and not at the very end of its array.
func isShort(segment []byte) bool { return len(segment) <= ShortBytes && cap(segment) > ShortBytes }

// shortKey reads with a segment what lies behind it in its array.
func shortKey(segment []byte) Key { return KeyOf((*[KeyBytes]byte)(segment[:KeyBytes]), len(segment)) }

func (k Key) isLong() bool { return k.tail >= longMark }

// isLike says whether another key is of a long segment of the same hash and length.
func (k Key) isLike(other Key) bool { return k.head == other.head && k.tail>>32 == other.tail>>32 }

// at is the key of a long segment whose bytes begin there in the arena.
func (k Key) at(place int) Key { return Key{k.head, k.tail | uint64(place)} }

// long are the bytes of a long segment.
func (k Key) long(arena []byte) []byte { return arena[uint32(k.tail):][:uint16(k.tail>>32)] }
