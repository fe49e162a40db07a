package smallcell

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		things [][]int
		want   [][]Count
	}{
		"nothing small":        {[][]int{{80, 10, 20}, {40, 0, 10}}, [][]Count{{80, 10, 20}, {40, 0, 10}}},
		"a small one":          {[][]int{{95, 8, 19}}, [][]Count{{Untold, Untold, Untold}}},
		"beside none":          {[][]int{{95, 8, 0}}, [][]Count{{Untold, Untold, 0}}},
		"of two things":        {[][]int{{81, 70, 60}, {30, 4, 22}}, [][]Count{{Untold, Untold, Untold}, {Untold, Untold, Untold}}},
		"of three the two few": {[][]int{{200, 90, 80}, {30, 4, 22}, {50, 20, 30}}, [][]Count{{200, 90, 80}, {Untold, Untold, Untold}, {Untold, Untold, Untold}}},
		"nothing at all":       {[][]int{{}}, [][]Count{{}}},
	} {
		if diff := cmp.Diff(c.want, Table(c.things)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The attack: who knows what is told, the sum over the splits and one split besides that
// is not small, such as the measured one, is left with several values of each small count.
func TestNoSplitIsSolved(t *testing.T) {
	const highest = 30
	for known := range 3 {
		alike := map[string]map[int]bool{}
		everySum(3, highest, func(bySplit []int) {
			for small, n := range bySplit {
				if small == known || !Small(n) || Small(bySplit[known]) || n+bySplit[3-small-known] < Limit {
					continue
				}
				key := fmt.Sprint(small, sumOfInts(bySplit), bySplit[known], Table([][]int{bySplit}))
				if alike[key] == nil {
					alike[key] = map[int]bool{}
				}
				alike[key][n] = true
			}
		})
		everySum(3, highest, func(bySplit []int) { // the large ones that look alike are values too
			for i, n := range bySplit {
				if values := alike[fmt.Sprint(i, sumOfInts(bySplit), bySplit[known], Table([][]int{bySplit}))]; i != known && values != nil {
					values[n] = true
				}
			}
		})
		for key, values := range alike {
			if len(values) == 1 {
				t.Errorf("%s, of which split %d is known: %v is left", key, known, values)
			}
		}
	}
}

// A count of a thing by split is told where all of the thing are, and none is small.
func TestAllSplitsAreToldOrNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		things := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 40), 3, 3), 1, 5).Draw(t, "things")
		for i, told := range Table(things) {
			hidden := 0
			for k, n := range things[i] {
				if told[k].Hidden() || n == 0 {
					hidden++
				} else if int(told[k]) != n || Small(n) {
					t.Fatalf("%d is told as %s", n, told[k])
				}
			}
			zeros := 0
			for _, n := range things[i] {
				if n == 0 {
					zeros++
				}
			}
			if hidden != zeros && hidden < 3 {
				t.Fatalf("of %v is told %v", things[i], told)
			}
		}
	})
}
