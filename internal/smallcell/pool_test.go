package smallcell

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPool(t *testing.T) {
	for _, c := range []struct {
		name   string
		rows   [][]int64
		hidden []bool
		want   []bool
		fails  bool
	}{
		{"nothing small", [][]int64{{10}, {40}, {0}}, nil, []bool{false, false, false}, false},
		{"one small, with the smallest other", [][]int64{{30}, {4}, {20}}, nil, []bool{false, true, true}, false},
		{"two small of ten", [][]int64{{3}, {7}, {20}}, nil, []bool{true, true, false}, false},
		{"two small of nine", [][]int64{{3}, {6}, {20}, {30}}, nil, []bool{true, true, true, false}, false},
		{"one and no other, whose sum is not told", [][]int64{{3}}, nil, []bool{true}, false},
		{"all together small", [][]int64{{3}, {2}}, nil, []bool{true, true}, false},
		{"another column small", [][]int64{{30, 12}, {50, 2}, {40, 40}}, nil, []bool{true, true, false}, false},
		{"a row with a zero does not help", [][]int64{{30, 12}, {0, 20}, {50, 2}}, nil, []bool{true, false, true}, false},
		{"nothing else can help", [][]int64{{20, 3}, {0, 12}}, nil, []bool{true, false}, true},
		{"the sum of others, told by none", [][]int64{{30, 12}, {50, 20}}, []bool{true, false}, []bool{true, false}, false},
		{"the sum of others, small", [][]int64{{30, 2}, {50, 20}}, []bool{true, false}, []bool{true, true}, false},
		{"the sum of others hides a small one", [][]int64{{30, 20}, {50, 2}, {20, 20}}, []bool{true, false, false}, []bool{true, true, false}, false},
	} {
		if c.hidden == nil {
			c.hidden = make([]bool, len(c.rows))
		}
		got, ok := Pool(c.rows, c.hidden)
		if diff := cmp.Diff(c.want, got); diff != "" || ok == c.fails {
			t.Errorf("%s: ok is %v: %s", c.name, ok, diff)
		}
	}
}

// Who knows the sums of the columns and all rows that are told can say of no small count
// what it is: at least two rows without a zero are in the pool with it, and no column's
// hidden counts add up to a small one.
func TestNoCountFollowsFromThePool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.Int64Range(0, 30), 2, 2), 1, 6).Draw(t, "rows")
		pool, ok := Pool(rows, make([]bool, len(rows)))
		in, sums, left := 0, [2]int64{}, [2]int64{}
		for i, row := range rows {
			if pool[i] {
				in++
			}
			for k, n := range row {
				sums[k] += n
				if pool[i] {
					left[k] += n
				} else if Small(n) {
					t.Fatalf("%v: a count of %d is told", rows, n)
				}
			}
		}
		if !ok || Small(sums[0]) || Small(sums[1]) {
			return
		}
		if in == 1 || Small(left[0]) || Small(left[1]) {
			t.Fatalf("%v, of which %v are hidden: %v are left", rows, pool, left)
		}
	})
}
