package card

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// tallyOf draws the examples of a task.
func tallyOf(r *rapid.T, of task.Task) *tally {
	t := newTally(of.NumLabels(), true)
	for _, name := range split.Names {
		s, few := t.Splits[name], rapid.IntRange(0, 40)
		for range few.Draw(r, "examples of "+name) {
			t.Join["examples."+name]++
			if s.Patients == 0 || rapid.IntRange(0, 9).Draw(r, "came again") > 0 {
				s.Patients++
			}
			s.Dated++
			s.Sectioned++
			label := rapid.IntRange(0, of.NumLabels()-1).Draw(r, "label")
			s.Labels[label]++
			if of.Kind == task.Binary {
				t.Join["positives."+name] += int64(label)
			}
			s.Characters[rapid.IntRange(1, 300).Draw(r, "length")]++
			t.group(rapid.IntRange(0, 20).Draw(r, "group"))[name]++
			if rapid.Bool().Draw(r, "late") {
				s.Late++
				s.Empty[3]++
			}
		}
		t.Join["labels_without_tokens."+name] = int64(few.Draw(r, "labels without a text"))
	}
	return t
}

// TestNothingSmallIsTold: no count of one to nine is in a card, nor one that the others
// and their sum give away.
func TestNothingSmallIsTold(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		of := rapid.SampledFrom([]task.Task{
			{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}},
			{Name: "diag", Kind: task.Multilabel, Labels: []string{"038", "250", "428"}},
		}).Draw(r, "task")
		c := gate{Config{SmallCells: smallcell.Hide}}.tell(of, tallyOf(r, of))
		for _, s := range c.Splits {
			counts := []smallcell.Count{s.Patients, s.Examples, s.AfterIndex.N, s.Equal.Within.N, s.Equal.Across.N}
			for _, p := range slices.Concat(s.Labels, s.EmptySections) {
				counts = append(counts, p.N)
			}
			if s.Characters != nil {
				counts = append(append(counts, s.Characters.Texts), s.Characters.Bins...)
			}
			if slices.ContainsFunc(counts, func(n smallcell.Count) bool { return smallcell.Small(int64(n)) }) {
				r.Fatalf("a small count is told: %+v", s)
			}
			if !s.Examples.Hidden() && !s.Patients.Hidden() && smallcell.Small(int64(s.Examples-s.Patients)) {
				r.Fatalf("examples less patients tell of few who came again: %+v", s)
			}
			if alone(s.Labels) && !s.Examples.Hidden() {
				r.Fatalf("one hidden label follows from the others: %+v", s)
			}
		}
		if of.Kind == task.Binary {
			toldAllOrNone(r, c, func(s Split) smallcell.Count { return s.Labels[0].N })
			toldAllOrNone(r, c, func(s Split) smallcell.Count { return s.Labels[1].N })
		}
		toldAllOrNone(r, c, func(s Split) smallcell.Count { return s.Examples })
		toldAllOrNone(r, c, func(s Split) smallcell.Count { return s.Patients })
		for _, check := range c.Checks {
			if check.Limit == "min_class" && hiddenLabel(c, check) != check.Found.Hidden() {
				r.Fatalf("a limit tells the class that the card hides, or hides it alone: %+v", check)
			}
			if check.Limit == "max_missing_labels" { // of labels, not of patients
				continue
			}
			rest := check.Among - check.Found
			if check.Limit == "max_without_text" && check.Found.Hidden() != check.Among.Hidden() && !c.Join["examples."+check.Split].Hidden() {
				r.Fatalf("a hidden count follows from the others: %+v", check)
			}
			if smallcell.Small(int64(check.Found)) || check.Among > 0 && !check.Found.Hidden() && smallcell.Small(int64(rest)) {
				r.Fatalf("a small count is told: %+v", check)
			}
		}
	})
}

// toldAllOrNone fails where a count of a split follows from those of the others and their
// sum.
func toldAllOrNone(r *rapid.T, c Card, count func(Split) smallcell.Count) {
	told, hidden := 0, 0
	for _, s := range c.Splits {
		switch n := count(s); {
		case n.Hidden():
			hidden++
		case n > 0:
			told++
		}
	}
	if told > 0 && hidden > 0 {
		r.Fatalf("%d splits are told beside %d that are hidden: %+v", told, hidden, c.Splits)
	}
}

// hiddenLabel says whether the card hides the class of a limit.
func hiddenLabel(c Card, check Check) bool {
	for _, s := range c.Splits {
		for _, label := range s.Labels {
			if s.Split == check.Split && label.Name == check.Of {
				return label.N.Hidden()
			}
		}
	}
	return false
}

// alone says whether one of some counts is hidden and no other.
func alone(parts []Part) bool {
	hidden := 0
	for _, p := range parts {
		if p.N.Hidden() {
			hidden++
		}
	}
	return hidden == 1
}

// TestQuantiles against numpy.quantile with method="inverted_cdf".
func TestQuantiles(t *testing.T) {
	lengths := map[int]int64{3: 2, 5: 1, 9: 4, 12: 3}
	for q, want := range map[float64]int{0.1: 3, 0.2: 3, 0.25: 5, 0.3: 5, 0.5: 9, 0.7: 9, 0.75: 12, 1: 12} {
		if got := quantile(lengths, q); got != want {
			t.Errorf("quantile %g is %d, want %d", q, got, want)
		}
	}
}
