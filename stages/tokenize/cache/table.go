package cache

import "math/bits"

// Table are words that are one id each, known beforehand: the pieces of a vocabulary. It
// may be shared once it is made.
type Table struct {
	entries []entry
	shift   int // of a hash: its upper bits choose the entry
	long    map[string]int32
}

type entry struct {
	key Key
	id  int32
}

// NewTable returns an empty Table for so many words; it is at most half full.
func NewTable(words int) *Table {
	size := bits.Len(uint(2*words + 1))
	return &Table{make([]entry, 1<<size), 64 - size, map[string]int32{}}
}

// Add takes a word.
func (t *Table) Add(word []byte, id int32) {
	if k := keyOf(word); k.isLong() {
		t.long[string(word)] = id
	} else {
		*t.find(k) = entry{k, id}
	}
}

// ID finds the id of a word.
func (t *Table) ID(word []byte) (int32, bool) {
	if !isShort(word) {
		return t.rareID(word)
	}
	e := t.find(shortKey(word))
	return e.id, e.key != Key{}
}

// AppendIDs appends the ids of words that stand together: the first begins there in
// text, and they end where bits of ends are set. It returns where the first begins that
// is not in the table, and the ends from its own on. Behind the last there are at least
// ShortBytes more bytes of text.
func (t *Table) AppendIDs(dst []int32, text []byte, from int, ends uint64) (_ []int32, begin int, left uint64) {
	for ; ends != 0; ends &= ends - 1 {
		end := bits.TrailingZeros64(ends)
		if end-from > ShortBytes {
			id, found := t.long[string(text[from:end])]
			if !found {
				break
			}
			dst, from = append(dst, id), end
			continue
		}
		e := t.find(KeyOf((*[KeyBytes]byte)(text[from:]), end-from))
		if e.key == (Key{}) {
			break
		}
		dst, from = append(dst, e.id), end
	}
	return dst, from, ends
}

// rareID is ID of a word that is long, or at the very end of its array.
func (t *Table) rareID(word []byte) (int32, bool) {
	k := keyOf(word)
	if k.isLong() {
		id, found := t.long[string(word)]
		return id, found
	}
	e := t.find(k)
	return e.id, e.key != Key{}
}

// find returns the entry of a key, or the free one where it belongs.
func (t *Table) find(k Key) *entry {
	mask := uint64(len(t.entries) - 1)
	for i := k.Hash() >> (t.shift & 63); ; i++ {
		if e := &t.entries[i&mask]; e.key == k || e.key == (Key{}) {
			return e
		}
	}
}
