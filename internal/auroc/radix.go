package auroc

import "slices"

// fewKeys are sorted by comparing them: counting digits costs as much for few as for
// many. Measured by BenchmarkSorted.
const fewKeys = 64

// sorted sorts keys, digit after digit from the last one (Knuth, volume 3, 5.2.5). A
// digit that is the same everywhere is passed over, as are the last three of scores
// that were float32. The result may lie in other memory.
func (c *comparison) sorted(keys []uint64) []uint64 {
	if len(keys) <= fewKeys {
		slices.Sort(keys)
		return keys
	}
	var varying uint64
	for _, key := range keys {
		varying |= key ^ keys[0]
	}
	c.spare = resize(c.spare, len(keys))
	from, to := keys, c.spare
	for digit := 0; digit < 64; digit += 8 {
		if byte(varying>>digit) != 0 {
			byDigit(to, from, digit)
			from, to = to, from
		}
	}
	return from
}

// byDigit puts keys in the order of the eight bits from digit on, and leaves those that
// have the same as they were.
func byDigit(to, from []uint64, digit int) {
	var next [256]int
	for _, key := range from {
		next[byte(key>>digit)]++
	}
	place := 0
	for value, n := range next {
		next[value] = place
		place += n
	}
	for _, key := range from {
		value := byte(key >> digit)
		to[next[value]] = key
		next[value]++
	}
}
