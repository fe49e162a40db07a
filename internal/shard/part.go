package shard

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// PartOf is the part that holds all rows of a patient:
// xxhash64("part:" + decimal subject_id) mod parts.
func PartOf(subjectID int64, parts int) int {
	return int(xxhash.Sum64String("part:"+strconv.FormatInt(subjectID, 10)) % uint64(parts))
}

// SplitOf assigns a patient to "train" (70 %), "val" (10 %) or "test" (20 %) by
// xxhash64("split:" + seed + ":" + decimal subject_id). The salt differs from
// PartOf's: equal hashes taken by two moduli are correlated, and parts would
// then hold unequal shares of the splits.
func SplitOf(subjectID int64, seed int64) string {
	salted := "split:" + strconv.FormatInt(seed, 10) + ":" + strconv.FormatInt(subjectID, 10)
	switch bucket := xxhash.Sum64String(salted) % 10; {
	case bucket < 7:
		return "train"
	case bucket < 8:
		return "val"
	default:
		return "test"
	}
}
