package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
)

// splitNames are the splits in the order of their use.
var splitNames = []string{"train", "val", "test"}

// exampleCounts are a task's examples by split, and what was left out.
type exampleCounts struct {
	Step   string
	Splits []splitCounts // of splitNames
	Rest   []namedCount
}

// splitCounts are a split's examples and the labels that they have.
type splitCounts struct {
	N      smallcell.Count
	Labels string
}

// examplesOf reads the counts that the labelling stages leave: kept.<split>, and
// positives.<split>, pairs.<split> or class.<class>.<split>.
func examplesOf(d *dataset.Dataset, counts map[string]smallcell.Count) exampleCounts {
	rest := maps.Clone(counts)
	e := exampleCounts{Step: stepName(d)}
	classes := classesOf(rest)
	for _, split := range splitNames {
		s := splitCounts{N: rest["kept."+split]}
		var sizes []smallcell.Count
		for class := range classes {
			sizes = append(sizes, rest["class."+strconv.Itoa(class)+"."+split])
		}
		switch {
		case classes > 0:
			s.Labels = "by class " + showParts(sizes)
		case has(rest, "pairs."):
			s.Labels = showCount(rest["pairs."+split]) + " pairs"
		case has(rest, "positives."):
			s.Labels = showCount(rest["positives."+split]) + " positive"
		}
		e.Splits = append(e.Splits, s)
	}
	shown := []string{"kept", "positives", "pairs", "class"}
	maps.DeleteFunc(rest, func(name string, _ smallcell.Count) bool {
		first, _, _ := strings.Cut(name, ".")
		return slices.Contains(shown, first)
	})
	e.Rest = named(rest)
	return e
}

func has(counts map[string]smallcell.Count, prefix string) bool {
	for name := range counts {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// classesOf is the number of classes that counts name, 0 where they name none.
func classesOf(counts map[string]smallcell.Count) int {
	classes := 0
	for name := range counts {
		if rest, of := strings.CutPrefix(name, "class."); of {
			class, _, _ := strings.Cut(rest, ".")
			if k, err := strconv.Atoi(class); err == nil {
				classes = max(classes, k+1)
			}
		}
	}
	return classes
}
