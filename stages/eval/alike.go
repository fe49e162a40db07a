package eval

import (
	"github.com/clinflow/clinflow/stages"
)

// Measured says what a stage measures.
type Measured struct{ Split, Recipe string }

// Measuring is implemented by a stage that says before it runs what it measures.
type Measuring interface{ Measured() Measured }

// Measured implements Measuring.
func (s aurocStage) Measured() Measured { return Measured{s.config.Split, s.config.Recipe} }

// CheckAlike finds ports whose steps measure another split than that of the metrics, or by
// another recipe: they would be told side by side as if they were of the same.
func CheckAlike(in stages.Givers, metrics string, ports ...string) (faults []stages.Fault) {
	want, ok := measuredBy(in.One(metrics))
	for _, port := range ports {
		got, also := measuredBy(in.One(port))
		if !ok || !also {
			continue
		}
		if got.Split != want.Split {
			faults = append(faults, stages.Faultf("in."+port, "%s measures the split %s, the port %s is of %s; give both steps the same split", in.One(port).Step, got.Split, metrics, want.Split)...)
		}
		if got.Recipe != want.Recipe {
			faults = append(faults, stages.Faultf("in."+port, "%s measures by the recipe %s, the port %s by %s; give both steps the same recipe", in.One(port).Step, got.Recipe, metrics, want.Recipe)...)
		}
	}
	return faults
}

func measuredBy(from *stages.Giver) (m Measured, ok bool) {
	if from == nil {
		return m, false
	}
	of, ok := from.Built.(Measuring)
	if ok {
		m = of.Measured()
	}
	return m, ok
}
