// Package cache remembers the ids of segments of text, the stretches that a tokenizer
// encodes one by one: words of notes come again and again.
package cache

import (
	"math"

	"github.com/cespare/xxhash/v2"
)

// MaxBytes is the longest segment that is worth asking for: longer ones are rare and
// seldom come twice.
const MaxBytes = 64

// Fill is how many segments a Cache holds at most. It is emptied when it is full: what
// comes next is then learnt again, and the ids never depend on it.
const (
	Fill       = slots / 2
	slots      = 1 << 16
	arenaBytes = Fill * 12
	arenaIDs   = Fill * 4
)

// Cache is an open-addressing hash table whose keys and values lie in two arenas. It
// belongs to one goroutine.
type Cache struct {
	slots [slots]Slot
	used  int
	keys  []byte
	ids   []int32
}

// Slot is the place of a segment in a Cache, until the next Put.
type Slot struct {
	hash      uint32 // its upper half; the lower chose the slot
	key, ids  uint32 // where they begin in the arenas
	keyLength uint8  // 0: free
	idLength  uint8
}

// New returns an empty Cache.
func New() *Cache {
	return &Cache{keys: make([]byte, 0, arenaBytes), ids: make([]int32, 0, arenaIDs)}
}

// Find returns the slot that holds the segment, or the free one where it belongs. The
// segment is not empty and not longer than MaxBytes.
func (c *Cache) Find(segment []byte) *Slot {
	sum := xxhash.Sum64(segment)
	hash := uint32(sum >> 32)
	for i := sum % slots; ; i = (i + 1) % slots {
		s := &c.slots[i]
		if s.keyLength == 0 {
			s.hash = hash
			return s
		}
		if s.hash == hash && string(c.keys[s.key:s.key+uint32(s.keyLength)]) == string(segment) {
			return s
		}
	}
}

// At returns the ids of a slot, false where it is free.
func (c *Cache) At(s *Slot) ([]int32, bool) {
	return c.ids[s.ids : s.ids+uint32(s.idLength)], s.keyLength > 0
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
	s.key, s.ids = uint32(len(c.keys)), uint32(len(c.ids))
	s.keyLength, s.idLength = uint8(len(segment)), uint8(len(ids))
	c.keys, c.ids = append(c.keys, segment...), append(c.ids, ids...)
	c.used++
}
