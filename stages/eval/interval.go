package eval

import (
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
	"github.com/clinflow/clinflow/stages/eval/predictions"
)

// Interval bounds what is measured on some patients as it would be on all like them.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// IntervalSettings say how intervals were made: by so many bootstrap replicates over
// patients, whose draws follow from the seed.
type IntervalSettings struct {
	Level      float64 `json:"level"` // the share of studies whose interval holds the truth
	Replicates int     `json:"replicates"`
	Seed       int64   `json:"seed"`
}

// bound gives the AUROC its intervals, and keeps what those of means are made of.
func (r *Result) bound(c *predictions.Columns, draws *Resampling) error {
	r.Replicates, r.Effective = draws.Drawn(), c.Effective()
	if draws.Replicates == 0 || r.Score.AUROC == nil {
		return nil
	}
	r.Bounded, r.Score.Interval = true, IntervalOf(*r.Score.AUROC, r.Replicates, r.Effective)
	if c.Classes > 2 || c.MultiLabel {
		return nil
	}
	d, ok, err := inference.DeLongOf([][]float64{c.Logits.Binary()}, auroc.Having(c.Labels, 1))
	if ok {
		i := Interval(d.Interval(0))
		r.Score.DeLong = &i
	}
	return err
}

// IntervalOf is nil where the examples give none.
func IntervalOf(value float64, of Drawn, effective int) *Interval {
	i, ok := inference.OfAUROC(value, of, effective)
	if !ok {
		return nil
	}
	return (*Interval)(&i)
}

// Round leaves so many digits.
func (i *Interval) Round(digits func(float64) float64) {
	if i != nil {
		i.Low, i.High = digits(i.Low), digits(i.High)
	}
}

// Hide is what is told of the interval of an AUROC: so many digits
// where few examples are on a side, and digits is nil where not.
// Where bounds were asked for and there are none, they are all that an AUROC may be, for
// that there are none would tell of a single patient on a side; unless the AUROC, which is
// told, is 1 or 0, of which there never are.
func (i *Interval) Hide(auroc *float64, bounded bool, digits func(float64) float64) *Interval {
	if i == nil && bounded && (digits != nil || *auroc > 0 && *auroc < 1) {
		return &Interval{0, 1}
	}
	if digits != nil {
		i.Round(digits)
	}
	return i
}

// Coarse is what is told of an AUROC where few of n examples are on a side: two digits, or
// one where n is not above 100. The AUROC of one example against n−1 is one of n numbers at
// equal distances; where they lie farther apart than what is told, some would be ruled out,
// and with them that it is one.
func Coarse(n int) func(float64) float64 {
	if n <= 100 {
		return func(x float64) float64 { return math.Round(10*x) / 10 }
	}
	return func(x float64) float64 { return math.Round(100*x) / 100 }
}

// boundMacro gives a variant's mean AUROC its interval: replicate by replicate, the mean
// over the tasks on the same draw of patients.
func (s *Scores) boundMacro(results map[string]Result, hide bool) {
	var all []Drawn
	effective, least := math.MaxInt, math.MaxInt
	var digits func(float64) float64
	for _, name := range s.Averaged() {
		r := results[name]
		if len(r.Replicates) == 0 {
			return
		}
		all = append(all, r.Replicates)
		if effective = min(effective, r.Effective); r.Score.SmallCells {
			least = min(least, r.N)
			digits = Coarse(least)
		}
	}
	if len(all) == 0 {
		return
	}
	s.MacroInterval = IntervalOf(*s.MacroAUROC, MeanOf(all), effective)
	if hide {
		s.MacroInterval = s.MacroInterval.Hide(s.MacroAUROC, true, digits)
	}
}
