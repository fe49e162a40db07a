package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/task"
)

// splitNames are the splits in the order of their use.
var splitNames = []string{split.Train, split.Val, split.Test}

// labelCounts are the labels of a task, whether they have a text or not.
type labelCounts struct {
	Step, Label, Kind, Release string
	N                          smallcell.Count
	Labels                     string
	Rest                       []namedCount
}

// joinedCounts are a task's examples: labels that have a text and a split. Rest is
// what did not meet.
type joinedCounts struct {
	Label, Split string
	Splits       []splitCounts // of splitNames
	Rest         []namedCount
}

// splitCounts are a split's examples, the labels that they have, and the labels that
// have no text.
type splitCounts struct {
	N, WithoutText smallcell.Count
	Labels         string
}

func labelsOf(d *dataset.Dataset, of task.Task, counts map[string]smallcell.Count) labelCounts {
	l := labelCounts{Step: stages.StepName(d), Label: taskLabel(of.Name), Kind: string(of.Kind), Release: of.Release, N: counts["kept"], Labels: showLabels(of, counts, "")}
	l.Rest = named(without(counts, "kept", "positives", "pairs", "class"))
	return l
}

// joinedOf are the examples of the tasks, as models and predictions were joined: those
// of one task that count the same are one.
func joinedOf(datasets []*dataset.Dataset, show bool) ([]joinedCounts, error) {
	var joined []joinedCounts
	seen := map[string]bool{}
	for _, d := range datasets {
		of, told, err := task.Of(d)
		if err != nil {
			return nil, err
		}
		counts := maps.Clone(d.Manifest.Counts)
		maps.DeleteFunc(counts, func(name string, _ int64) bool { return !ofJoin(name) })
		key := fmt.Sprint(of.Name, of.Split, counts) // the keys of a map are printed in order
		if !told || of.Kind == task.LanguageModeling || !hasExamples(counts) || seen[key] {
			continue
		}
		seen[key] = true
		joined = append(joined, joinedBy(of, smallcell.Counts(counts, show)))
	}
	order := func(a, b joinedCounts) int { return place(a.Label) - place(b.Label) }
	slices.SortStableFunc(joined, order)
	return joined, nil
}

// place is a task's place in the paper's order, behind all where it has none.
func place(label string) int {
	if i := slices.Index(paperTasks, strings.ToLower(label)); i >= 0 {
		return i
	}
	return len(paperTasks)
}

// hasExamples says whether counts are those of a join.
func hasExamples(counts map[string]int64) bool {
	return slices.ContainsFunc(splitNames, func(name string) bool { _, counted := counts["examples."+name]; return counted })
}

// ofJoin says whether a count is one of what met in a join, or did not.
func ofJoin(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"examples", "positives", "pairs", "class", "labels_without_tokens"}, first) || strings.HasPrefix(first, "texts_")
}

func joinedBy(of task.Task, counts map[string]smallcell.Count) joinedCounts {
	j := joinedCounts{Label: taskLabel(of.Name), Split: of.Split}
	for _, name := range splitNames {
		j.Splits = append(j.Splits, splitCounts{N: counts["examples."+name], WithoutText: counts["labels_without_tokens."+name], Labels: showLabels(of, counts, "."+name)})
	}
	rest := without(counts, "examples", "positives", "pairs", "class")
	maps.DeleteFunc(rest, func(name string, _ smallcell.Count) bool {
		first, of, _ := strings.Cut(name, ".")
		return first == "labels_without_tokens" && slices.Contains(splitNames, of)
	})
	j.Rest = named(rest)
	return j
}

// showLabels shows the labels that are counted for a split, which is a count's ending.
func showLabels(of task.Task, counts map[string]smallcell.Count, split string) string {
	switch of.Kind {
	case task.Binary:
		return page.Count(counts["positives"+split]) + " positive"
	case task.Multilabel:
		return page.Count(counts["pairs"+split]) + " pairs"
	}
	var sizes []smallcell.Count
	for class := range of.NumLabels() {
		sizes = append(sizes, counts["class."+strconv.Itoa(class)+split])
	}
	return "by class " + showParts(sizes)
}

// without are the counts whose names do not begin with one of some words.
func without(counts map[string]smallcell.Count, words ...string) map[string]smallcell.Count {
	rest := maps.Clone(counts)
	maps.DeleteFunc(rest, func(name string, _ smallcell.Count) bool {
		first, _, _ := strings.Cut(name, ".")
		return slices.Contains(words, first)
	})
	return rest
}
