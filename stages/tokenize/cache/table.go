package cache

import "math/bits"

// Table are words that are one id each, known beforehand: the pieces of a vocabulary. It
// may be shared once it is made.
type Table struct {
	entries []entry
	shift   int // of a hash: its upper bits choose the entry
}

type entry struct {
	key key
	id  int32
}

// NewTable returns an empty Table for so many words; it is at most half full.
func NewTable(words int) *Table {
	size := bits.Len(uint(2*words + 1))
	return &Table{make([]entry, 1<<size), 64 - size}
}

// Add takes a word, unless it is longer than those that are looked for.
func (t *Table) Add(word []byte, id int32) {
	if k := keyOf(word); !k.isLong() {
		*t.find(k) = entry{k, id}
	}
}

// ID finds the id of a word, which is not empty; a long one is not found.
func (t *Table) ID(word []byte) (int32, bool) {
	if !isShort(word) {
		return 0, false
	}
	e := t.find(shortKey(word))
	return e.id, e.key != key{}
}

// find returns the entry of a key, or the free one where it belongs.
func (t *Table) find(k key) *entry {
	mask := uint64(len(t.entries) - 1)
	for i := k.hash() >> t.shift; ; i = (i + 1) & mask {
		if e := &t.entries[i&mask]; e.key == k || e.key == (key{}) {
			return e
		}
	}
}
