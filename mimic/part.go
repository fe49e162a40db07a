package mimic

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// PartOf is the part that holds all rows of a patient:
// xxhash64("part:" + decimal subject_id) mod parts.
func PartOf(subjectID int64, parts int) int {
	return int(xxhash.Sum64String("part:"+strconv.FormatInt(subjectID, 10)) % uint64(parts))
}
