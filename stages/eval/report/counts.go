package report

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/task"
)

// data is what the report shows of datasets' counts.
type data struct {
	Labels    []labelCounts
	Joined    []joinedCounts
	LabelSets []labelSetCounts
	Others    []datasetCounts
}

// labelSetCounts are of the list of labels of a multilabel task.
type labelSetCounts struct {
	Step, Label, Recipe, Split         string
	Labels                             smallcell.Count
	MinCount                           int
	Codes, Pairs, Admissions, NotTaken smallcell.Count
}

// datasetCounts lists the tables and counts of any dataset.
type datasetCounts struct {
	Step, Kind string
	Counts     []namedCount
}

type namedCount struct {
	Name string
	N    smallcell.Count
}

// dataOf gathers what datasets count, and what models and predictions were joined of;
// small counts only where show is set.
func dataOf(ctx context.Context, datasets, models []*dataset.Dataset, show bool) (shown data, err error) {
	if shown.Joined, err = joinedOf(slices.Concat(models, datasets), show); err != nil {
		return shown, err
	}
	for _, d := range datasets {
		counts := smallcell.Counts(d.Manifest.Counts, show)
		switch d.Manifest.Kind {
		case task.KindLabels:
			of, _, err := task.Of(d)
			if err != nil {
				return shown, err
			}
			shown.Labels = append(shown.Labels, labelsOf(d, of, counts))
		case task.KindLabelSet:
			set, err := labelSetOf(ctx, d, counts)
			if err != nil {
				return shown, err
			}
			shown.LabelSets = append(shown.LabelSets, set)
		default:
			shown.Others = append(shown.Others, countsOf(d, counts, show))
		}
	}
	return shown, nil
}

func labelSetOf(ctx context.Context, d *dataset.Dataset, counts map[string]smallcell.Count) (labelSetCounts, error) {
	of, _, err := task.Of(d)
	if err != nil {
		return labelSetCounts{}, err
	}
	var list label.Counted
	err = d.ReadJSON(ctx, label.SetFile, &list)
	return labelSetCounts{
		Step: stages.StepName(d), Label: taskLabel(of.Name), Recipe: of.Recipe, Split: of.Split, Labels: counts["labels"], MinCount: list.MinCount,
		Codes: counts["distinct_codes"], Pairs: counts["pairs"], Admissions: counts["admissions"], NotTaken: counts["codes_ignored"],
	}, err
}

// countsOf adds the rows of tables to the counts.
func countsOf(d *dataset.Dataset, counts map[string]smallcell.Count, show bool) datasetCounts {
	c := datasetCounts{Step: stages.StepName(d), Kind: d.Manifest.Kind}
	for _, table := range slices.Sorted(maps.Keys(d.Manifest.Tables)) {
		var rows int64
		for _, part := range d.Manifest.Tables[table] {
			rows += part.Rows
		}
		told := smallcell.Count(rows)
		if !show {
			told = smallcell.Rows(rows, d.Manifest.Counts, counts)
		}
		c.Counts = append(c.Counts, namedCount{table + " rows", told})
	}
	c.Counts = append(c.Counts, named(counts)...)
	return c
}

// named are counts, what was read first and the others in the order of their
// names, which lose what machines need.
func named(counts map[string]smallcell.Count) []namedCount {
	var list []namedCount
	for _, name := range ordered(maps.Keys(counts), []string{"read"}) {
		words := strings.NewReplacer("_", " ", ".", " ").Replace(strings.TrimPrefix(name, "dropped."))
		list = append(list, namedCount{words, counts[name]})
	}
	return list
}
