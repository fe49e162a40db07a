package smallcell

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCountsAsJSON(t *testing.T) {
	for want, c := range map[string]Count{"0": 0, `"<10"`: Of(1), "10": Of(10), "1234567": 1234567, `">=10"`: Above, `"hidden"`: Untold} {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var told string
		if json.Unmarshal(text, &told) == nil {
			told = `"` + told + `"`
		} else {
			told = string(text)
		}
		var back Count
		if err := json.Unmarshal(text, &back); err != nil || back != c || told != want || strings.Trim(want, `"`) != c.String() {
			t.Errorf("%s is written as %s (%s), read as %d: %v", want, text, c, back, err)
		}
	}
	for _, text := range []string{"-1", "1.5", `"zqcanary"`, "{}", `"9"`} {
		var c Count
		if err := json.Unmarshal([]byte(text), &c); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s was read as %v, error %v", text, c, err)
		}
	}
}

func TestCounts(t *testing.T) {
	for name, c := range map[string]struct{ counts, want map[string]string }{
		"nothing small": {
			map[string]string{"kept": "40", "kept.test": "40", "positives.test": "12"},
			map[string]string{"kept": "40", "kept.test": "40", "positives.test": "12"}},
		"few positives": {
			map[string]string{"kept.test": "29", "positives.test": "3"},
			map[string]string{"kept.test": "29", "positives.test": "hidden"}},
		"few negatives": {
			map[string]string{"kept.test": "29", "positives.test": "25"},
			map[string]string{"kept.test": "29", "positives.test": "hidden"}},
		"one small class": {
			map[string]string{"kept.val": "128", "class.0.val": "100", "class.1.val": "6", "class.2.val": "0", "class.3.val": "22"},
			map[string]string{"kept.val": "128", "class.0.val": "100", "class.1.val": "hidden", "class.2.val": "0", "class.3.val": "hidden"}},
		"two small classes": {
			map[string]string{"kept.val": "108", "class.0.val": "100", "class.1.val": "6", "class.2.val": "2"},
			map[string]string{"kept.val": "108", "class.0.val": "hidden", "class.1.val": "hidden", "class.2.val": "hidden"}},
		"one split, and what is left out": {
			map[string]string{"read": "150", "dropped.died": "4", "kept": "146", "kept.train": "120", "kept.val": "26"},
			map[string]string{"read": "150", "dropped.died": "<10", "kept": ">=10", "kept.train": "hidden", "kept.val": "hidden"}},
		"bad records": {
			map[string]string{"read": "1000", "kept": "960", "skipped": "37", "quarantined": "3", "quarantined.quote": "3"},
			map[string]string{"read": "1000", "kept": "960", "skipped": ">=10", "quarantined": "<10", "quarantined.quote": "<10"}},
		"labels that are in no split yet": {
			map[string]string{"kept": "140", "class.0": "100", "class.1": "34", "class.2": "6"},
			map[string]string{"kept": "140", "class.0": "100", "class.1": ">=10", "class.2": "<10"}},
		"few labels without a text": {
			map[string]string{"examples.train": "70", "examples.val": "12", "examples.test": "20", "labels_without_tokens.train": "3", "positives.test": "18"},
			map[string]string{"examples.train": "hidden", "examples.val": "hidden", "examples.test": "hidden", "labels_without_tokens.train": "hidden", "positives.test": "hidden"}},
		"few in a split": {
			map[string]string{"patients.train": "95", "patients.val": "8", "patients.test": "19"},
			map[string]string{"patients.train": "hidden", "patients.val": "hidden", "patients.test": "hidden"}},
		"few positives in a split": {
			map[string]string{"examples.train": "111", "examples.val": "38", "examples.test": "44", "positives.train": "30", "positives.val": "4", "positives.test": "22"},
			map[string]string{"examples.train": "111", "examples.val": "38", "examples.test": "44", "positives.train": "hidden", "positives.val": "hidden", "positives.test": "hidden"}},
		"a split of none": {
			map[string]string{"patients.train": "95", "patients.val": "0", "patients.test": "19"},
			map[string]string{"patients.train": "95", "patients.val": "0", "patients.test": "19"}},
		"few validated on, of which the examples are known": {
			map[string]string{"examples.train": "111", "examples.val": "8", "train_examples": "111", "val_examples": "8"},
			map[string]string{"examples.train": "hidden", "examples.val": "hidden", "train_examples": "hidden", "val_examples": "hidden"}},
		"trained on what is hidden": {
			map[string]string{"examples.train": "111", "examples.val": "8", "examples.test": "24", "train_examples": "111"},
			map[string]string{"examples.train": "hidden", "examples.val": "hidden", "examples.test": "hidden", "train_examples": "hidden"}},
		"few texts without a label": {
			map[string]string{"examples.train": "111", "examples.val": "18", "examples.test": "24", "texts_without_label": "3"},
			map[string]string{"examples.train": "hidden", "examples.val": "hidden", "examples.test": "hidden", "texts_without_label": "<10"}},
		"names that make no sum": {
			map[string]string{"read": "1000", "kept": "20", "dropped.died": "4"},
			map[string]string{"read": "1000", "kept": "20", "dropped.died": "<10"}},
	} {
		counts := map[string]int64{}
		for name, n := range c.counts {
			value, err := strconv.ParseInt(n, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			counts[name] = value
		}
		got := map[string]string{}
		for name, told := range Counts(counts, false) {
			got[name] = told.String()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for name, told := range Counts(counts, true) {
			if int64(told) != counts[name] {
				t.Errorf("%s: %s is hidden though all were to be shown", name, told)
			}
		}
	}
}

// No small count is told, and none follows from a sum: of a total and its parts none
// is hidden alone.
func TestNoCountFollowsFromTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) int64 { return rapid.Int64Range(0, 25).Draw(t, name) }
		counts := map[string]int64{}
		sums := map[string][]string{}
		for _, split := range []string{"train", "val", "test"} {
			kept := "kept." + split
			for class := range rapid.IntRange(1, 4).Draw(t, "classes") {
				name := fmt.Sprintf("class.%d.%s", class, split)
				counts[name] = draw(name)
				counts[kept] += counts[name]
				sums[kept] = append(sums[kept], name)
			}
			counts["kept"] += counts[kept]
			sums["kept"] = append(sums["kept"], kept)
		}
		counts["dropped.a"], counts["dropped.b"] = draw("a"), draw("b")
		counts["read"] = counts["kept"] + counts["dropped.a"] + counts["dropped.b"]
		sums["read"] = []string{"kept", "dropped.a", "dropped.b"}

		told := Counts(counts, false)
		for name, n := range counts {
			switch {
			case !told[name].Hidden() && (Small(n) || int64(told[name]) != n):
				t.Errorf("%s is %d and told as %s", name, n, told[name])
			case told[name] == Above && n < Limit:
				t.Errorf("%s is %d and said to be %s", name, n, told[name])
			}
		}
		for total, parts := range sums {
			hidden := 0
			for _, name := range append(parts, total) {
				if told[name].Hidden() {
					hidden++
				}
			}
			if hidden == 1 {
				t.Errorf("one hidden count of %s and its parts follows from the others: %v", total, told)
			}
		}
	})
}

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		n      int
		counts []int
		want   []Count
	}{
		{100, []int{50, 60, 0}, []Count{50, 60, 0}},
		{100, []int{50, 60, 4}, []Count{Above, 60, Below}},
		{100, []int{50, 3, 4}, []Count{Above, Below, Below}}, // seven are left of them, or three and four
		{100, []int{50, 4, 6}, []Count{50, Below, Below}},
		{100, []int{50, 95, 60}, []Count{Above, Above, 60}}, // five are without the second
		{5, []int{5, 0, 2}, []Count{Below, 0, Below}},
	} {
		if diff := cmp.Diff(c.want, Labels(c.n, c.counts)); diff != "" {
			t.Errorf("%v of %d: %s", c.counts, c.n, diff)
		}
	}
}
