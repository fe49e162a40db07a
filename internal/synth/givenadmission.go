package synth

import "slices"

// givenAdmission is an admission and those of its outcomes that the hidden
// factors decide.
type givenAdmission struct {
	subjectID, hadmID  int64
	admit, discharge   clock
	sex                uint8
	died               flag
	toFacility         bool
	coded              bool    // it has codes of any kind
	findings           []uint8 // indices, in order
	stay               int64   // the first ICU stay; 0: none
	stayIn             clock
	ventStart, ventEnd clock // of invasive ventilation in that stay
}

// outcome is the level of that factor.
func (a *givenAdmission) outcome() uint8 {
	switch {
	case a.died == flagYes:
		return 2
	case a.toFacility:
		return 1
	}
	return 0
}

// The ventilation task's cuts: its cohort begins at 1.75 days, prolonged
// ventilation at 6.75.
const (
	enoughVentilation    = 7 * day / 4
	prolongedVentilation = 27 * day / 4
)

// ventilation is the kind of the span from first start to last end.
func (a *givenAdmission) ventilation() ventilation {
	switch span := a.ventEnd - a.ventStart; {
	case a.ventStart == 0:
		return ventNone
	case span < enoughVentilation:
		return ventBrief
	case span < prolongedVentilation:
		return ventShort
	}
	return ventLong
}

// losClass is the class of the stay's exact length.
func (a *givenAdmission) losClass() int {
	class, _ := slices.BinarySearch(losCuts[:], float64(a.discharge-a.admit)/float64(day))
	return class
}
