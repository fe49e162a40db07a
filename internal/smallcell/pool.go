package smallcell

import "slices"

// Pool says which rows of a table are hidden, where the sum of each column is told unless
// it is small: those with a small count and, from the smallest on, as many others as it
// takes for two to be hidden and for no column's hidden counts to add up to a small one. A
// row with a zero does not help, as it may be known by other means. Of a hidden row nothing
// is to be told, not even on which side of Limit it lies. hidden are rows that are hidden
// whatever they hold, such as the sum of others; such a one may be hidden alone. ok is
// false where too few rows can help, so that a small count follows all the same.
func Pool(rows [][]int64, hidden []bool) (pool []bool, ok bool) {
	pool = make([]bool, len(rows))
	for i, row := range rows {
		pool[i] = hidden[i] || hasSmall(row)
	}
	if hasSmall(columnSums(rows, func(int) bool { return true })) {
		return pool, true // the sums are not told
	}
	for follows(rows, hidden, pool) {
		next := smallest(rows, pool)
		if next < 0 {
			return pool, false
		}
		pool[next] = true
	}
	return pool, true
}

func hasSmall(counts []int64) bool { return slices.ContainsFunc(counts, Small[int64]) }

// columnSums adds up the rows that are of.
func columnSums(rows [][]int64, of func(row int) bool) (sums []int64) {
	for i, row := range rows {
		if sums == nil {
			sums = make([]int64, len(row))
		}
		for k, n := range row {
			if of(i) {
				sums[k] += n
			}
		}
	}
	return sums
}

// follows says whether a small count follows from what is not in the pool.
func follows(rows [][]int64, hidden, pool []bool) bool {
	in, alone := 0, false
	for i := range rows {
		if pool[i] {
			in, alone = in+1, in == 0 && !hidden[i]
		}
	}
	return alone || hasSmall(columnSums(rows, func(i int) bool { return pool[i] }))
}

// smallest is the row with the fewest that can go to the pool, the first of equal ones; -1
// where none can.
func smallest(rows [][]int64, pool []bool) int {
	at, fewest := -1, int64(0)
	for i, row := range rows {
		var n int64
		for _, count := range row {
			n += count
		}
		if !pool[i] && !slices.Contains(row, 0) && (at < 0 || n < fewest) {
			at, fewest = i, n
		}
	}
	return at
}
