package smallcell

import "testing"

func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		rows   int64
		counts map[string]int64
		want   Count
	}{
		"of nothing that is counted":        {40, map[string]int64{"tokens": 3}, 40},
		"few":                               {4, nil, Below},
		"kept":                              {146, map[string]int64{"read": 150, "kept": 146}, 146},
		"kept, beside few that were not":    {146, map[string]int64{"read": 150, "kept": 146, "dropped.died": 4}, Above},
		"examples of two splits":            {44, map[string]int64{"examples.train": 95, "examples.val": 20, "examples.test": 24}, 44},
		"examples of two splits, one few":   {32, map[string]int64{"examples.train": 95, "examples.val": 8, "examples.test": 24}, Untold},
		"kept, of which few are in a split": {127, map[string]int64{"kept": 127, "kept.train": 95, "kept.val": 8, "kept.test": 24}, 127},
	} {
		if got := Rows(c.rows, c.counts, Counts(c.counts, false)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
