package cache

import (
	"fmt"
	"slices"
	"testing"
)

// ids are those of a segment, as many as its length tells.
func ids(segment string) []int32 {
	ids := make([]int32, len(segment)%5)
	for i := range ids {
		ids[i] = int32(segment[i]) + int32(len(segment))
	}
	return ids
}

// Whatever came before, and however often it was emptied, a cache gives a segment the
// ids that it was given.
func TestIDsAreThoseThatWerePut(t *testing.T) {
	c := New()
	for i := range 3 * Fill {
		segment := fmt.Sprintf("%x", i%(Fill+Fill/2)*2654435761)
		slot := c.Find([]byte(segment))
		got, found := c.At(slot)
		if !found {
			c.Put(slot, []byte(segment), ids(segment))
			got, found = c.At(c.Find([]byte(segment)))
		}
		if !found || !slices.Equal(got, ids(segment)) {
			t.Fatalf("%q: %v, %v", segment, got, found)
		}
	}
	if c.used > Fill {
		t.Errorf("%d segments of at most %d", c.used, Fill)
	}
}

func TestWhatIsPutIsFound(t *testing.T) {
	c := New()
	for _, segment := range []string{"pain", "pains", "pai", "chest"} {
		c.Put(c.Find([]byte(segment)), []byte(segment), ids(segment))
	}
	for _, test := range []struct {
		segment string
		known   bool
	}{{"pain", true}, {"chest", true}, {"pa", false}, {"chestpain", false}} {
		if _, known := c.At(c.Find([]byte(test.segment))); known != test.known {
			t.Errorf("%q: known %v", test.segment, known)
		}
	}
	c.Put(c.Find([]byte("long")), []byte("long"), make([]int32, 256))
	if _, known := c.At(c.Find([]byte("long"))); known {
		t.Error("256 ids were kept in a slot that counts to 255")
	}
}

// A table gives the words that were added, and no other.
func TestTable(t *testing.T) {
	words := []string{"p", "pain", "pains", "exactly8", "fifteen letters", "\x00", "\x00\x00", "sixteen letters.", "more than sixteen letters"}
	table := NewTable(len(words))
	for id, word := range words {
		table.Add([]byte(word), int32(id))
	}
	text := slices.Concat([]byte("pain"), make([]byte, 32))
	for id, word := range append(words, "pai", "exactly", "\x00\x00\x00", "sixteen letters,") {
		copy(text, word)
		for _, at := range [][]byte{text[:len(word)], text[:len(word):len(word)]} {
			got, found := table.ID(at)
			if want := id < len(words); found != want || found && got != int32(id) {
				t.Errorf("%q: %d, %v", word, got, found)
			}
		}
	}
}

// The words of a text are found up to the first that a table does not have, from there
// on as from the text's begin.
func TestAppendIDs(t *testing.T) {
	table := NewTable(3)
	for id, word := range []string{"pain", " in", " the sigmoidoscopy"} {
		table.Add([]byte(word), int32(id))
	}
	text := append([]byte("pain in the in the sigmoidoscopypain"), make([]byte, ShortBytes)...)
	ends := uint64(1<<4 | 1<<7 | 1<<11 | 1<<14 | 1<<32 | 1<<36)
	ids, begin, left := table.AppendIDs([]int32{7}, text, 0, ends)
	if !slices.Equal(ids, []int32{7, 0, 1}) || begin != 7 || left != ends&^(1<<4|1<<7) {
		t.Errorf("%d up to %d, left %b", ids, begin, left)
	}
	ids, begin, left = table.AppendIDs(ids, text, 11, left&^(1<<11))
	if !slices.Equal(ids, []int32{7, 0, 1, 1, 2, 0}) || begin != 36 || left != 0 {
		t.Errorf("%d up to %d, left %b", ids, begin, left)
	}
}
