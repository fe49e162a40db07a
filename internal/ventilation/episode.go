package ventilation

import (
	"cmp"
	"iter"

	"github.com/clinflow/clinflow/dataset"
)

// Episode is a time of one kind of ventilation in an ICU stay.
type Episode struct {
	StayID     int64
	Start, End dataset.Time
	Status     Status
}

// Status is a kind of ventilation, in the words of mimic-code.
type Status string

// The statuses. Episodes of MIMIC-III are all Ventilated: its rules do not tell invasive
// from other ventilation. Those of MIMIC-IV are of the other ones.
const (
	Ventilated         Status = "Ventilated"
	Tracheostomy       Status = "Tracheostomy"
	InvasiveVent       Status = "InvasiveVent"
	NonInvasiveVent    Status = "NonInvasiveVent"
	HFNC               Status = "HFNC" // high flow nasal cannula
	SupplementalOxygen Status = "SupplementalOxygen"
	NoOxygen           Status = "None"
)

// moment is a time in an ICU stay.
type moment struct {
	stay int64
	at   dataset.Time
}

func (m moment) compare(other moment) int {
	return cmp.Or(cmp.Compare(m.stay, other.stay), cmp.Compare(m.at, other.at))
}

// runs cuts rows where two that follow each other are not the same.
func runs[R any](rows []R, same func(a, b R) bool) iter.Seq[[]R] {
	return func(yield func([]R) bool) {
		begin := 0
		for i := range rows {
			if i+1 < len(rows) && same(rows[i], rows[i+1]) {
				continue
			}
			if !yield(rows[begin : i+1]) {
				return
			}
			begin = i + 1
		}
	}
}
