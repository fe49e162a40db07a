package inference

import "math"

// lanes is how many replicates are worked on together: their weights of a patient, a
// byte each, are a cache line.
const (
	lanes = 64
	words = lanes / 8
)

// PatientBytes is what the weights of a patient take while replicates are drawn.
const PatientBytes = lanes

// weights are those of a patient in as many replicates.
type weights [words]uint64

// golden is 2⁶⁴ divided by the golden ratio: SplitMix64's increment.
const golden = 0x9e3779b97f4a7c15

// mix is SplitMix64's output function (Steele, Lea and Flood 2014, "Fast splittable
// pseudorandom number generators").
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// stream is the start of a patient's random numbers for a purpose.
func stream(seed, id int64, purpose uint64) uint64 {
	return mix(mix(mix(uint64(seed)+golden)+uint64(id)) + purpose*golden)
}

// The purposes.
const (
	ofWeights = iota
	ofSwaps
)

// bits64 are the n-th 64 random bits of a stream.
func bits64(stream uint64, n int) uint64 { return mix(stream + uint64(n+1)*golden) }

// poisson are the cumulative probabilities of the Poisson distribution of mean one, in
// units of 2⁻³²: how often a draw with replacement of as many patients as there are
// takes each, but for the sum's being fixed. The last that is below one is that of 11.
var poisson = func() (cumulative []uint32) {
	p, sum := math.Exp(-1), 0.0
	for k := 1; ; k++ {
		sum += p
		if sum*0x1p32 > math.MaxUint32 {
			return cumulative
		}
		cumulative = append(cumulative, uint32(sum*0x1p32))
		p /= float64(k)
	}
}()

// Weight is how often a replicate holds a patient. It is a function of its arguments
// alone, so that replicates of two models, and of two tasks, are of the same patients.
func Weight(seed, id int64, replicate int) int {
	return weightOf(stream(seed, id, ofWeights), replicate)
}

func weightOf(stream uint64, replicate int) (weight int) {
	draw := uint32(bits64(stream, replicate/2) >> (replicate % 2 * 32))
	for weight < len(poisson) && draw >= poisson[weight] {
		weight++
	}
	return weight
}

// draw are the weights of all patients in the lanes' replicates from first on.
func (p Patients) draw(seed int64, first int) []weights {
	drawn := make([]weights, len(p.IDs))
	for i, id := range p.IDs {
		of := stream(seed, id, ofWeights)
		for lane := range lanes {
			drawn[i][lane/8] |= uint64(weightOf(of, first+lane)) << (lane % 8 * 8)
		}
	}
	return drawn
}
