package ventilation

import (
	"testing"

	"github.com/clinflow/clinflow/mimic"
)

func TestChartedItems(t *testing.T) {
	for _, c := range []struct {
		database string
		items    int
		in, out  []int64
	}{
		{mimic.MIMICIII, 69, []int64{1, 467, 640, 720, 223848, 226732}, []int64{459, 470, 223834, 223835}},
		{mimic.MIMICIV, 19, []int64{223834, 226732, 229314, 223835}, []int64{467, 224701}},
		{"eicu", 0, nil, []int64{1}},
	} {
		charted := Charted(c.database)
		if len(charted) != c.items {
			t.Errorf("%s: %d items, want %d", c.database, len(charted), c.items)
		}
		for _, item := range c.in {
			if !charted[item] {
				t.Errorf("%s: item %d is not there", c.database, item)
			}
		}
		for _, item := range c.out {
			if charted[item] {
				t.Errorf("%s: item %d is there", c.database, item)
			}
		}
	}
}
