package dataset

import (
	"cmp"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset/extsort"
)

// TableQuarantine has the bad records that any stage left out.
const TableQuarantine = "quarantine"

func init() { RegisterTable[Reject](TableQuarantine, 1) }

// Reject is a bad record's place, reason and hash: never its text.
type Reject struct {
	File   string `parquet:"file"`         // its name, as in the manifest's sources
	Row    int64  `parquet:"row"`          // in the file; the first after the header is 1
	Offset int64  `parquet:"byte_offset"`  // of its first byte, in the file unpacked
	Reason string `parquet:"reason"`       // a word such as missing_hadm_id
	SHA256 string `parquet:"sha256,plain"` // of its bytes, in hexadecimal
}

// CompareRejects orders bad records by byte offset, then file, then row.
func CompareRejects(a, b Reject) int {
	return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row))
}

// Reject puts a bad record into the table "quarantine" and counts it as
// "quarantined" and "quarantined.<reason>".
func (p *PartWriter) Reject(r Reject) error {
	rows, err := Rows[Reject](p, TableQuarantine)
	if err != nil {
		return err
	}
	p.Count("quarantined", 1)
	p.Count("quarantined."+r.Reason, 1)
	return rows.Write(r)
}

// SpillInto puts a bad record into the table "quarantine" of a spill and counts it as
// "quarantined" and "quarantined.<reason>". It has no patient: its part follows from
// its place.
func (r Reject) SpillInto(s *extsort.Spill) error {
	s.Count("quarantined", 1)
	s.Count("quarantined."+r.Reason, 1)
	place := "reject:" + r.File + ":" + strconv.FormatInt(r.Row, 10)
	part := int(xxhash.Sum64String(place) % uint64(s.Parts()))
	return extsort.Add(s, TableQuarantine, part, r, CompareRejects)
}
