package synth

import (
	"math"
	"sync"
)

// Outlook is what the hidden factors say about an admission's outcomes: the
// probabilities the outcomes are drawn from, so no model can know more.
type Outlook struct {
	Mor float64    // death in hospital
	Pmv float64    // ventilation of 6.75 days or more, given at least 1.75 days
	Los [4]float64 // stay of ≤ 3, ≤ 7, ≤ 14, more days, given survival
}

// The weights below are chosen, not estimated: about one admission in four ends
// in death (in MIMIC-IV it is about one in fifty), and the best possible AUROC
// is near 0.88 for mortality. A test holds both.
var (
	morProblem = [...]float64{0.3, 0, 0.2, 0.6, -0.2, -0.7}
	morShock   = [...]float64{0, 1.6, 3.2}
	morOxygen  = [...]float64{0, 1.0, 2.4}
)

const (
	morBase       = -4.3
	morMental     = 2.2
	morFrail      = 1.4
	morFrailShock = 1.0 // more where a frail patient is in shock: the one interaction
)

// morChance is the probability of death in hospital.
func morChance(f *Factors) float64 {
	x := morBase + morProblem[f[problem]] + morShock[f[shock]] + morOxygen[f[oxygen]]
	x += morMental*float64(f[mental]) + morFrail*float64(f[frail])
	if f[shock] == 2 && f[frail] == 1 {
		x += morFrailShock
	}
	return logistic(x)
}

// ventilation is how an admission was ventilated.
type ventilation int

const (
	ventNone  ventilation = iota
	ventBrief             // below the 1.75 days that the PMV cohort asks for
	ventShort
	ventLong // from 6.75 days: prolonged
	ventKinds
)

// ventSpan is the range of days from first start to last end, drawn evenly.
var ventSpan = [ventKinds][2]float64{{0, 0}, {0.2, 1.7}, {1.8, 6.6}, {6.9, 18}}

var ventStart = [...]float64{0.04, 0.30, 0.92} // probability of ventilation by oxygen level

const ventBriefShare = 0.2

// ventChances are the probabilities of the kinds of ventilation.
func ventChances(f *Factors) [ventKinds]float64 {
	p := ventStart[f[oxygen]]
	long := pmvChance(f)
	enough := p * (1 - ventBriefShare)
	return [ventKinds]float64{1 - p, p * ventBriefShare, enough * (1 - long), enough * long}
}

var pmvProblem = [...]float64{0.5, -0.8, -0.3, 1.3, -0.6, -0.2}

// pmvChance is the probability that a ventilation of 1.75 days or more becomes
// prolonged.
func pmvChance(f *Factors) float64 {
	x := -2.3 + pmvProblem[f[problem]] + 2.9*float64(f[lung]) + 1.8*float64(f[mental]) + 1.2*float64(f[onset])
	return logistic(x)
}

// The days spent in hospital beside those on the ventilator are lognormal.
var losProblem = [...]float64{0.1, -0.35, -0.15, 0.4, -0.2, 0.25}

const losSigma = 0.32

func losMu(f *Factors) float64 {
	mu := 0.7 + losProblem[f[problem]] + 0.15*float64(f[shock]) + 0.2*float64(f[fever])
	return mu + 0.85*float64(f[onset]) + 0.6*float64(f[renal]) + 0.35*float64(f[frail])
}

// losCuts are the upper ends of the first three classes in days.
var losCuts = [3]float64{3, 7, 14}

// spanSteps are the midpoints at which the ventilated days are integrated.
const spanSteps = 64

// losChances are the probabilities of the four classes of stay, given survival.
func losChances(f *Factors) [4]float64 {
	kinds := ventChances(f)
	return losOf(f, kinds[:])
}

// losOf are the probabilities of the classes where the kinds of ventilation have
// the given ones.
func losOf(f *Factors, kinds []float64) [4]float64 {
	mu := losMu(f)
	var below [5]float64
	below[4] = 1
	for kind, p := range kinds {
		if p == 0 {
			continue
		}
		lo, hi := ventSpan[kind][0], ventSpan[kind][1]
		for step := range spanSteps {
			span := lo + (hi-lo)*(float64(step)+0.5)/spanSteps
			for i, cut := range losCuts {
				below[i+1] += p / spanSteps * lognormalBelow(cut-span, mu, losSigma)
			}
		}
	}
	var classes [4]float64
	for i := range classes {
		classes[i] = below[i+1] - below[i]
	}
	return classes
}

func lognormalBelow(x, mu, sigma float64) float64 {
	if x <= 0 {
		return 0
	}
	return 0.5 * math.Erfc((mu-math.Log(x))/(sigma*math.Sqrt2))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// combinations are all combinations of the outcome factors: there are few.
func combinations() []Factors {
	all := []Factors{{}}
	for f := range factor(outcomeFactors) {
		var wider []Factors
		for _, combination := range all {
			for level := range f.levels() {
				combination[f] = uint8(level)
				wider = append(wider, combination)
			}
		}
		all = wider
	}
	return all
}

// outlooks holds the Outlook of every combination of outcome factors: the length
// of stay needs an integral.
var outlooks = sync.OnceValue(func() map[Factors]Outlook {
	all := map[Factors]Outlook{}
	for _, f := range combinations() {
		all[f] = Outlook{Mor: morChance(&f), Pmv: pmvChance(&f), Los: losChances(&f)}
	}
	return all
})

// Outlook returns the probabilities that follow from the factors.
func (f Factors) Outlook() Outlook {
	f[sex], f[outcome] = 0, 0
	return outlooks()[f]
}
