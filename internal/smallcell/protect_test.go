package smallcell

import (
	"fmt"
	"testing"
)

// The attack: who knows the sum, what is told, and how parts are hidden lists all parts
// that would have been told so. Of no small part one number is left, and where the sum is
// not very small at least eight are. By the sides of Limit alone 1 + 10 of 11, 9 + 9 of 18
// and 1 + 1 of 2 would follow.
func TestNoPartIsSolved(t *testing.T) {
	const highest = 40
	for _, k := range []int{2, 3} {
		alike := map[string][][]int{}
		everySum(k, highest, func(parts []int) {
			key := fmt.Sprint(sumOfInts(parts), Parts(parts))
			alike[key] = append(alike[key], parts)
		})
		for key, all := range alike {
			n := sumOfInts(all[0])
			if Small(n) { // it is not told
				continue
			}
			want := 8
			if n < 2*Limit {
				want = 2
			}
			for i := range k {
				few, values := false, map[int]bool{}
				for _, parts := range all {
					few, values[parts[i]] = few || Small(parts[i]), true
				}
				if few && len(values) < want {
					t.Errorf("%s: part %d is one of %v", key, i, values)
				}
			}
		}
	}
}

func sumOfInts(parts []int) (n int) {
	for _, p := range parts {
		n += p
	}
	return n
}

// everySum lists all k parts of sums up to a highest one.
func everySum(k, highest int, do func(parts []int)) {
	if k == 0 {
		do(nil)
		return
	}
	for n := range highest + 1 {
		everySum(k-1, highest-n, func(rest []int) { do(append([]int{n}, rest...)) })
	}
}
