//go:build slow

package cli

import (
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

const dischargeGzip = "tree/note/discharge.csv.gz"

// Wherever the copy of a gzip file ended, what is left is refused: at every
// kilobyte, and inside the checksum that ends it.
func TestSlowTruncatedGzip(t *testing.T) {
	dir := soundTree(t)
	path := filepath.Join(dir, dischargeGzip)
	whole := read(t, path)
	var cuts []int
	for cut := 0; cut < len(whole); cut += 1 << 10 {
		cuts = append(cuts, cut)
	}
	for left := 1; left <= 8; left++ {
		cuts = append(cuts, len(whole)-left)
	}
	for _, cut := range cuts {
		write(t, path, whole[:cut])
		says := "the file is truncated, copy it again"
		if cut == 0 {
			says = "the file is empty; restore it"
		}
		fails(t, dir, 3, "note/discharge.csv.gz", says)
	}
	t.Logf("truncated at %d places: %d refused", len(cuts), len(cuts))
}

// A plain file has no checksum. It is refused wherever the cut can be seen: not
// where a record ends.
func TestSlowTruncatedCSV(t *testing.T) {
	dir := soundTree(t)
	packed := filepath.Join(dir, dischargeGzip)
	plain, whole := strings.TrimSuffix(packed, ".gz"), unzipped(t, packed)
	remove(t, packed)
	cuts, ends := 0, recordEnds(t, whole)
	for cut := 0; cut < len(whole); cut += 1 << 10 {
		write(t, plain, whole[:cut])
		fails(t, dir, 3, cutSays(whole[:cut])...)
		cuts++
	}
	for _, end := range ends {
		write(t, plain, whole[:end])
		succeeds(t, dir)
	}
	t.Logf("cut at %d places inside a record: all refused; at %d ends of a record: all taken", cuts, len(ends))
}

// cutSays is what is said of a file that ends inside a record: of one without its
// note's end, and of one without all of its columns.
func cutSays(text string) []string {
	switch {
	case text == "":
		return []string{"note/discharge.csv", "the file is empty"}
	case strings.Count(text, "\"")%2 == 1:
		return []string{"note/discharge.csv", "row ", "byte ", "a quote is not closed"}
	default:
		return []string{"1 of ", "records are bad", "field_count 1", "max_bad_fraction"}
	}
}

// TestSlowFlippedBytesOfGzip flips a byte at a time: of the header, and at seeded
// places behind it. Where nothing is said, the rows must be the same.
func TestSlowFlippedBytesOfGzip(t *testing.T) {
	dir := soundTree(t)
	path := filepath.Join(dir, dischargeGzip)
	whole, want := read(t, path), rowsBelow(t, succeeds(t, dir))
	const header, seeded = 10, 60
	random := rand.New(rand.NewPCG(4, 2))
	refused, same := 0, 0
	for i := range header + seeded {
		at, flip := i, byte(1+random.IntN(255))
		if i >= header {
			at = header + random.IntN(len(whole)-header)
		}
		damaged := []byte(whole)
		damaged[at] ^= flip
		write(t, path, string(damaged))
		out := t.TempDir()
		r := finish(t, command(t, dir, "run", "faults.yaml", "--quiet", "--out", out))
		switch r.code {
		case 3:
			oneError(t, r, "note/discharge.csv.gz")
			noDataset(t, out)
			refused++
		case 0:
			sameRows(t, "flipped byte", want, rowsBelow(t, out))
			same++
		default:
			t.Errorf("byte %d ^ %#x: exit code %d\n%s", at, flip, r.code, withheld(r.all()))
		}
	}
	t.Logf("%d bytes flipped: %d refused, %d gave the same rows", header+seeded, refused, same)
}

// recordEnds are the offsets at which the records of a CSV file end, the header's
// first.
func recordEnds(t *testing.T, text string) (ends []int) {
	t.Helper()
	records := csv.NewReader(strings.NewReader(text))
	for {
		_, err := records.Read()
		if errors.Is(err, io.EOF) {
			return ends
		}
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int(records.InputOffset()))
	}
}
