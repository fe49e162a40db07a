package dataset

import (
	"cmp"

	"github.com/clinflow/clinflow/dataset/parquet"
)

// Time is microseconds since 1970-01-01 as the source wrote the clock: MIMIC's
// shifted times carry no zone, and none is added. Zero means absent.
type Time = parquet.Time

// TableQuarantine has the bad records that any stage left out.
const TableQuarantine = "quarantine"

func init() { RegisterTable[Reject](TableQuarantine, 1) }

// Reject is a bad record's place, reason and hash: never its text.
type Reject struct {
	File   string `parquet:"file"`
	Row    int64  `parquet:"row"`
	Offset int64  `parquet:"byte_offset"`
	Reason string `parquet:"reason"`
	SHA256 string `parquet:"sha256,plain"`
}

// CompareRejects orders bad records by file and place.
func CompareRejects(a, b Reject) int {
	return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row))
}
