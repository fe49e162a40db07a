package auroc

import (
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// golden holds scikit-learn's values; oracle/auroc_golden.py wrote it.
type golden struct {
	Binary []struct {
		Name   string
		Scores []float64
		Labels []int
		AUROC  float64
	}
	Multiclass []struct {
		Name     string
		Scores   [][]float64
		Labels   []int32
		OvO, OvR float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "auroc.json"))
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// near allows scikit-learn's own rounding: it sums trapezoids in floating point.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-13 }

func TestGoldenBinary(t *testing.T) {
	for _, c := range readGolden(t).Binary {
		positive := make([]bool, len(c.Labels))
		for i, label := range c.Labels {
			positive[i] = label == 1
		}
		count, err := Of(c.Scores, positive)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := count.AUROC(); !ok || !near(got, c.AUROC) {
			t.Errorf("%s: %v, scikit-learn has %v", c.Name, got, c.AUROC)
		}
		curve, err := Curve(c.Scores, positive)
		if err != nil {
			t.Fatal(err)
		}
		if got := area(curve); !near(got, c.AUROC) {
			t.Errorf("%s: area under the curve %v, scikit-learn has %v", c.Name, got, c.AUROC)
		}
	}
}

func TestGoldenMulticlass(t *testing.T) {
	for _, c := range readGolden(t).Multiclass {
		ovo, err := OneVsOne(c.Scores, c.Labels)
		if err != nil || !near(ovo.Value, c.OvO) || ovo.Skipped != 0 {
			t.Errorf("%s: one-versus-one %+v (%v), scikit-learn has %v", c.Name, ovo, err, c.OvO)
		}
		ovr, err := OneVsRest(c.Scores, c.Labels)
		if err != nil || !near(ovr.Value, c.OvR) || ovr.Used != len(c.Scores) {
			t.Errorf("%s: one-versus-rest %+v (%v), scikit-learn has %v", c.Name, ovr, err, c.OvR)
		}
	}
}

func area(curve []Point) (sum float64) {
	for i := 1; i < len(curve); i++ {
		sum += (curve[i].FPR - curve[i-1].FPR) * (curve[i].TPR + curve[i-1].TPR) / 2
	}
	return sum
}

// problem draws scores from few values, so that ties abound.
func problem(t *rapid.T) ([]float64, []bool) {
	n := rapid.IntRange(2, 60).Draw(t, "n")
	scores := rapid.SliceOfN(rapid.SampledFrom([]float64{-3, -0.5, 0, math.Copysign(0, -1), 0.25, 1, 2, 1e9}), n, n).Draw(t, "scores")
	positive := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
	positive[0], positive[1] = true, false
	return scores, positive
}

func mustAUROC(t *rapid.T, scores []float64, positive []bool) float64 {
	count, err := Of(scores, positive)
	value, ok := count.AUROC()
	if err != nil || !ok {
		t.Fatal("no AUROC", err)
	}
	return value
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores, positive := problem(t)
		value := mustAUROC(t, scores, positive)

		brute, pairs := 0.0, 0.0
		monotone, negated, swapped := make([]float64, len(scores)), make([]float64, len(scores)), make([]bool, len(scores))
		for i, s := range scores {
			monotone[i], negated[i], swapped[i] = math.Atan(s)*7-3, -s, !positive[i]
			for j, other := range scores {
				if positive[i] && !positive[j] {
					pairs += 2
					if s > other {
						brute += 2
					} else if s == other {
						brute++
					}
				}
			}
		}
		if brute/pairs != value {
			t.Errorf("%v, by counting pairs %v", value, brute/pairs)
		}
		if got := mustAUROC(t, monotone, positive); got != value {
			t.Errorf("a monotone map moves it from %v to %v", value, got)
		}
		if got := mustAUROC(t, negated, swapped); got != value {
			t.Errorf("negated scores and swapped labels move it from %v to %v", value, got)
		}
		if got := mustAUROC(t, scores, swapped); math.Abs(got+value-1) > 1e-15 {
			t.Errorf("swapped labels give %v, not 1 - %v", got, value)
		}
		random := rand.New(rand.NewPCG(1, 2))
		random.Shuffle(len(scores), func(i, j int) {
			scores[i], scores[j] = scores[j], scores[i]
			positive[i], positive[j] = positive[j], positive[i]
		})
		if got := mustAUROC(t, scores, positive); got != value {
			t.Errorf("another order moves it from %v to %v", value, got)
		}
		if curve, err := Curve(scores, positive); err != nil || math.Abs(area(curve)-value) > 1e-12 {
			t.Errorf("area under the curve %v, AUROC %v", area(curve), value)
		}
	})
}

func TestNaN(t *testing.T) {
	scores, positive := []float64{0, math.NaN(), 1}, []bool{true, false, true}
	if _, err := Of(scores, positive); !errors.Is(err, ErrNaN) {
		t.Errorf("error %v", err)
	}
	if _, err := Curve(scores, positive); !errors.Is(err, ErrNaN) {
		t.Errorf("error %v", err)
	}
	if _, err := OneVsOne([][]float64{scores, scores}, []int32{0, 1, 0}); !errors.Is(err, ErrNaN) {
		t.Errorf("error %v", err)
	}
}

