package csvgz

import (
	"io"
	"sync/atomic"

	"github.com/klauspost/readahead"
)

// A gzip file cannot be cut among workers, so that the longest file is where all
// others wait: with a second worker it is decompressed beside the parsing.
var beside atomic.Bool

// SetWorkers says how many workers the process has. Readers begun with two or more
// decompress ahead in a goroutine of their own.
func SetWorkers(n int) { beside.Store(n > 1) }

const (
	blockBytes = 256 << 10
	blocks     = 4
)

func readBeside(r io.Reader) (io.ReadCloser, error) {
	return readahead.NewReaderSize(r, blocks, blockBytes)
}
