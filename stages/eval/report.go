package eval

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
)

// ReportName is the report's file.
const ReportName = "report.html"

func init() { stages.RegisterJob(reportSpec(), newReport) }

func reportSpec() stages.Spec {
	return stages.Spec{
		Name:    "eval.report",
		Version: 1,
		Doc: "Writes report.html, one file without scripts or remote assets: AUROC of variants and tasks beside the best possible, " +
			"ROC curves, loss curves, counts of the data, and what made each result. Counts below ten are not shown.",
		In: []stages.Port{
			{Name: "metrics", Kind: shard.KindMetrics, Doc: "What eval.auroc left."},
			{Name: "logs", Many: true, Optional: true, Doc: "Models and adapters whose train_log.jsonl is drawn."},
			{Name: "data", Many: true, Optional: true, Doc: "Datasets whose counts are listed."},
		},
		Out: stages.Output{Kind: shard.KindReport},
	}
}

// ReportConfig configures eval.report.
type ReportConfig struct {
	Title string `json:"title" default:"clinflow report" doc:"Heading of the report."`
}

type report struct{ config ReportConfig }

func newReport(c ReportConfig) (stages.Job, error) { return report{c}, nil }

//go:embed report.html
var reportPage string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"auroc": showAUROC, "count": showCount, "percent": showPercent,
}).Parse(reportPage))

// Run implements stages.Job.
func (r report) Run(ctx context.Context, in stages.Inputs, out *shard.Writer) error {
	page, err := r.page(ctx, in)
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := reportTemplate.Execute(&html, page); err != nil {
		return fmt.Errorf("%s: %w", ReportName, err)
	}
	return writeFile(out, ReportName, html.Bytes())
}

// page gathers what the template shows.
func (r report) page(ctx context.Context, in stages.Inputs) (page, error) {
	metrics, curves := Metrics{}, Curves{}
	if err := readJSON(ctx, in.One("metrics"), MetricsName, &metrics); err != nil {
		return page{}, err
	}
	if err := readJSON(ctx, in.One("metrics"), CurvesName, &curves); err != nil {
		return page{}, err
	}
	p := page{Title: r.config.Title, Split: metrics.Split, Table: tableOf(metrics)}
	var err error
	if p.ROC, err = rocFigures(p.Table, curves); err != nil {
		return page{}, err
	}
	for _, d := range in["logs"] {
		lines, err := readLog(ctx, d)
		if err != nil {
			return page{}, err
		}
		figure, err := lossFigure(stepName(d), lines)
		if err != nil {
			return page{}, err
		}
		p.Losses = append(p.Losses, figure)
	}
	for _, d := range in["data"] {
		p.Data = append(p.Data, countsOf(d))
	}
	for _, port := range []string{"metrics", "logs", "data"} {
		for _, d := range in[port] {
			p.Made = append(p.Made, originOf(d))
		}
	}
	return p, nil
}
