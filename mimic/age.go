package mimic

import (
	"time"

	"github.com/clinflow/clinflow/dataset"
)

// Ages of the oldest are not told. MIMIC-III moves their birth by 300 years, and
// mimic-code's icustay_detail gives them 91.4 years, the median that the documentation
// names; MIMIC-IV gives an anchor_age of 91.
const (
	oldest       = 90 // years; from here on an age is one of these
	medianOldest = 91.4
	anchorOldest = 91
)

// year is a year of mimic-code's icustay_detail, 365.242 days.
const year = 365.242 * 24 * 60 * 60 * 1e6

// Age is a patient's age at a time in years: of MIMIC-III by the date of birth, of
// MIMIC-IV by the anchor, in whole years. ok is false where neither is known.
func (r Patient) Age(at dataset.Time) (years float64, ok bool) {
	switch {
	case at == 0:
		return 0, false
	case r.Dob != 0:
		if years = float64(at-r.Dob) / year; years >= oldest {
			years = medianOldest
		}
		return years, true
	case r.AnchorYear != 0:
		if years = float64(int(r.AnchorAge) + time.UnixMicro(int64(at)).UTC().Year() - int(r.AnchorYear)); years >= oldest {
			years = anchorOldest
		}
		return years, true
	}
	return 0, false
}
