package report

import (
	"context"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/vocabulary"
	"github.com/clinflow/clinflow/task"
)

// data is what the report shows of datasets' counts.
type data struct {
	Examples     []exampleCounts
	Vocabularies []vocabularyCounts
	Others       []datasetCounts
}

// vocabularyCounts are of the label list of a multi-label task.
type vocabularyCounts struct {
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

// dataOf gathers what datasets count; small counts only where show is set.
func dataOf(ctx context.Context, datasets []*dataset.Dataset, show bool) (data, error) {
	var shown data
	for _, d := range datasets {
		counts := smallcell.Counts(d.Manifest.Counts, show)
		switch d.Manifest.Kind {
		case task.KindExamples:
			shown.Examples = append(shown.Examples, examplesOf(d, counts))
		case task.KindVocabulary:
			v, err := vocabularyOf(ctx, d, counts)
			if err != nil {
				return shown, err
			}
			shown.Vocabularies = append(shown.Vocabularies, v)
		default:
			shown.Others = append(shown.Others, countsOf(d, counts, show))
		}
	}
	return shown, nil
}

func vocabularyOf(ctx context.Context, d *dataset.Dataset, counts map[string]smallcell.Count) (vocabularyCounts, error) {
	v, err := vocabulary.Read(ctx, d)
	return vocabularyCounts{
		Step: stepName(d), Label: taskLabel(v.Task), Recipe: v.Recipe, Split: v.Split, Labels: counts["labels"], MinCount: v.MinCount,
		Codes: counts["distinct_codes"], Pairs: counts["pairs"], Admissions: counts["admissions"], NotTaken: counts["codes_ignored"],
	}, err
}

// countsOf adds the rows of tables to the counts. A table holds what was kept.
func countsOf(d *dataset.Dataset, counts map[string]smallcell.Count, show bool) datasetCounts {
	c := datasetCounts{Step: stepName(d), Kind: d.Manifest.Kind}
	for _, table := range slices.Sorted(maps.Keys(d.Manifest.Tables)) {
		var rows int64
		for _, part := range d.Manifest.Tables[table] {
			rows += part.Rows
		}
		told := smallcell.Counts(map[string]int64{table: rows}, show)[table]
		if kept, counted := d.Manifest.Counts["kept"]; counted && kept == rows {
			told = counts["kept"]
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

var fingerprint = regexp.MustCompile(`-[0-9a-f]{16}$`)

// stepName is the step that made a dataset, from the name of its folder.
func stepName(d *dataset.Dataset) string {
	return fingerprint.ReplaceAllString(path.Base(strings.ReplaceAll(d.URI(), `\`, "/")), "")
}
