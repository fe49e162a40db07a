package trainer

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestHashOrderFollowsIDsNotPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.StringMatching(`[a-z]{1,6}`), rapid.ID[string]).Draw(t, "ids")
		shuffled := rapid.Permutation(ids).Draw(t, "shuffled")
		seed, epoch := rapid.Int64().Draw(t, "seed"), rapid.IntRange(0, 9).Draw(t, "epoch")
		named := func(ids []string) []string {
			var out []string
			for _, i := range epochOrder(seed, epoch, ids) {
				out = append(out, ids[i])
			}
			return out
		}
		if !slices.Equal(named(ids), named(shuffled)) {
			t.Fatal("the order of an epoch depends on the order of the rows")
		}
	})
}

func TestEpochsAndSeedsDiffer(t *testing.T) {
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	first := epochOrder(1, 0, ids)
	if slices.Equal(first, epochOrder(1, 1, ids)) || slices.Equal(first, epochOrder(2, 0, ids)) {
		t.Error("another epoch or seed gave the same order")
	}
}

func TestBatchesHoldEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(1, 130), 1, 200).Draw(t, "lengths")
		size := rapid.IntRange(1, 17).Draw(t, "size")
		order := make([]int, len(lengths))
		for i := range order {
			order[i] = i
		}
		got := batches(order, lengths, size, bucketLengths(slices.Max(lengths)))
		if want := (len(lengths) + size - 1) / size; len(got) != want {
			t.Fatalf("%d batches of %d rows by %d, want %d", len(got), len(lengths), size, want)
		}
		seen := make([]bool, len(lengths))
		for i, b := range got {
			if len(b.rows) < size && i != len(got)-1 || len(b.rows) > size {
				t.Fatalf("batch %d of %d holds %d rows", i, len(got), len(b.rows))
			}
			for _, row := range b.rows {
				if seen[row] || lengths[row] > b.length {
					t.Fatalf("row of %d tokens in a batch of %d, seen before: %v", lengths[row], b.length, seen[row])
				}
				seen[row] = true
			}
		}
	})
}

func TestBucketLengths(t *testing.T) {
	for _, c := range []struct {
		longest int
		want    []int
	}{{128, []int{32, 64, 96, 128}}, {100, []int{32, 56, 80, 100}}, {5, []int{5}}, {0, []int{1}}} {
		if got := bucketLengths(c.longest); !slices.Equal(got, c.want) {
			t.Errorf("longest %d: %v, want %v", c.longest, got, c.want)
		}
	}
}
