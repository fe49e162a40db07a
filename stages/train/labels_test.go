package train

import (
	"fmt"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/task"
)

func TestShuffleLabelsPermutes(t *testing.T) {
	rows := make(examples, 200)
	for i := range rows {
		rows[i] = task.Tokens{ExampleID: fmt.Sprint(i), Label: int32(i % 5), Labels: []int32{int32(i)}}
	}
	labels := func(rows examples) (out []int32) {
		for _, r := range rows {
			out = append(out, r.Labels...)
		}
		return out
	}
	once, again, other := labels(shuffleLabels(rows, 1)), labels(shuffleLabels(rows, 1)), labels(shuffleLabels(rows, 2))
	if !slices.Equal(once, again) || slices.Equal(once, other) || slices.Equal(once, labels(rows)) {
		t.Error("labels are not shuffled by the seed alone")
	}
	if !slices.Equal(slices.Sorted(slices.Values(once)), labels(rows)) {
		t.Error("labels were lost or doubled")
	}
}

func TestCheckLabels(t *testing.T) {
	for _, c := range []struct {
		name string
		kind string
		row  task.Tokens
		ok   bool
	}{
		{"class in range", singleLabel, task.Tokens{Label: 2}, true},
		{"class above", singleLabel, task.Tokens{Label: 3}, false},
		{"class below", singleLabel, task.Tokens{Label: -1}, false},
		{"no labels", multiLabel, task.Tokens{}, true},
		{"labels in range", multiLabel, task.Tokens{Label: 9, Labels: []int32{0, 2}}, true},
		{"label above", multiLabel, task.Tokens{Labels: []int32{0, 3}}, false},
	} {
		err := checkLabels(examples{c.row}, c.kind, 3)
		if (err == nil) != c.ok || err != nil && exit.Of(err) != exit.BadData {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}
