package csvgz

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDecompressingBesideChangesNothing: the same rows and the same errors, whole or
// cut, at lengths about that of a block.
func TestDecompressingBesideChangesNothing(t *testing.T) {
	for _, length := range []int{0, 10, blockBytes - 4, blockBytes, 3*blocks*blockBytes + 1} {
		var text strings.Builder
		text.WriteString("a,b\n")
		for n := 0; text.Len() < length; n++ {
			fmt.Fprintf(&text, "%d,\"%s %d\r\n\"\n", n, canary, n*n*7919)
		}
		whole := zip(t, text.String())
		for _, cut := range []int{0, 1, 9, len(whole) / 2} {
			data := whole[:max(0, len(whole)-cut)]
			rows, err := readWith(1, bytes.NewReader(data), "t.csv.gz")
			again, errAgain := readWith(2, bytes.NewReader(data), "t.csv.gz")
			if diff := cmp.Diff(rows, again); diff != "" || fmt.Sprint(err) != fmt.Sprint(errAgain) {
				t.Errorf("%d bytes, %d cut: %v, beside %v; %s", length, cut, err, errAgain, diff)
			}
		}
	}
}

// reads counts those of the file beneath.
type reads struct {
	*bytes.Reader
	n int
}

func (r *reads) Read(p []byte) (int, error) {
	r.n++
	return r.Reader.Read(p)
}

// TestAReaderMayBeClosedEarly: after Close nothing reads the file, which the caller
// may close.
func TestAReaderMayBeClosedEarly(t *testing.T) {
	file := &reads{Reader: bytes.NewReader(zip(t, "a,b\n"+strings.Repeat("1,2\n", 2*blocks*blockBytes)))}
	c, err := NewReader(file, "t.csv.gz", 2)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	before := file.n
	time.Sleep(50 * time.Millisecond)
	if file.Len() == 0 || file.n != before {
		t.Errorf("%d reads at Close, %d after it, %d bytes left", before, file.n, file.Len())
	}
	c.Close()
}
