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

// A table gives the words that were added, and no other; a long one it does not hold.
func TestTable(t *testing.T) {
	words := []string{"p", "pain", "pains", "exactly8", "fifteen letters", "\x00", "\x00\x00", "sixteen letters."}
	table := NewTable(len(words))
	for id, word := range words {
		table.Add([]byte(word), int32(id))
	}
	text := slices.Concat([]byte("pain"), make([]byte, 32))
	for id, word := range append(words, "pai", "exactly", "\x00\x00\x00") {
		copy(text, word)
		got, found := table.ID(text[:len(word)])
		if want := id < len(words)-1; found != want || found && got != int32(id) {
			t.Errorf("%q: %d, %v", word, got, found)
		}
	}
}
