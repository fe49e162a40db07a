package synth

import "math/rand/v2"

// factor indexes Factors.
type factor int

// The hidden factors of an admission. Those up to onset decide the outcomes and
// are written to the factors file; the rest only choose words.
const (
	problem factor = iota // 0 chest infection, 1 bleeding, 2 heart, 3 stroke, 4 urinary sepsis, 5 fall
	shock                 // 0 stable, 1 borderline, 2 shock
	oxygen                // 0 room air, 1 supplemental oxygen, 2 ventilated on arrival
	mental                // 1 obtunded
	frail                 // 1 frail; belongs to the patient
	renal                 // 1 chronic kidney disease; belongs to the patient
	lung                  // 1 chronic lung disease; belongs to the patient
	fever                 // 1 febrile
	onset                 // 1 slow onset
	sex                   // 0 female, 1 male
	outcome               // 0 home, 1 facility, 2 died in hospital

	outcomeFactors = int(sex)
	factorCount    = int(outcome) + 1
)

var factorNames = [factorCount]string{"problem", "shock", "oxygen", "mental", "frail", "renal", "lung", "fever", "onset", "sex", "outcome"}

var factorLevels = [factorCount]int{6, 3, 3, 2, 2, 2, 2, 2, 2, 2, 3}

// Factors holds the level of each hidden factor of an admission.
type Factors [factorCount]uint8

func (f factor) levels() int { return factorLevels[f] }

func factorNamed(name string) (factor, bool) {
	for f, n := range factorNames {
		if n == name {
			return factor(f), true
		}
	}
	return 0, false
}

// The levels' frequencies. Fever follows the problem: infections have it.
var (
	problemShare = []float64{0.22, 0.16, 0.20, 0.14, 0.16, 0.12}
	shockShare   = []float64{0.60, 0.25, 0.15}
	oxygenShare  = []float64{0.55, 0.30, 0.15}
	feverShare   = [...]float64{0.60, 0.15, 0.15, 0.15, 0.65, 0.15}
)

const (
	mentalShare = 0.25
	frailShare  = 0.30
	renalShare  = 0.30
	lungShare   = 0.30
	onsetShare  = 0.50
)

// drawPatientFactors draws what a patient keeps over all admissions.
func drawPatientFactors(random *rand.Rand) Factors {
	var f Factors
	f[frail] = flip(random, frailShare)
	f[renal] = flip(random, renalShare)
	f[lung] = flip(random, lungShare)
	f[sex] = flip(random, 0.5)
	return f
}

// drawAdmissionFactors adds what an admission brings.
func drawAdmissionFactors(patient Factors, random *rand.Rand) Factors {
	f := patient
	f[problem] = pick(random, problemShare)
	f[shock] = pick(random, shockShare)
	f[oxygen] = pick(random, oxygenShare)
	f[mental] = flip(random, mentalShare)
	f[fever] = flip(random, feverShare[f[problem]])
	f[onset] = flip(random, onsetShare)
	return f
}

func flip(random *rand.Rand, p float64) uint8 {
	if random.Float64() < p {
		return 1
	}
	return 0
}

// pick draws an index with the given shares, which add up to 1.
func pick(random *rand.Rand, shares []float64) uint8 {
	x := random.Float64()
	for i, share := range shares {
		if x -= share; x < 0 {
			return uint8(i)
		}
	}
	return uint8(len(shares) - 1)
}