func TestInfiniteScoresHaveRanks(t *testing.T) {
	count, err := Of([]float64{math.Inf(1), math.Inf(-1), 0, math.Inf(1)}, []bool{true, false, false, false})
	if value, ok := count.AUROC(); err != nil || !ok || value != 2.5/3 {
		t.Errorf("%v, %v", value, err)
	}
}

func TestUndefined(t *testing.T) {
	for _, positive := range [][]bool{{true, true}, {false, false}} {
		count, err := Of([]float64{1, 2}, positive)
		if _, ok := count.AUROC(); ok || err != nil {
			t.Errorf("one class alone has an AUROC (%v)", err)
		}
		if curve, _ := Curve([]float64{1, 2}, positive); curve != nil {
			t.Error("one class alone has a curve")
		}
	}
}

func TestAbsentClassesAreSkippedAndCounted(t *testing.T) {
	labels := []int32{0, 2, 0, 2}
	scores := [][]float64{{3, 1, 2, 0}, {0, 0, 0, 0}, {0, 2, 1, 3}}
	ovo, err := OneVsOne(scores, labels)
	if err != nil || ovo != (Mean{Value: 1, Used: 2, Skipped: 1}) {
		t.Errorf("one-versus-one %+v, %v", ovo, err)
	}
	ovr, err := OneVsRest(scores, labels)
	if err != nil || ovr != (Mean{Value: 1, Used: 2, Skipped: 1}) {
		t.Errorf("one-versus-rest %+v, %v", ovr, err)
	}
	if none, _ := OneVsOne(scores, []int32{1, 1, 1, 1}); none.Used != 0 || none.Skipped != 3 {
		t.Errorf("one class alone: %+v", none)
	}
}

// TestBeyond64Bits: more pairs than a uint64 holds, and than float64 holds
// exactly, still divide right.
func TestBeyond64Bits(t *testing.T) {
	for _, n := range []int{1 << 20, 1 << 30, 1 << 40} {
		count := Count{Positives: n, Negatives: n}
		high, low := bits.Mul64(uint64(n), uint64(n))
		count.halfWins = [2]uint64{high, low} // every pair a tie
		if got, ok := count.AUROC(); !ok || got != 0.5 {
			t.Errorf("%d examples of each class, all tied: %v", n, got)
		}
	}
	var c Count
	c.add(math.MaxUint64, 1)
	c.add(1, 1)
	c.add(1<<40, 1<<30)
	if c.halfWins != [2]uint64{1 + 1<<6, 0} {
		t.Errorf("%d half wins", c.halfWins)
	}
}

func TestDecimateKeepsTheShape(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	scores, positive := make([]float64, 20000), make([]bool, 20000)
	for i := range scores {
		positive[i] = random.IntN(4) == 0
		scores[i] = random.NormFloat64()
		if positive[i] {
			scores[i]++
		}
	}
	curve, err := Curve(scores, positive)
	if err != nil {
		t.Fatal(err)
	}
	small := Decimate(curve, 200)
	if len(small) > 201 || small[0] != (Point{}) || small[len(small)-1] != (Point{FPR: 1, TPR: 1}) {
		t.Errorf("%d points from %v to %v", len(small), small[0], small[len(small)-1])
	}
	if math.Abs(area(small)-area(curve)) > 1e-3 {
		t.Errorf("area %v, of all corners %v", area(small), area(curve))
	}
}

func TestMeanCurve(t *testing.T) {
	good := []Point{{0, 0}, {0, 1}, {1, 1}}
	chance := []Point{{0, 0}, {1, 1}}
	mean := MeanCurve([][]Point{good, chance}, 4)
	for i, want := range []Point{{0, 0}, {0, 0.5}, {0.25, 0.625}, {0.5, 0.75}, {0.75, 0.875}, {1, 1}} {
		if mean[i] != want {
			t.Errorf("point %d is %v, want %v", i, mean[i], want)
		}
	}
	if math.Abs(area(mean)-(area(good)+area(chance))/2) > 1e-12 {
		t.Error("the mean curve's area is not the mean area")
	}
}

// BenchmarkDiagnoses is the paper's largest task: 9,829 documents, 1,266 labels,
// one in a hundred positive.
func BenchmarkDiagnoses(b *testing.B) {
	const documents, labels = 9829, 1266
	random := rand.New(rand.NewPCG(5, 6))
	scores, positive := make([][]float64, labels), make([][]bool, labels)
	for class := range scores {
		scores[class], positive[class] = make([]float64, documents), make([]bool, documents)
		for i := range documents {
			scores[class][i] = float64(float32(random.NormFloat64()))
			positive[class][i] = random.IntN(100) == 0
		}
	}
	for b.Loop() {
		var mean Mean
		for class := range scores {
			count, err := Of(scores[class], positive[class])
			if err != nil {
				b.Fatal(err)
			}
			mean.Add(count.AUROC())
		}
	}
}
