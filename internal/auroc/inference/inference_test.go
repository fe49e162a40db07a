package inference

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/auroc"
)

// studies are samples of a few patients, with ties and several rows a patient.
func studies(t *rapid.T) (subjects []int64, s Sample) {
	n := rapid.IntRange(2, 120).Draw(t, "rows")
	values := rapid.IntRange(1, 40).Draw(t, "values")
	share := rapid.IntRange(1, 9).Draw(t, "positives of ten")
	for range n {
		subjects = append(subjects, rapid.Int64Range(-3, 40).Draw(t, "subject"))
		s.Scores = append(s.Scores, float64(rapid.IntRange(0, values).Draw(t, "score"))/7)
		s.Positive = append(s.Positive, rapid.IntRange(0, 9).Draw(t, "draw") < share)
	}
	s.Patients = PatientsOf(subjects).Of
	return subjects, s
}

func bootstrap(t testing.TB, subjects []int64, settings Settings, samples ...Sample) [][]float64 {
	var orders []*Order
	for _, s := range samples {
		order, err := OrderOf(s)
		if err != nil {
			t.Fatal(err)
		}
		orders = append(orders, order)
	}
	replicates, err := PatientsOf(subjects).Bootstrap(t.Context(), orders, settings)
	if err != nil {
		t.Fatal(err)
	}
	return replicates
}

// A replicate is the sample whose rows are repeated by their patients' weights, bit for
// bit: there is no second AUROC.
func TestAReplicateIsTheRowsRepeated(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		subjects, s := studies(rt)
		seed := rapid.Int64().Draw(rt, "seed")
		replicates := bootstrap(t, subjects, Settings{Replicates: 70, Seed: seed, Workers: 2}, s)[0]
		for b, got := range replicates {
			var scores []float64
			var positive []bool
			for row := range subjects {
				for range Weight(seed, subjects[row], b) {
					scores, positive = append(scores, s.Scores[row]), append(positive, s.Positive[row])
				}
			}
			count, err := auroc.Of(scores, positive)
			if err != nil {
				rt.Fatal(err)
			}
			if want, defined := count.AUROC(); defined != !math.IsNaN(got) || defined && got != want {
				rt.Fatalf("replicate %d is %v, repeated rows have %v (%v)", b, got, want, defined)
			}
		}
	})
}

// With weights of one it is the exact AUROC.
func TestWeightsOfOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		subjects, s := studies(rt)
		ones := make([]weights, len(subjects))
		for i := range ones {
			for word := range ones[i] {
				ones[i][word] = 0x0101010101010101
			}
		}
		order, err := OrderOf(s)
		if err != nil {
			rt.Fatal(err)
		}
		count, err := auroc.Of(s.Scores, s.Positive)
		if err != nil {
			rt.Fatal(err)
		}
		want, defined := count.AUROC()
		for lane, got := range order.weighted(ones) {
			if defined != !math.IsNaN(got) || defined && got != want {
				rt.Fatalf("lane %d is %v, want %v", lane, got, want)
			}
		}
	})
}

// A byte's sum does not run over where a patient is drawn as often as ever.
func TestTheHeaviestWeights(t *testing.T) {
	heaviest := len(poisson)
	if heaviest*together > 255 {
		t.Fatalf("%d weights of %d do not fit into a byte", together, heaviest)
	}
	var drawn weights
	for word := range drawn {
		drawn[word] = uint64(heaviest) * 0x0101010101010101
	}
	var sums [lanes]uint64
	add(&sums, []weights{drawn}, make([]int32, 1000))
	for lane, sum := range sums {
		if sum != uint64(1000*heaviest) {
			t.Fatalf("lane %d holds %d", lane, sum)
		}
	}
}

// Neither workers nor the order of rows nor other orders beside it move a replicate.
func TestReplicatesDoNotMove(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var subjects, turned []int64
	var s, back Sample
	for range 500 {
		subjects = append(subjects, int64(random.IntN(90)))
		s.Scores = append(s.Scores, float64(random.IntN(60)))
		s.Positive = append(s.Positive, random.IntN(4) == 0)
	}
	for row := len(subjects) - 1; row >= 0; row-- {
		turned = append(turned, subjects[row])
		back.Scores, back.Positive = append(back.Scores, s.Scores[row]), append(back.Positive, s.Positive[row])
	}
	s.Patients, back.Patients = PatientsOf(subjects).Of, PatientsOf(turned).Of
	one := bootstrap(t, subjects, Settings{Replicates: 300, Seed: 3, Workers: 1}, s)
	many := bootstrap(t, turned, Settings{Replicates: 300, Seed: 3, Workers: 7}, back, back)
	if diff := cmp.Diff(one[0], many[1]); diff != "" {
		t.Error(diff)
	}
	if fewer := bootstrap(t, subjects, Settings{Replicates: 65, Seed: 3, Workers: 1}, s); cmp.Diff(one[0][:65], fewer[0]) != "" {
		t.Error("a replicate depends on their number")
	}
}

// Weights are Poisson's: over many draws mean and variance are one, and those of two
// patients, replicates or seeds have nothing to do with each other.
func TestWeightsArePoisson(t *testing.T) {
	const n = 200_000
	at := map[string]func(i int) (int64, int64, int){
		"patients":   func(i int) (int64, int64, int) { return 1, int64(i), 5 },
		"replicates": func(i int) (int64, int64, int) { return 1, 10_000_032, i },
		"seeds":      func(i int) (int64, int64, int) { return int64(i), 10_000_032, 5 },
	}
	for name, of := range at {
		var mean, square, product float64
		for i := range n {
			w, next := float64(Weight(of(i))), float64(Weight(of(i+1)))
			mean += w / n
			square += (w - 1) * (w - 1) / n
			product += (w - 1) * (next - 1) / n
		}
		// Four standard errors: the variance of (w − 1)² is three.
		for what, off := range map[string]float64{"mean": (mean - 1) / 1, "variance": (square - 1) / math.Sqrt(3), "correlation": product} {
			if math.Abs(off)*math.Sqrt(n) > 4 {
				t.Errorf("over %s the %s is off by %v standard errors", name, what, off*math.Sqrt(n))
			}
		}
	}
}

func TestOrderOfNaN(t *testing.T) {
	if _, err := OrderOf(Sample{Scores: []float64{1, math.NaN()}, Positive: []bool{true, false}, Patients: []int32{0, 1}}); err != auroc.ErrNaN {
		t.Errorf("error %v", err)
	}
}

// BenchmarkDiagnoses is DIAG's size: 9,829 documents, a hundredth of them of each of
// 1,266 labels, 1,000 replicates.
func BenchmarkDiagnoses(b *testing.B) {
	const documents, labels = 9829, 1266
	random := rand.New(rand.NewPCG(1, 2))
	subjects := make([]int64, documents)
	for i := range subjects {
		subjects[i] = int64(random.IntN(documents * 2 / 3))
	}
	p := PatientsOf(subjects)
	scores, positive := make([]float64, documents*labels), make([]bool, documents*labels)
	for i := range scores {
		scores[i], positive[i] = random.Float64(), random.IntN(100) == 0
	}
	for b.Loop() {
		orders := make([]*Order, labels)
		for k := range orders {
			at := k * documents
			orders[k], _ = OrderOf(Sample{scores[at:][:documents], positive[at:][:documents], p.Of})
		}
		if _, err := p.Bootstrap(b.Context(), orders, Settings{Replicates: 1000, Seed: 1, Workers: 2}); err != nil {
			b.Fatal(err)
		}
	}
}
