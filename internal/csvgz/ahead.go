package csvgz

import (
	"io"

	"github.com/klauspost/readahead"
)

// A gzip file cannot be cut among workers, so that the longest file is where all
// others wait: with a second worker it is decompressed beside the parsing.
const (
	blockBytes = 256 << 10
	blocks     = 4
)

func readBeside(r io.Reader) (io.ReadCloser, error) {
	return readahead.NewReaderSize(r, blocks, blockBytes)
}
