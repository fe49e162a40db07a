// Package cache remembers the ids of segments of text, the stretches that a tokenizer
// encodes one by one: words of notes come again and again.
package cache

import "math"

// MaxBytes is the longest segment that is worth asking for: longer ones are rare and
// seldom come twice.
const MaxBytes = 64

// Fill is how many segments a Cache holds at most. It is emptied when it is full: what
// comes next is then learnt again, and the ids never depend on it.
const (
	Fill       = slots / 2
	slots      = 1 << slotBits
	slotBits   = 16
	arenaBytes = Fill * 12
	arenaIDs   = Fill * 4
)

// Cache is an open-addressing hash table. A word of usual length and its ids lie in
// their slot, half a line of the processor's cache; longer ones lie in two arenas. It
// belongs to one goroutine.
type Cache struct {
	slots [slots]Slot
	used  int
	keys  []byte
	ids   []int32
}

// Slot is the place of a segment in a Cache, until the next Put.
type Slot struct {
	key   Key
	ids   [slotIDs]int32 // where they are more, where they begin in the arena
	count uint8
}

// slotIDs fill a slot up to 32 bytes.
const slotIDs = 3

// New returns an empty Cache.
func New() *Cache {
	return &Cache{keys: make([]byte, 0, arenaBytes), ids: make([]int32, 0, arenaIDs)}
}

// Find returns the slot that holds the segment, or the free one where it belongs. The
// segment is not empty and not longer than MaxBytes.
func (c *Cache) Find(segment []byte) *Slot {
	k := keyOf(segment)
	for i := k.Hash() >> (64 - slotBits); ; i = (i + 1) % slots {
		s := &c.slots[i]
		if s.key == k || s.key == (Key{}) {
			return s
		}
		if k.isLong() && k.isLike(s.key) && string(s.key.long(c.keys)) == string(segment) {
			return s
		}
	}
}

// Append appends the ids of a segment that the Cache holds, and then returns no slot;
// else the free one where it belongs.
func (c *Cache) Append(dst []int32, segment []byte) ([]int32, *Slot) {
	s := c.Find(segment)
	if s.key == (Key{}) {
		return dst, s
	}
	ids, _ := c.At(s)
	return append(dst, ids...), nil
}

// At returns the ids of a slot, false where it is free.
func (c *Cache) At(s *Slot) ([]int32, bool) {
	if s.count <= slotIDs {
		return s.ids[:s.count], s.key != Key{}
	}
	return c.ids[s.ids[0]:][:s.count], true
}

// Put fills the free slot that Find returned for the segment. More ids than a slot
// counts are not kept.
func (c *Cache) Put(s *Slot, segment []byte, ids []int32) {
	if len(ids) > math.MaxUint8 {
		return
	}
	if c.used == Fill || len(c.keys)+len(segment) > cap(c.keys) || len(c.ids)+len(ids) > cap(c.ids) {
		clear(c.slots[:])
		c.used, c.keys, c.ids = 0, c.keys[:0], c.ids[:0]
		s = c.Find(segment)
	}
	c.used++
	if s.key = keyOf(segment); s.key.isLong() {
		s.key = s.key.at(len(c.keys))
		c.keys = append(c.keys, segment...)
	}
	if s.count = uint8(len(ids)); copy(s.ids[:], ids) < len(ids) {
		s.ids[0] = int32(len(c.ids))
		c.ids = append(c.ids, ids...)
	}
}
