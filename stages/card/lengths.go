package card

import (
	"maps"
	"math"
	"slices"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/split"
)

// Lengths are how long the texts of a split are.
type Lengths struct {
	Texts    smallcell.Count   `json:"texts"`
	Mean     *float64          `json:"mean"` // null where there are too few texts
	Median   *int              `json:"median"`
	P90      *int              `json:"p90"`       // a tenth of the texts are longer
	BinWidth int               `json:"bin_width"` // the last bin has all that are longer too
	Bins     []smallcell.Count `json:"bins"`
}

// bins are equal steps of a length, the last without an end.
type bins struct{ width, n int }

// most bins of a picture, whose last begins where a twentieth of the texts is left.
const mostBins = 24

func characterLengths(s *bySplit) map[int]int64 { return s.Characters }
func tokenLengths(s *bySplit) map[int]int64     { return s.Tokens }

// bins are those of the texts of all splits, so that these can be compared.
func (t *tally) bins(lengths func(*bySplit) map[int]int64) bins {
	all := map[int]int64{}
	for _, name := range split.Names {
		addTo(all, lengths(t.Splits[name]))
	}
	width := roundUp(quantile(all, 0.95) / mostBins)
	return bins{width, min(mostBins, quantile(all, 0.95)/width) + 1}
}

// roundUp is the next number that is 1, 2 or 5 times a power of ten.
func roundUp(n int) int {
	for power := 1; ; power *= 10 {
		for _, step := range []int{1, 2, 5} {
			if step*power > n {
				return step * power
			}
		}
	}
}

// lengths tells how long texts are, nil where there is none.
func (t teller) lengths(texts map[int]int64, b bins) *Lengths {
	n, sum := int64(0), 0.0
	counts := make([]int64, b.n)
	for length, of := range texts {
		n += of
		sum += float64(length) * float64(of)
		counts[min(length/b.width, b.n-1)] += of
	}
	if n == 0 {
		return nil
	}
	l := &Lengths{Texts: t.count(n), BinWidth: b.width, Bins: t.parts(counts)}
	if !l.Texts.Hidden() {
		mean := math.Round(sum/float64(n)*10) / 10
		l.Mean = &mean
		l.Median, l.P90 = t.quantile(texts, n, 0.5), t.quantile(texts, n, 0.9)
	}
	return l
}

// quantile is told where as many texts as a told count has lie on either side of it:
// it would be the length of some few's.
func (t teller) quantile(texts map[int]int64, n int64, q float64) *int {
	if !t.show && min(q, 1-q)*float64(n) < smallcell.Limit {
		return nil
	}
	at := quantile(texts, q)
	return &at
}

// quantile is the length that a share q of the texts does not exceed, the least such; 0
// of no texts.
func quantile(texts map[int]int64, q float64) int {
	var n, below int64
	for _, of := range texts {
		n += of
	}
	for _, length := range slices.Sorted(maps.Keys(texts)) {
		if below += texts[length]; float64(below) >= q*float64(n) {
			return length
		}
	}
	return 0
}
