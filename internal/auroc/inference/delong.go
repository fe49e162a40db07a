package inference

import (
	"math/big"
	"math/bits"
)

// DeLong are the AUROCs of models on the same rows and DeLong's estimate of their
// covariance (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44). It takes rows for
// independent, so that it is too sure of itself where patients have several.
type DeLong struct {
	AUROC      []float64
	Covariance [][]float64
}

// DeLongOf computes placements by mid-ranks in O(n log n) a model (Sun and Xu 2014, IEEE
// Signal Processing Letters 21), and the sums of their products in whole numbers, so
// that the order of rows does not show. scores is [models][rows]. ok is false with fewer
// than two positive or two negative rows, which have no variance. It returns
// auroc.ErrNaN where a score is NaN.
func DeLongOf(scores [][]float64, positive []bool) (d DeLong, ok bool, err error) {
	n := sides(positive)
	if min(n[0], n[1]) < 2 {
		return DeLong{}, false, nil
	}
	wins := make([][]int64, len(scores))
	for k := range scores {
		ranks, err := RanksOf(scores[k])
		if err != nil {
			return DeLong{}, false, err
		}
		wins[k] = placements(positive, ranks)[0]
	}
	for i := range wins {
		share, _ := fraction(sum(wins[i], positive, true), 2, n[0], n[1]).Float64()
		d.AUROC = append(d.AUROC, share)
		d.Covariance = append(d.Covariance, make([]float64, len(wins)))
		for j := range i + 1 {
			both := covariance(wins[i], wins[j], positive, true)
			value, _ := both.Add(both, covariance(wins[i], wins[j], positive, false)).Float64()
			d.Covariance[i][j], d.Covariance[j][i] = value, value
		}
	}
	return d, true, nil
}

// covariance is the part of it that the rows of one side make: the sample covariance of
// their placements, (n Σab − Σa Σb) / n(n−1), divided by n. A placement is its half wins
// by twice the rows of the other side.
func covariance(a, b []int64, positive []bool, of bool) *big.Rat {
	sizes := sides(positive)
	n, others := sizes[side(of)], sizes[side(!of)]
	squares := product(a, b, positive, of)
	squares.Mul(squares, big.NewInt(int64(n)))
	squares.Sub(squares, new(big.Int).Mul(sum(a, positive, of), sum(b, positive, of)))
	return fraction(squares, n, n, n-1, 2*others, 2*others)
}

// sum adds the half wins of the rows of a side.
func sum(a []int64, positive []bool, of bool) *big.Int {
	var total int64
	for row, p := range positive {
		if p == of {
			total += a[row]
		}
	}
	return big.NewInt(total)
}

// product adds a·b over the rows of a side, in 128 bits.
func product(a, b []int64, positive []bool, of bool) *big.Int {
	var high, low, carry uint64
	for row, p := range positive {
		if p == of {
			h, l := bits.Mul64(uint64(a[row]), uint64(b[row]))
			low, carry = bits.Add64(low, l, 0)
			high += h + carry
		}
	}
	total := new(big.Int).Lsh(new(big.Int).SetUint64(high), 64)
	return total.Or(total, new(big.Int).SetUint64(low))
}

// fraction divides a number by others.
func fraction(of *big.Int, by ...int) *big.Rat {
	product := big.NewInt(1)
	for _, n := range by {
		product.Mul(product, big.NewInt(int64(n)))
	}
	return new(big.Rat).SetFrac(of, product)
}
