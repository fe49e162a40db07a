package sentencepiece

import (
	"math/bits"
	"strings"
)

// lookup finds pieces by their text, as it stands in the text that is merged: in a plain
// model (see Model.plain) with a blank for U+2581. It is asked for every pair of
// neighbours of every new word.
type lookup struct {
	entries []entry
	shift   int               // of a hash: its upper bits choose the entry
	long    map[string]*entry // pieces that are no key
}

// entry is a piece.
type entry struct {
	key   key
	id    int32
	order uint32 // of merges: that of the highest score is the least
}

func newLookup(ids map[string]int32, pieces []Piece, plain bool) *lookup {
	size := bits.Len(uint(2*len(ids) + 1)) // at most half full
	l := &lookup{make([]entry, 1<<size), 64 - size, map[string]*entry{}}
	var padded [keyBytes]byte
	for text, id := range ids {
		if plain {
			if strings.Contains(text, " ") {
				continue // no normalised text holds a blank
			}
			text = strings.ReplaceAll(text, space, " ")
		}
		e := entry{id: id, order: orderOf(pieces[id].Score)}
		if len(text) > shortBytes {
			l.long[text] = &e
			continue
		}
		copy(padded[:], text)
		e.key = keyOf(padded[:], len(text))
		*l.slot(e.key) = e
	}
	return l
}

// find returns the piece of the first size bytes of text, which has keyBytes more, nil
// where there is none.
func (l *lookup) find(text []byte, size int) *entry {
	if size > shortBytes {
		return l.long[string(text[:size])]
	}
	if e := l.slot(keyOf(text, size)); e.key != (key{}) {
		return e
	}
	return nil
}

// slot is where a key is, or the free slot where it belongs.
func (l *lookup) slot(k key) *entry {
	mask := uint64(len(l.entries) - 1)
	for i := k.hash() >> l.shift; ; i = (i + 1) & mask {
		if e := &l.entries[i&mask]; e.key.is(k) || e.key == (key{}) {
			return e
		}
	}
}
