// Package split says which patients are trained on, validated on and tested on.
package split

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// Of assigns a patient to "train" (70 %), "val" (10 %) or "test" (20 %) by
// xxhash64("split:" + seed + ":" + decimal subject_id). The salt differs from
// mimic.PartOf's: equal hashes taken by two moduli are correlated, and parts would
// then hold unequal shares of the splits.
func Of(subjectID int64, seed int64) string {
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
