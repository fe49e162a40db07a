package synth

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// posterior draws the hidden factors of an admission from what they are given its
// outcomes, by Bayes' rule over all combinations of the outcome factors. Its
// tables hold the logarithm of each probability for each combination, so that an
// admission costs some additions.
type posterior struct {
	combinations []Factors
	prior        logs
	died         [2]logs
	ventilation  [ventKinds]logs
	stay         [ventKinds][4]logs // class, of survivors with the kind of ventilation
	healthy      [2]logs            // by sex: no condition at all
	odds         [2][]logs          // by sex: of each finding
}

// logs has an entry for each combination.
type logs []float64

// posteriors is made at first use: the lengths of stay need integrals.
var posteriors = sync.OnceValue(func() *posterior {
	p := &posterior{combinations: combinations()}
	p.prior = p.tabulate(priorChance)
	p.died[flagYes] = p.tabulate(morChance)
	p.died[flagNo] = p.tabulate(func(f *Factors) float64 { return 1 - morChance(f) })
	for kind := range ventKinds {
		p.ventilation[kind] = p.tabulate(func(f *Factors) float64 { return ventChances(f)[kind] })
		p.stay[kind] = p.stays(kind)
	}
	for level := range p.odds {
		p.addFindings(uint8(level))
	}
	return p
})

// leastChance keeps an outcome that the generator never makes, such as a stay
// shorter than its ventilation, from ruling out all combinations.
const leastChance = 1e-12

func (p *posterior) tabulate(chance func(f *Factors) float64) logs {
	return p.each(func(f *Factors) float64 { return math.Log(max(chance(f), leastChance)) })
}

// each has a function's value for each combination.
func (p *posterior) each(of func(f *Factors) float64) logs {
	table := make(logs, len(p.combinations))
	for i, f := range p.combinations {
		table[i] = of(&f)
	}
	return table
}

// priorChance is the probability that the generator draws the factors.
func priorChance(f *Factors) float64 {
	share := func(factor factor, ofOne float64) float64 {
		if f[factor] == 1 {
			return ofOne
		}
		return 1 - ofOne
	}
	kept := share(frail, frailShare) * share(renal, renalShare) * share(lung, lungShare)
	brought := share(mental, mentalShare) * share(fever, feverShare[f[problem]]) * share(onset, onsetShare)
	return problemShare[f[problem]] * shockShare[f[shock]] * oxygenShare[f[oxygen]] * kept * brought
}

func (p *posterior) stays(kind ventilation) [4]logs {
	var only [ventKinds]float64
	only[kind] = 1
	var classes [4]logs
	for i := range p.combinations {
		for class, chance := range losOf(&p.combinations[i], only[:]) {
			classes[class] = append(classes[class], math.Log(max(chance, leastChance)))
		}
	}
	return classes
}

// addFindings fills the tables of the conditions for a sex. The odds turn the
// chance of not having a finding into that of having it.
func (p *posterior) addFindings(level uint8) {
	p.healthy[level] = p.each(func(f *Factors) float64 {
		f[sex] = level
		none := 0.0
		for i := range conditions {
			none += math.Log(1 - conditions[i].chance(f))
		}
		return none
	})
	for _, found := range findings {
		p.odds[level] = append(p.odds[level], p.each(func(f *Factors) float64 {
			f[sex] = level
			missing := found.missing(f)
			return math.Log((1 - missing) / missing)
		}))
	}
}

// evidence are the tables that apply to an admission. One without codes was not
// coded, which says nothing of its conditions.
func (p *posterior) evidence(a *givenAdmission) []logs {
	kind := a.ventilation()
	apply := []logs{p.prior, p.ventilation[kind]}
	if a.died != flagUnknown {
		apply = append(apply, p.died[a.died])
	}
	if a.died == flagNo && a.discharge != 0 {
		apply = append(apply, p.stay[kind][a.losClass()])
	}
	if a.coded {
		apply = append(apply, p.healthy[a.sex])
	}
	for _, found := range a.findings {
		apply = append(apply, p.odds[a.sex][found])
	}
	return apply
}

// draw draws the factors of an admission, but for how it ended.
func (p *posterior) draw(a *givenAdmission, random *rand.Rand) Factors {
	weights := p.weights(a)
	x := 0.0
	for _, w := range weights {
		x += w
	}
	x *= random.Float64()
	i := slices.IndexFunc(weights, func(w float64) bool { x -= w; return x < 0 })
	if i < 0 { // rounding
		i = len(weights) - 1
	}
	f := p.combinations[i]
	f[sex] = a.sex
	return f
}

// weights are proportional to the probability of each combination.
func (p *posterior) weights(a *givenAdmission) []float64 {
	weights := make([]float64, len(p.combinations))
	for _, table := range p.evidence(a) {
		for i, log := range table {
			weights[i] += log
		}
	}
	highest := slices.Max(weights)
	for i, log := range weights {
		weights[i] = math.Exp(log - highest)
	}
	return weights
}
