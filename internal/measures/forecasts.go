package measures

import "math"

// Bins is the number of bins of equal width that the expected calibration error is of.
const Bins = 10

// Forecasts are what was predicted of examples, each the probability of an event, and
// what happened.
type Forecasts struct {
	N, Positives int
	predicted    Sum
	squares      Sum
	bins         [Bins]bin
}

type bin struct {
	n, positives int
	predicted    Sum
}

func (b *bin) add(p float64, positive bool) {
	b.n++
	if positive {
		b.positives++
	}
	b.predicted.Add(p)
}

func (b *bin) merge(other bin) {
	b.n += other.n
	b.positives += other.positives
	b.predicted.Merge(other.predicted)
}

// Add adds an example with the probability p, from 0 to 1.
func (f *Forecasts) Add(p float64, positive bool) {
	f.N++
	miss := p
	if positive {
		f.Positives++
		miss = 1 - p
	}
	f.predicted.Add(p)
	f.squares.Add(miss * miss)
	f.bins[place(p, Bins)].add(p, positive)
}

// place is the bin of p among so many of equal width, each without its lower edge and
// with its upper one, as scikit-learn's calibration_curve has them; 0 is in the first.
func place(p float64, bins int) int { return max(0, int(math.Ceil(p*float64(bins)))-1) }

// Merge adds other examples.
func (f *Forecasts) Merge(other *Forecasts) {
	f.N += other.N
	f.Positives += other.Positives
	f.predicted.Merge(other.predicted)
	f.squares.Merge(other.squares)
	for i := range f.bins {
		f.bins[i].merge(other.bins[i])
	}
}

// Brier is the mean square of probability less outcome (Brier 1950, Monthly Weather
// Review 78, of one of its two classes); NaN of no example, as what follows.
func (f *Forecasts) Brier() float64 { return f.squares.Value() / float64(f.N) }

// MeanPredicted is the mean probability.
func (f *Forecasts) MeanPredicted() float64 { return f.predicted.Value() / float64(f.N) }

// Prevalence is how often the event happened.
func (f *Forecasts) Prevalence() float64 { return float64(f.Positives) / float64(f.N) }

// ECE is the expected calibration error, Σ n(b)/n |mean probability − prevalence| over
// the bins b (Naeini, Cooper and Hauskrecht 2015, AAAI 29).
func (f *Forecasts) ECE() float64 {
	var sum float64
	for _, b := range f.bins {
		sum += math.Abs(b.predicted.Value() - float64(b.positives))
	}
	return sum / float64(f.N)
}
