package examples

import (
	"fmt"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

func TestShuffleLabelsPermutes(t *testing.T) {
	rows := make(Rows, 200)
	for i := range rows {
		rows[i] = Example{ExampleID: fmt.Sprint(i), Label: int32(i % 5), Labels: []int32{int32(i)}}
	}
	labels := func(rows Rows) (out []int32) {
		for _, r := range rows {
			out = append(out, r.Labels...)
		}
		return out
	}
	once, again, other := labels(rows.ShuffleLabels(1)), labels(rows.ShuffleLabels(1)), labels(rows.ShuffleLabels(2))
	if !slices.Equal(once, again) || slices.Equal(once, other) || slices.Equal(once, labels(rows)) {
		t.Error("labels are not shuffled by the seed alone")
	}
	if !slices.Equal(slices.Sorted(slices.Values(once)), labels(rows)) {
		t.Error("labels were lost or doubled")
	}
}

func TestCheckLabels(t *testing.T) {
	for _, c := range []struct {
		name       string
		multilabel bool
		row        Example
		ok         bool
	}{
		{"class in range", false, Example{Label: 2}, true},
		{"class above", false, Example{Label: 3}, false},
		{"class below", false, Example{Label: -1}, false},
		{"no labels", true, Example{}, true},
		{"labels in range", true, Example{Label: 9, Labels: []int32{0, 2}}, true},
		{"label above", true, Example{Labels: []int32{0, 3}}, false},
	} {
		err := Rows{c.row}.CheckLabels(c.multilabel, 3)
		if (err == nil) != c.ok || err != nil && exit.Of(err) != exit.BadData {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}
