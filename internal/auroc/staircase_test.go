package auroc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// byPairs compares each positive with each negative.
func byPairs(scores []float64, positive []bool) (c Count) {
	for i, score := range scores {
		if !positive[i] {
			c.Negatives++
			continue
		}
		c.Positives++
		for j, other := range scores {
			switch {
			case positive[j]:
			case score > other:
				c.halfWins[1] += 2
			case score == other:
				c.halfWins[1]++
			}
		}
	}
	return c
}

// bySearch counts as byPairs does, where there are too many.
func bySearch(scores []float64, positive []bool) (c Count) {
	var negatives []float64
	for i, score := range scores {
		if !positive[i] {
			negatives = append(negatives, score)
		}
	}
	slices.Sort(negatives)
	c.Negatives = len(negatives)
	for i, score := range scores {
		if positive[i] {
			c.Positives++
			from, _ := slices.BinarySearch(negatives, score)
			to, _ := slices.BinarySearch(negatives, math.Nextafter(score, math.Inf(1)))
			c.halfWins[1] += uint64(from + to)
		}
	}
	return c
}

// check compares with counting pairs, and the curve's corners with a rescan of the
// scores at each of them.
func check(t interface{ Fatalf(string, ...any) }, scores []float64, positive []bool) {
	s, err := StaircaseOf(scores, positive)
	if slices.ContainsFunc(scores, math.IsNaN) {
		if !errors.Is(err, ErrNaN) {
			t.Fatalf("a NaN is not refused: %v", err)
		}
		return
	}
	want := byPairs(scores, positive)
	if got := s.Count(); err != nil || got != want {
		t.Fatalf("%+v (%v), by pairs %+v", got, err, want)
	}
	value, defined := want.AUROC()
	if curve := s.Curve(); defined != (curve != nil) || defined && math.Abs(area(curve)-value) > 1e-12 {
		t.Fatalf("area under the curve %v, AUROC %v", area(curve), value)
	}
}

// A share of positives that is drawn anew each time, so that either class may be rare,
// and scores of all kinds.
func TestCountEqualsThatOfPairs(t *testing.T) {
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 1, -1, math.Nextafter(1, 2)}
	kinds := map[string]*rapid.Generator[float64]{
		"special": rapid.SampledFrom(special),
		"float64": rapid.Float64(),
		"float32": rapid.Map(rapid.Float32(), func(x float32) float64 { return float64(x) }),
		"tied":    rapid.Map(rapid.IntRange(-20, 20), func(x int) float64 { return float64(x) / 8 }),
	}
	for name, kind := range kinds {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			scores := rapid.SliceOfN(kind, 0, 200).Draw(t, "scores")
			random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			share := rapid.Float64Range(0, 1).Draw(t, "share")
			positive := make([]bool, len(scores))
			for i := range positive {
				positive[i] = random.Float64() < share
			}
			check(t, scores, positive)
		}))
	}
}

// So many of either class that both are sorted, of float32 and of float64, and of few
// of one class among many of the other.
func TestCountOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, share := range []float64{0.5, 0.01, 0.99} {
		scores, positive := make([]float64, 2*manyKeys+5000), make([]bool, 2*manyKeys+5000)
		for _, narrow := range []bool{false, true} {
			for i := range scores {
				if scores[i] = random.NormFloat64(); narrow {
					scores[i] = float64(float32(scores[i]))
				}
				positive[i] = random.Float64() < share
			}
			if got, err := Of(scores, positive); err != nil || got != bySearch(scores, positive) {
				t.Errorf("a share of %v: %+v (%v), by search %+v", share, got, err, bySearch(scores, positive))
			}
		}
	}
}

// Of so many positives, and so many negatives, that these are placed in batches.
func TestPoolOfMany(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for _, positives := range []int{50, manyKeys + 5000} {
		scores, positive := make([]float64, shownAtOnce+positives+1000), make([]bool, shownAtOnce+positives+1000)
		for i := range scores {
			scores[i], positive[i] = float64(float32(random.NormFloat64())), i < positives
		}
		pool := PoolOf(scores[:positives])
		tally, other := pool.Tally(), pool.Tally()
		for i, score := range scores[positives:] {
			if i < 500 {
				other.Add(score)
			} else {
				tally.Add(score)
			}
		}
		tally.Merge(other)
		if got, want := tally.staircase().Count(), bySearch(scores, positive); got != want {
			t.Errorf("%d positives: %+v, by search %+v", positives, got, want)
		}
	}
}

// FuzzCount reads float32 scores, or float64, each with a byte whose lowest bit is its
// label.
func FuzzCount(f *testing.F) {
	for _, x := range []float32{0, 1, -1, float32(math.Inf(1)), float32(math.NaN())} {
		seed := binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))
		f.Add(append(append(seed, 1), append(seed, 0)...), false)
		f.Add(append(append(seed, seed...), 1), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, wide bool) {
		size := 4
		if wide {
			size = 8
		}
		var scores []float64
		var positive []bool
		for record := range slices.Chunk(data[:len(data)/(size+1)*(size+1)], size+1) {
			score := float64(math.Float32frombits(binary.LittleEndian.Uint32(record)))
			if wide {
				score = math.Float64frombits(binary.LittleEndian.Uint64(record))
			}
			scores, positive = append(scores, score), append(positive, record[size]&1 == 1)
		}
		check(t, scores, positive)
	})
}

func TestKeysAreInTheOrderOfScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		if (a < b) != (keyOf(a) < keyOf(b)) || (a == b) != (keyOf(a) == keyOf(b)) || keyOf(a) == lastKey || scoreOf(keyOf(a)) != a {
			t.Errorf("%v and %v have the keys %x and %x", a, b, keyOf(a), keyOf(b))
		}
	})
}

// Whatever the scores between which it has its cells, and those that it is asked for.
func TestCellsAreInTheOrderOfScores(t *testing.T) {
	score := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-3, 3), rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64}))
	rapid.Check(t, func(t *rapid.T) {
		keys := []uint64{keyOf(score.Draw(t, "lowest")), keyOf(score.Draw(t, "highest"))}
		slices.Sort(keys)
		s, a, b := sieveOf(keys), score.Draw(t, "a"), score.Draw(t, "b")
		if low, high := s.cell(min(a, b)), s.cell(max(a, b)); low < 0 || low > high || high > s.last {
			t.Errorf("of %d cells %v is in %d, %v in %d", s.last+1, min(a, b), low, max(a, b), high)
		}
	})
}

// BenchmarkBalanced has as many positives as negatives.
func BenchmarkBalanced(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		random := rand.New(rand.NewPCG(1, 2))
		scores, positive := make([]float64, n), make([]bool, n)
		for i := range scores {
			scores[i], positive[i] = random.NormFloat64(), random.IntN(2) == 0
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Of(scores, positive); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/score")
		})
	}
}

// BenchmarkSorted sorts different keys each time, so that no branch is learnt.
func BenchmarkSorted(b *testing.B) {
	for _, n := range []int{fewKeys, fewKeys + 1, 4 * fewKeys, 16 * fewKeys} {
		random := rand.New(rand.NewPCG(1, 2))
		all := make([]uint64, 1<<18/n*n)
		for i := range all {
			all[i] = keyOf(random.NormFloat64())
		}
		keys, c := make([]uint64, n), comparison{}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				for some := range slices.Chunk(all, n) {
					copy(keys, some)
					c.sorted(keys)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/key")
		})
	}
}
