package parquet

import (
	"sync"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// codec compresses pages. It is the Parquet library's own but for what costs time: a
// checksum in each page, beside the sha256 that the manifest has of the file, an encoder
// that is made for streams too, and room for a page that cannot be compressed.
type codec struct{ compress.ErrorCodec }

func init() {
	own, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		panic(err)
	}
	compress.RegisterCodec(compress.Codecs.Zstd, codec{own.(compress.ErrorCodec)})
}

// encoder has the memory of the page that it compressed last.
type encoder struct {
	zstd *zstd.Encoder
	page []byte
}

var encoders = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	if err != nil {
		panic(err)
	}
	return &encoder{zstd: e}
}}

// EncodeLevel knows one level, that of properties.
func (codec) EncodeLevel(dst, src []byte, _ int) []byte {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.page = e.zstd.EncodeAll(src, e.page[:0])
	return append(dst[:0], e.page...)
}

// CompressBound asks for no room ahead: a page becomes a fifth as long, and EncodeLevel
// makes as much room as it needs.
func (codec) CompressBound(int64) int64 { return 0 }
