package measures

// Outcomes count what was said of an event and what happened.
type Outcomes struct{ TP, FP, FN, TN int }

// Add adds an example.
func (o *Outcomes) Add(said, happened bool) {
	switch {
	case said && happened:
		o.TP++
	case said:
		o.FP++
	case happened:
		o.FN++
	default:
		o.TN++
	}
}

// Merge adds what others are.
func (o *Outcomes) Merge(other Outcomes) {
	o.TP += other.TP
	o.FP += other.FP
	o.FN += other.FN
	o.TN += other.TN
}

// F1 is 2TP/(2TP+FP+FN), the harmonic mean of precision and sensitivity; 0 where
// nothing was said and nothing happened, as the next ones where they divide by none.
func (o Outcomes) F1() float64 { return share(2*o.TP, o.FP+o.FN) }

// Precision is the share of events among what was said to be one.
func (o Outcomes) Precision() float64 { return share(o.TP, o.FP) }

// Sensitivity is the share of events that were said to be one: recall.
func (o Outcomes) Sensitivity() float64 { return share(o.TP, o.FN) }

// Specificity is the share of what is no event that was said to be none.
func (o Outcomes) Specificity() float64 { return share(o.TN, o.FP) }

// Both says whether there are events and what is none.
func (o Outcomes) Both() bool { return o.TP+o.FN > 0 && o.FP+o.TN > 0 }

// Not are the outcomes of the event's not happening.
func (o Outcomes) Not() Outcomes { return Outcomes{TP: o.TN, FP: o.FN, FN: o.FP, TN: o.TP} }

func share(part, rest int) float64 {
	if part == 0 {
		return 0
	}
	return float64(part) / float64(part+rest)
}
