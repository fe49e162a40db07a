package sentencepiece

import "github.com/clinflow/clinflow/stages/tokenize/cache"

// shortWords remembers the ids of short segments, words of notes mostly: an
// open-addressing hash table, in front of the cache for longer ones. It is emptied when
// it is full; ids never depend on it. It belongs to one goroutine.
type shortWords struct {
	slots [1 << wordBits]shortWord
	used  int
	more  []int32 // ids of words that have many
}

// shortWord fills half a line of the processor's cache.
type shortWord struct {
	key   cache.Key
	ids   [wordIDs]int32
	count int32 // where it is more than wordIDs, ids[0] is where they begin in more
}

const (
	wordBits = 16
	wordFill = 1 << wordBits / 2
	wordIDs  = 3
)

// at is the slot where the search for a key begins, mostly the key's.
func (w *shortWords) at(k cache.Key) *shortWord { return &w.slots[k.Hash()>>(64-wordBits)] }

// find returns the slot of a key, or the free one where it belongs.
func (w *shortWords) find(k cache.Key) *shortWord {
	for i := k.Hash() >> (64 - wordBits); ; i = (i + 1) % (1 << wordBits) {
		if s := &w.slots[i]; s.key.Is(k) || s.key == (cache.Key{}) {
			return s
		}
	}
}

// idsOf are the ids of a slot that is not free.
func (w *shortWords) idsOf(s *shortWord) []int32 {
	if s.count <= wordIDs {
		return s.ids[:s.count]
	}
	return w.more[s.ids[0]:][:s.count]
}

// put fills the free slot of a key.
func (w *shortWords) put(s *shortWord, k cache.Key, ids []int32) {
	if w.used == wordFill {
		clear(w.slots[:])
		w.used, w.more = 0, w.more[:0]
		s = w.find(k)
	}
	w.used++
	s.key, s.count = k, int32(len(ids))
	if copy(s.ids[:], ids) < len(ids) {
		s.ids[0] = int32(len(w.more))
		w.more = append(w.more, ids...)
	}
}
