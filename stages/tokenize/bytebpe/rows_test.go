package bytebpe

import (
	"testing"

	"pgregory.net/rapid"
)

// Rows say of each byte what it is, and are the same for a whole vector.
func TestRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var together, each rows
		text := [rowBytes]byte(rapid.SliceOfN(rapid.Byte(), rowBytes, rowBytes).Draw(t, "text"))
		together.take(&text)
		if each.takeEach(&text); together != each {
			t.Fatalf("%q: %x, want %x", text, together, each)
		}
		for i, b := range text {
			for row := range each {
				if got := each[row]>>i&1 == 1; got != (rowOf[b] == row) {
					t.Fatalf("%q is of row %d: %v", b, row, got)
				}
			}
		}
	})
}
