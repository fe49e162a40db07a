package sentencepiece

import "github.com/cespare/xxhash/v2"

// The cache is emptied when it is full: what comes next is then learnt again,
// and the ids never depend on it.
const (
	cacheSlots      = 1 << 16
	cacheFill       = cacheSlots / 2
	maxCachedBytes  = 64 // longer segments are rare and seldom come twice
	cacheArenaBytes = cacheFill * 12
	cacheArenaIDs   = cacheFill * 4
)

// cache remembers the ids of segments: an open-addressing hash table whose keys
// and values lie in two arenas.
type cache struct {
	slots [cacheSlots]cacheSlot
	used  int
	keys  []byte
	ids   []int32
}

type cacheSlot struct {
	hash      uint32 // its upper half; the lower chose the slot
	key, ids  uint32 // where they begin in the arenas
	keyLength uint8  // 0: free
	idLength  uint8
}

func newCache() *cache {
	return &cache{keys: make([]byte, 0, cacheArenaBytes), ids: make([]int32, 0, cacheArenaIDs)}
}

// find returns the slot that holds the segment, or the free one where it belongs.
func (c *cache) find(segment []byte) *cacheSlot {
	sum := xxhash.Sum64(segment)
	hash := uint32(sum >> 32)
	for i := sum % cacheSlots; ; i = (i + 1) % cacheSlots {
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

// at returns the ids of a slot, false where it is free.
func (c *cache) at(s *cacheSlot) ([]int32, bool) {
	return c.ids[s.ids : s.ids+uint32(s.idLength)], s.keyLength > 0
}

// put fills the free slot that find returned for the segment.
func (c *cache) put(s *cacheSlot, segment []byte, ids []int32) {
	if c.used == cacheFill || len(c.keys)+len(segment) > cap(c.keys) || len(c.ids)+len(ids) > cap(c.ids) {
		clear(c.slots[:])
		c.used, c.keys, c.ids = 0, c.keys[:0], c.ids[:0]
		s = c.find(segment)
	}
	s.key, s.ids = uint32(len(c.keys)), uint32(len(c.ids))
	s.keyLength, s.idLength = uint8(len(segment)), uint8(len(ids))
	c.keys, c.ids = append(c.keys, segment...), append(c.ids, ids...)
	c.used++
}
