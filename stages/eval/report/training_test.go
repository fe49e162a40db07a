package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// TestLogsAreDrawnOnce: what cannot share a task's figure has one of its own.
func TestLogsAreDrawnOnce(t *testing.T) {
	metrics := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 1, drawn("mor", "lora", 1))}})
	unvalidated := `{"step":1,"epoch":1,"split":"train","loss":0.5}` + "\n"
	unlabelled := `{"step":1,"epoch":1,"split":"val","loss":0.5}` + "\n"
	type tuned struct{ step, task, variant, log string }
	for name, c := range map[string]struct {
		logs []tuned
		want []string
	}{
		"one of a task":      {[]tuned{{"x", "mor", "lora", taskLog(2, 1)}}, []string{"MOR, validation loss", "MOR, validation AUROC"}},
		"no AUROC logged":    {[]tuned{{"x", "mor", "lora", unlabelled}}, []string{"MOR, validation loss"}},
		"two of one place":   {[]tuned{{"x", "mor", "lora", taskLog(2, 1)}, {"y", "mor", "lora", taskLog(3, 1)}}, []string{"y", "MOR, validation loss", "MOR, validation AUROC"}},
		"nothing validated":  {[]tuned{{"x", "mor", "lora", unvalidated}}, []string{"x"}},
		"nothing of a task":  {[]tuned{{"base", "", "", log()}}, []string{"base"}},
		"nothing was logged": {[]tuned{{"x", "mor", "lora", ""}}, []string{"x"}},
		"another task":       {[]tuned{{"x", "pmv", "lora", taskLog(2, 1)}}, []string{"x"}},
		"another variant":    {[]tuned{{"x", "mor", "head", taskLog(2, 1)}}, []string{"x"}},
		"a row beside":       {[]tuned{{"x", "mor", baselineName, taskLog(2, 1)}}, []string{"x"}},
		"a name tells none":  {[]tuned{{"mor_lora", "", "", taskLog(2, 1)}}, []string{"mor_lora"}},
	} {
		in := stages.Inputs{"metrics": {metrics}}
		for _, l := range c.logs {
			in["logs"] = append(in["logs"], trained(t, l.step, l.task, l.variant, l.log))
		}
		if diff := cmp.Diff(c.want, inner(`<figcaption>([^<]*)<`, cut(t, reportOf(t, in), "<h2>Training", "<h2>"))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPerplexity(t *testing.T) {
	metrics := evaltest.Measured(t, golden(t))
	for left, want := range map[string][]string{
		`{"val_perplexity":{"before":10,"after":11}}`:     {"10.00", "11.00", "&#43;10.0 %"},
		`{"val_perplexity":{"before":null,"after":null}}`: {"–", "–", "–"},
	} {
		page := reportOf(t, stages.Inputs{"metrics": {metrics}, "logs": {pretrained(t, left)}})
		if got := inner(`<td>([^<]*)</td>`, cut(t, page, "<h3>Perplexity", "</table>")); !slices.Equal(got, want) {
			t.Errorf("%s is shown as %q", left, got)
		}
	}
	if page := reportOf(t, stages.Inputs{"metrics": {metrics}, "logs": {pretrained(t, `{"other":1}`)}}); strings.Contains(page, "Perplexity") {
		t.Error("a perplexity of metrics that have none")
	}
	if _, err := stagetest.Try(t, "eval.report", "{}", stages.Inputs{"metrics": {metrics}, "logs": {pretrained(t, "zqcanary")}}); exit.Of(err) != exit.BadData || strings.Contains(err.Error(), "canary") {
		t.Errorf("a damaged metrics.json: error %v", err)
	}
}

// TestValidationIsDrawnToTwoDigits: two logs that differ in further digits of an AUROC
// give one drawing, unless all is to be shown.
func TestValidationIsDrawnToTwoDigits(t *testing.T) {
	metrics := evaltest.Measured(t, golden(t))
	figures := func(config, auroc string) string {
		log := `{"step":1,"epoch":1,"split":"val","loss":0.5,"auroc":0.5}` + "\n" + `{"step":3,"epoch":3,"split":"val","loss":0.4,"auroc":0.9}` + "\n" + `{"step":2,"epoch":2,"split":"val","loss":0.4,"auroc":` + auroc + "}\n"
		in := stages.Inputs{"metrics": {metrics}, "logs": {trained(t, "x", "mor", "lora", log)}}
		page := evaltest.File(t, stagetest.Run(t, "eval.report", config, in), FileName)
		return cut(t, page, "<h2>Training", "<h2>")
	}
	for small, want := range map[string]bool{"hide": true, "show": false} {
		config := "{small_cells: " + small + "}"
		if same := figures(config, "0.7333333") == figures(config, "0.7285714"); same != want {
			t.Errorf("%s: the same drawing: %v", small, same)
		}
	}
}
