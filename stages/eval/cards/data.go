package cards

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/card"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// KindDataCard is the kind of what eval.data_card leaves.
const KindDataCard = "data_card"

// DataName is the card's file.
const DataName = "data.md"

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "eval.data_card",
		Version: 4,
		Doc: "Writes a data card, data.md with the head that the Hugging Face Hub reads: releases and terms, the tables and what was read, kept and quarantined of them, who the patients are, and for each task the rule of the split, examples by class, and how long their texts are. " +
			"It holds counts alone; those of one to nine, and what would give them away, are hidden unless small_cells says otherwise.",
		In: []stages.Port{
			{Name: portData, Many: true, Doc: "Datasets whose counts are told: patients, texts, labels and others. One of patients says the release."},
			{Name: portCards, Kind: card.KindCard, Optional: true, Many: true, Doc: "What label.card counted of the tasks."},
			{Name: portSubgroups, Kind: subgroups.Kind, Optional: true, Doc: "What eval.subgroups left, for who the patients are (table 1)."},
		},
		Out: stages.Output{Kind: KindDataCard},
	}, func(_ *stages.Environment, c DataConfig) (stages.Job, error) { return dataCard{c}, nil })
}

// DataConfig configures eval.data_card.
type DataConfig struct {
	Terms
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether the datasets' counts of one to nine are told. Those of other stages are told where these tell them."`
}

type dataCard struct{ config DataConfig }

// dataContent is what data.md.tmpl shows.
type dataContent struct {
	Terms    terms
	Releases []string
	Sources  []source
	Datasets []counted
	Table1   []subgroups.Row
	Splits   []subgroups.Table1Split // the columns of Table1
	Cards    []card.Card
}

// counted are the counts of a dataset, and the rows of its tables.
type counted struct {
	Step, Kind, Stage string
	Counts            []count
}

type count struct {
	Name string
	N    smallcell.Count
}

// Run implements stages.Job.
func (d dataCard) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	shown := dataContent{Terms: termsOf(d.config.Data)}
	for _, of := range in[portData] {
		shown.Datasets = append(shown.Datasets, countedOf(of, d.config.SmallCells == smallcell.Show))
		if of.Manifest.Kind == mimic.KindPatients {
			release := mimic.ReleaseOf(of)
			shown.Releases = append(shown.Releases, release.String())
			shown.Sources = append(shown.Sources, sourcesOf(release.Database)...)
		}
	}
	if len(shown.Releases) == 0 {
		return exit.Errorf(exit.Usage, "port %s: none of the datasets is of patients, so the release is not known; bind the patients too", portData)
	}
	var err error
	if shown.Cards, err = cardsOf(ctx, in); err != nil {
		return err
	}
	if err := shown.patients(ctx, in.One(portSubgroups)); err != nil {
		return err
	}
	text, err := written(DataName, shown)
	return errors.Join(err, out.WriteFile(DataName, text))
}

// countedOf tells the counts of a dataset. Of the tables' rows none follows from their sum.
func countedOf(d *dataset.Dataset, show bool) counted {
	c := counted{Step: stages.StepName(d), Kind: d.Manifest.Kind, Stage: d.Manifest.Stage}
	tables := slices.Sorted(maps.Keys(d.Manifest.Tables))
	rows := make([]int64, len(tables))
	for i, table := range tables {
		for _, part := range d.Manifest.Tables[table] {
			rows[i] += part.Rows
		}
	}
	counts := smallcell.Counts(d.Manifest.Counts, show)
	told := smallcell.Parts(rows)
	for i, table := range tables {
		switch {
		case show:
			told[i] = smallcell.Count(rows[i])
		case !told[i].Hidden():
			told[i] = smallcell.Rows(rows[i], d.Manifest.Counts, counts)
		}
		c.Counts = append(c.Counts, count{"rows of " + table, told[i]})
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		c.Counts = append(c.Counts, count{name, counts[name]})
	}
	return c
}
