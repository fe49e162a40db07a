package csvgz

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDecompressingBesideChangesNothing: the same rows and the same errors, whole or
// cut, at lengths about that of a block.
func TestDecompressingBesideChangesNothing(t *testing.T) {
	defer SetWorkers(1)
	for _, length := range []int{0, 10, blockBytes - 4, blockBytes, 3*blocks*blockBytes + 1} {
		var text strings.Builder
		text.WriteString("a,b\n")
		for n := 0; text.Len() < length; n++ {
			fmt.Fprintf(&text, "%d,\"%s %d\r\n\"\n", n, canary, n*n*7919)
		}
		whole := zip(t, text.String())
		for _, cut := range []int{0, 1, 9, len(whole) / 2} {
			data := whole[:max(0, len(whole)-cut)]
			SetWorkers(1)
			rows, err := readAll(bytes.NewReader(data), "t.csv.gz")
			SetWorkers(2)
			again, errAgain := readAll(bytes.NewReader(data), "t.csv.gz")
			if diff := cmp.Diff(rows, again); diff != "" || fmt.Sprint(err) != fmt.Sprint(errAgain) {
				t.Errorf("%d bytes, %d cut: %v, beside %v; %s", length, cut, err, errAgain, diff)
			}
		}
	}
}

// TestAReaderMayBeClosedEarly: what decompresses beside it ends, or this test does not.
func TestAReaderMayBeClosedEarly(t *testing.T) {
	defer SetWorkers(1)
	SetWorkers(2)
	data := zip(t, "a,b\n"+strings.Repeat("1,2\n", 2*blocks*blockBytes))
	c, err := NewReader(bytes.NewReader(data), "t.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	a := c.source.away
	c.Close()
	for range a.full { // closed when the goroutine ends
	}
	c.Close()
}
