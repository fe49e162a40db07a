package eval

import (
	"math"

	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/internal/auroc/inference"
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
func (r *result) bound(c *columns, draws *resampling) error {
	r.Replicates, r.Effective = draws.replicates(), c.effective()
	if draws.Replicates == 0 || r.Score.AUROC == nil {
		return nil
	}
	r.Score.Interval = intervalOf(*r.Score.AUROC, r.Replicates, r.Effective)
	if c.classes > 2 || c.multiLabel {
		return nil
	}
	d, ok, err := inference.DeLongOf([][]float64{c.logits.Binary()}, auroc.Having(c.labels, 1))
	if ok {
		i := Interval(d.Interval(0))
		r.Score.DeLong = &i
	}
	return err
}

// intervalOf is nil where the examples give none.
func intervalOf(value float64, of replicates, effective int) *Interval {
	i, ok := inference.OfAUROC(value, of, effective)
	if !ok {
		return nil
	}
	return &Interval{i.Low, i.High}
}

// round leaves two digits, which tell no small number of examples.
func (i *Interval) round() {
	if i != nil {
		i.Low, i.High = twoDigits(i.Low), twoDigits(i.High)
	}
}

func twoDigits(x float64) float64 { return math.Round(100*x) / 100 }

// boundMacro gives a variant's mean AUROC its interval: replicate by replicate, the mean
// over the tasks on the same draw of patients.
func (s *Scores) boundMacro(results map[string]result) {
	var all []replicates
	effective, small := math.MaxInt, false
	for _, name := range s.Averaged() {
		r := results[name]
		if len(r.Replicates) == 0 {
			return
		}
		all = append(all, r.Replicates)
		effective, small = min(effective, r.Effective), small || r.Score.SmallCells
	}
	if len(all) == 0 {
		return
	}
	if s.MacroInterval = intervalOf(*s.MacroAUROC, meanOf(all), effective); small {
		s.MacroInterval.round()
	}
}
