package train

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// batch is the rows that go through the model at once. Only the last batch of
// an epoch may hold fewer rows than the batch size.
type batch struct {
	rows   []int // indices into the examples
	length int   // tokens a row is padded to: a bucket's length
}

// hashOrder returns the indices of ids ordered by the hash of salt and id. It
// depends on nothing else, so that neither part order nor part count moves a
// row.
func hashOrder(salt string, ids []string) []int {
	keys := make([]uint64, len(ids))
	order := make([]int, len(ids))
	for i, id := range ids {
		keys[i], order[i] = xxhash.Sum64String(salt+id), i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(ids[a], ids[b]))
	})
	return order
}

// epochOrder returns the indices of ids in the order of an epoch.
func epochOrder(seed int64, epoch int, ids []string) []int {
	return hashOrder(fmt.Sprintf("order:%d:%d:", seed, epoch), ids)
}

// bucketCount is the number of padded lengths in use. Each costs a compiled
// graph and its memory; four waste at most a quarter of the longest length.
const bucketCount = 4

// bucketLengths returns the padded lengths for documents of at most longest
// tokens, ascending: quarters of longest, rounded up to multiples of 8.
func bucketLengths(longest int) []int {
	longest = max(longest, 1)
	var lengths []int
	for q := 1; q <= bucketCount; q++ {
		quarter := (longest*q + bucketCount - 1) / bucketCount
		lengths = append(lengths, min((quarter+7)/8*8, longest))
	}
	return slices.Compact(lengths)
}

// bucketOf returns the index of the smallest bucket that holds n tokens.
func bucketOf(n int, buckets []int) int {
	i, _ := slices.BinarySearch(buckets, n)
	return i
}

// batches cuts the order into batches of size rows of like length: a batch
// stands where its last row stood. Rows left over at the end go up into longer
// buckets, so that at most one batch is short and their number is
// ⌈len(order)/size⌉ in every epoch.
func batches(order, lengths []int, size int, buckets []int) []batch {
	var out []batch
	open := make([][]int, len(buckets))
	for _, row := range order {
		b := bucketOf(lengths[row], buckets)
		open[b] = append(open[b], row)
		if len(open[b]) == size {
			out = append(out, batch{open[b], buckets[b]})
			open[b] = nil
		}
	}
	var carry []int
	for b, rows := range open {
		carry = append(carry, rows...)
		if len(carry) >= size {
			out = append(out, batch{slices.Clone(carry[:size]), buckets[b]})
			carry = carry[size:]
		}
	}
	if len(carry) > 0 {
		out = append(out, batch{carry, longestBucket(carry, lengths, buckets)})
	}
	return out
}

func longestBucket(rows, lengths, buckets []int) int {
	b := 0
	for _, row := range rows {
		b = max(b, bucketOf(lengths[row], buckets))
	}
	return buckets[b]
}
