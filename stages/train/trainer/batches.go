package trainer

import (
	"fmt"
	"slices"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
)

// batch is the rows that go through the model at once. Only the last batch of
// an epoch may hold fewer rows than the batch size.
type batch struct {
	rows   []int // indices into the examples
	length int   // tokens a row is padded to: a bucket's length
}

// fitting is a batch size that is no larger than the most rows of a split: a batch of
// more would be padding.
func fitting(size int, splits ...examples.Rows) int {
	most := 1
	for _, rows := range splits {
		most = max(most, len(rows))
	}
	return min(size, most)
}

// epochOrder returns the indices of ids in the order of an epoch.
func epochOrder(seed int64, epoch int, ids []string) []int {
	return examples.HashOrder(fmt.Sprintf("order:%d:%d:", seed, epoch), ids)
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

// inOrder cuts the rows into batches of like length without shuffling them.
func inOrder(rows examples.Rows, size int) []batch {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	return batches(order, rows.Lengths(), size, bucketLengths(rows.Longest()))
}

// tensors lays the rows of a batch out as a graph reads them: input_ids
// [rows, length] padded on the right with 0, which no loss looks at.
func tensors(rows examples.Rows, b batch) graph.Batch {
	in := graph.Batch{InputIDs: make([]int32, len(b.rows)*b.length), Lengths: make([]int32, len(b.rows))}
	for i, row := range b.rows {
		in.Lengths[i] = int32(copy(in.InputIDs[i*b.length:(i+1)*b.length], rows[row].InputIDs))
	}
	return in
}

// Predictable leaves out documents of less than two tokens: a language model has
// nothing to predict there.
func Predictable(rows examples.Rows) examples.Rows {
	return slices.DeleteFunc(slices.Clone(rows), func(row examples.Example) bool { return len(row.InputIDs) < 2 })
}

// Pooled cuts documents after the token that a classification head reads, so that it
// is their last one: see model.Architecture.
func Pooled(rows examples.Rows, m *model.Model) examples.Rows {
	out := slices.Clone(rows)
	for i, row := range out {
		out[i].InputIDs = m.Pooled(row.InputIDs)
	}
	return out
}

// CheckTokens refuses documents that a model cannot read. A document without a token
// has nothing to classify.
func CheckTokens(rows examples.Rows, limits model.Limits) error {
	vocabulary := limits.Vocabulary
	for _, row := range rows {
		if len(row.InputIDs) == 0 {
			return exit.Errorf(exit.BadData, "a document of split %s has no token; let the tokenizer begin each with BOS, or leave empty documents out", row.Split)
		}
		if slices.ContainsFunc(row.InputIDs, func(id int32) bool { return id < 0 || int(id) >= vocabulary }) {
			return exit.Errorf(exit.BadData, "a document of split %s holds a token outside the model's vocabulary of %d; tokenize with the base model's own tokenizer", row.Split, vocabulary)
		}
	}
	return limits.CheckLength(rows.Longest())
}
