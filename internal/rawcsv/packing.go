package rawcsv

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// packing is a way that a file is compressed in.
type packing struct {
	name string                 // as errors have it
	end  string                 // of the names of such files
	of   func(head []byte) bool // whether a file is one, by how it begins
	open func(in *bufio.Reader, place string, workers int) (io.ReadCloser, error)
}

// packings are those that are read: a file that is of two is of the first.
var packings = []packing{
	{"gzip", ".bgz", isBGZF, openBGZF},
	{"gzip", ".gz", isGzip, openGzip},
	{"zstd", ".zst", isZstd, openZstd},
}

// packedAs is how a file is packed by its name, nil where it is not. Its bytes may tell
// of another packing.
func packedAs(name string) *packing {
	for i := range packings {
		if strings.HasSuffix(name, packings[i].end) {
			return &packings[i]
		}
	}
	return nil
}

// packingOf is how a file is packed by its bytes, nil where it is not.
func packingOf(head []byte) *packing {
	for i := range packings {
		if packings[i].of(head) {
			return &packings[i]
		}
	}
	return nil
}

// isGzip says whether a file begins as gzip does, though what follows may be damaged.
func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte("\x1f\x8b")) }

func openGzip(in *bufio.Reader, _ string, _ int) (io.ReadCloser, error) { return gzip.NewReader(in) }
