// Package report holds the stage that shows what eval.auroc measured as one HTML
// page, with what it takes to judge it: the paper's numbers, the course of
// training, counts of the data, and what made each result.
package report

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/cards"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// FileName is the file of a report dataset.
const FileName = "report.html"

func init() { stages.RegisterJob(reportSpec(), newReport) }

func reportSpec() stages.Spec {
	return stages.Spec{
		Name:    "eval.report",
		Version: 9,
		Doc: "Writes report.html, one file that loads nothing: it begins with what is best and whether that is more than chance, then the AUROC of variants and tasks with intervals, beside the bag of words, the best possible and the paper's Table 3, " +
			"groups of patients, ROC curves, the course of training, who the patients are, counts of the data, settings, the cards of models and data, and what made each result. A run that publishes it adds its steps, their time and memory. Counts of one to nine, and what would give them away, are hidden unless small_cells says otherwise.",
		In: []stages.Port{
			{Name: "metrics", Kind: stages.KindMetrics, Doc: "What eval.auroc left."},
			{Name: portCompared, Kind: stages.KindComparisons, Optional: true, Doc: "What eval.compare left: which variants differ by more than chance. Without it only intervals that do not overlap tell two apart."},
			{Name: portSubgroups, Kind: subgroups.Kind, Optional: true, Doc: "What eval.subgroups left: AUROC in groups of patients, and who the patients of each split are."},
			{Name: "logs", Many: true, Optional: true, Doc: "Models and adapters whose train_log.jsonl is drawn. One whose manifest tells a task and a variant of the metrics is drawn in that task's figures, any other in one of its own. The perplexities that train.pretrain leaves are listed."},
			{Name: "data", Many: true, Optional: true, Doc: "Datasets whose counts are listed: labels of tasks, label sets, and others. How many of the labels have a text, by split, is told by the models of the port logs."},
			{Name: portModelCards, Kind: cards.KindModelCard, Many: true, Optional: true, Doc: "Model cards that eval.model_card left, which the page shows."},
			{Name: portDataCards, Kind: cards.KindDataCard, Many: true, Optional: true, Doc: "Data cards that eval.data_card left."},
		},
		Out: stages.Output{Kind: stages.KindReport},
	}
}

// The ports of what stands beside the metrics.
const (
	portCompared   = "comparisons"
	portSubgroups  = "subgroups"
	portModelCards = "model_cards"
	portDataCards  = "data_cards"
)

// Config configures eval.report.
type Config struct {
	Title      string `json:"title" default:"clinflow report" doc:"Heading of the report."`
	SmallCells string `json:"small_cells" default:"hide" enum:"hide,show" doc:"Whether the data's counts of one to nine are told. Those of what was measured are told where eval.auroc tells them."`
}

type report struct{ config Config }

func newReport(_ *stages.Environment, c Config) (stages.Job, error) { return report{c}, nil }

//go:embed report.html
var reportFile embed.FS

var reportTemplate = page.Template(reportFile, "report.html", template.FuncMap{"percent": showPercent, "label": taskLabel, "add": func(a, b int) int { return a + b }})

// content is what report.html shows.
type content struct {
	Title, Split string
	Verdict      verdict
	Overlaps     []overlap // of patients in two splits
	Results      resultTable
	Against      *againstTable // nil: no bag of words
	Matrix       []differenceRow
	Columns      []string // of the matrix
	Compared     bool     // on the same patients
	Measures     []measureTable
	Reliability  []page.Figure
	Classes      []classTable
	Subgroups    *subgroupTable
	Table1       *table1
	Paper        *paperTable // where it can be compared
	Facts        []taskFacts
	Both         *bothScores // where a task has two scores
	ROC          []page.Figure
	Training     training
	Data         data
	Settings     []settingsTable
	Cards        []shownCard
	Made         []origin
}

// Check implements stages.Checked.
func (report) Check(_ context.Context, in stages.Givers) []stages.Fault {
	return eval.CheckAlike(in, "metrics", portCompared, portSubgroups)
}

// Run implements stages.Job.
func (r report) Run(ctx context.Context, in stages.Inputs, out *dataset.Writer) error {
	shown, err := r.content(ctx, in)
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := reportTemplate.Execute(&html, shown); err != nil {
		return fmt.Errorf("%s: %w", FileName, err)
	}
	return out.WriteFile(FileName, html.Bytes())
}

// content gathers what the template shows.
func (r report) content(ctx context.Context, in stages.Inputs) (p content, err error) {
	of, err := readFiles(ctx, in)
	if err != nil {
		return p, err
	}
	metrics, show := of.metrics, r.config.SmallCells == smallcell.Show
	t := tableOf(metrics, of.curves, of.compared)
	p = content{
		Title: r.config.Title, Split: metrics.Split, Verdict: t.verdict(metrics.Split), Results: t, Against: t.against(), Matrix: t.matrix(), Columns: t.columnsOfMatrix(), Compared: of.compared != nil,
		Measures: t.measures(), Classes: t.classTables(of.classes),
		Subgroups: t.subgroupsOf(of.subgroups), Table1: table1Of(of.subgroups), Facts: t.facts(), Both: t.bothScores(), Settings: settingsOf(in["logs"]),
	}
	if p.Overlaps, err = overlapsOf(metrics, in["logs"], show); err != nil {
		return p, err
	}
	if p.Paper, err = paperBeside(t); err != nil {
		return p, err
	}
	if p.Reliability, err = t.reliabilityFigures(of.reliability); err != nil {
		return p, err
	}
	if p.ROC, err = t.rocFigures(); err != nil {
		return p, err
	}
	if p.Training, err = t.trainingOf(ctx, in["logs"], show); err != nil {
		return p, err
	}
	if p.Data, err = dataOf(ctx, in["data"], in["logs"], show); err != nil {
		return p, err
	}
	if p.Cards, err = cardsOf(ctx, in); err != nil {
		return p, err
	}
	for _, port := range []string{"metrics", portCompared, portSubgroups, "logs", "data", portModelCards, portDataCards} {
		for _, d := range in[port] {
			p.Made = append(p.Made, originOf(d))
		}
	}
	return p, nil
}
