package report

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// row is how a variant heads its row.
func row(name string) string {
	return `<th scope="row">` + strings.ReplaceAll(name, "_", "_<wbr>") + "</th>"
}

// cut is the text between two marks.
func cut(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, from)
	part, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("the report has nothing from %q to %q", from, to)
	}
	return part
}

// inner are the texts of the elements that a pattern finds.
func inner(pattern, text string) []string {
	var texts []string
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		texts = append(texts, strings.ReplaceAll(found[1], "<wbr>", ""))
	}
	return texts
}

func TestReportOfTable3(t *testing.T) {
	page := reportOf(t, whole(t))
	if path := os.Getenv("CLINFLOW_REPORT"); path != "" { // to look at it
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ours, paper := cut(t, page, "<h2>Results<", "</table>"), cut(t, page, "<h2>The paper<", "</table>")
	heads := []string{"variant", "PMV", "MOR", "LOS", "DIAG", "PROC", "macro"}
	for name, c := range map[string]struct{ got, want []string }{
		"columns":              {inner(`<th scope="col">([^<]*)<`, ours), append(slices.Clone(heads), "% of best")},
		"rows":                 {inner(`<th scope="row">(.*?)</th>`, ours), append(slices.Clone(paperVariants), baselineName, bestName)},
		"rows set apart":       {inner(`class="beside"><th scope="row">(.*?)</th>`, ours), []string{baselineName, bestName}},
		"the paper's heads":    {inner(`<th scope="col">([^<]*)<`, paper), heads},
		"the paper's bold":     {inner(`<b>([^<]*)</b>`, paper), []string{"0.875", "0.567", "0.774", "0.663", "0.785", "0.732"}},
		"the paper's † macro":  {inner(`([0-9.]*)<sup>†`, paper), []string{"0.586"}},
		"perplexity":           {inner(`<td>([^<]*)</td>`, cut(t, page, "<h3>Perplexity", "</table>")), []string{"18.42", "14.90", "−19.1 %"}},
		"figures alone":        {inner(`<figcaption>([^<]*)<`, cut(t, page, "<h3>Loss by step", "<h3>")), []string{"base", "clinical"}},
		"the variants' legend": {inner(`</svg>([^ <]*(?:<wbr>[^ <]*)*)</li>`, cut(t, page, "<h3>Validation of the variants", "</ul>")), []string{"clinical_trainable_downstream"}},
		"labels' tasks":        {inner(`<td class="text">([A-Z]*)</td>`, cut(t, page, "<h3>Labels of the tasks", "</table>")), heads[1:6]},
		"labels":               {inner(`<td>([^<]*)<small>`, cut(t, page, "<h3>Labels of the tasks", "</table>")), []string{"1,600", "2,516", "2,516", "2,516", "2,516"}},
		"tasks joined":         {inner(`<tr><th scope="row">([^<]*)<`, cut(t, page, "<h3>Examples of the tasks", "</table>")), heads[1:6]},
		"without a text":       {inner(`<small>([^<]*) without a text`, cut(t, page, "<h3>Examples of the tasks", "LOS")), []string{"hidden", "hidden", "hidden", "hidden"}},
		"what counts":          {inner(`<br>(● [^<]*)<`, page), []string{"● one-versus-one", "● softmax", "● softmax"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, want := range []string{
		"0.586 is printed; the mean of the row&#39;s tasks is 0.599", "MIMIC-III", "Gema et al.",
		"570 positive", "by class 880 · 920 · 560 · 156", "21,444 pairs", "hidden positive", "15,012 pairs", "by class 600 · 640 · hidden · hidden", "by class 100 · 92 · hidden · hidden",
		"peft.target_modules <b>q_proj v_proj</b>", `<th scope="col" class="text">learning_rate</th>`,
		"no icu stay <b>1,200</b>", "<b>312</b>", "<td>704</td>", "tokens <b>265,012</b>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, part := range []string{"results", "compared", "paper", "measured", "measures", "classes", "subgroups", "roc", "training", "patients", "data", "settings", "made"} {
		if strings.Count(page, `<section id="`+part+`"`) != 1 {
			t.Errorf("the report has no part %s", part)
		}
	}
	classes := cut(t, page, `<section id="classes"`, "</section>")
	if got := inner(`<td class="text wrap">([^<]*)</td><td data-sort="-?[0-9]*">[^<]*</td>`, cut(t, classes, "DIAG", "</details>")); !slices.Equal(got, []string{"Heart failure", "Heart failure", "Accidental fall on same level from slipping tripping or stumbling", "Other sepsis", "Other postprocedural states"}) {
		t.Errorf("titles of DIAG's labels, the commonest first: %q", got)
	}
	var figures []string
	for _, task := range heads[1:6] {
		figures = append(figures, task+", validation loss", task+", validation AUROC")
	}
	if diff := cmp.Diff(figures, inner(`<figcaption>([^<]*, validation[^<]*)<`, page)); diff != "" {
		t.Errorf("figures of tasks: %s", diff)
	}
}

// TestReportBesideNoPaper: the paper says nothing of other variants.
func TestReportBesideNoPaper(t *testing.T) {
	metrics := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {
		evaltest.Predictions(t, 1, drawn("los", "mine", 1)), evaltest.Predictions(t, 1, drawn("diag", "mine", 1)), evaltest.Predictions(t, 1, drawn("los", "b_way", 1)), evaltest.Predictions(t, 1, drawn("zeal", "mine", 1)),
	}})
	page := reportOf(t, stages.Inputs{"metrics": {metrics}})
	if strings.Contains(page, "Gema") || strings.Contains(page, `class="beside"`) {
		t.Error("a report of other variants shows the paper's")
	}
	if got := inner(`<br>(● [^<]*)<`, page); !slices.Equal(got, []string{"● one-versus-rest", "● sigmoid"}) {
		t.Errorf("what counts: %q", got)
	}
	table := cut(t, page, "<h2>Results<", "</table>")
	if got := append(inner(`<th scope="col">([^<]*)<`, table), inner(`<th scope="row">(.*?)</th>`, table)...); !slices.Equal(got, []string{"variant", "LOS", "DIAG", "zeal", "macro", "b_way", "mine"}) {
		t.Errorf("columns and rows: %q", got)
	}
}

// TestReportMarksAMeanOfFewerTasks: it is neither the best nor a share of a mean
// over more.
func TestReportMarksAMeanOfFewerTasks(t *testing.T) {
	in := stages.Inputs{
		"predictions": {evaltest.Predictions(t, 1, drawn("mor", "head", 0.5)), evaltest.Predictions(t, 1, drawn("pmv", "head", 0.5)), evaltest.Predictions(t, 1, drawn("mor", "lora", 2))},
		"known_best":  {evaltest.Predictions(t, 1, drawn("mor", "best", 3)), evaltest.Predictions(t, 1, drawn("pmv", "best", 3))},
	}
	page := reportOf(t, stages.Inputs{"metrics": {stagetest.Run(t, "eval.auroc", "{}", in)}})
	table := cut(t, page, "<h2>Results<", "</table>")
	lora := cut(t, table, row("lora"), "</tr>")
	if !strings.Contains(lora, "<small>1 of 2 tasks</small>") || strings.Count(lora, "<b>") != 1 || !strings.Contains(lora, "<td>–</td>") {
		t.Errorf("the row of one task: %s", lora)
	}
	if head := cut(t, table, row("head"), "</tr>"); strings.Contains(head, "of 2 tasks") || strings.Contains(head, "<b>") {
		t.Errorf("the row of both tasks: %s", head)
	}
	if !strings.Contains(page, "is marked, and not to be compared") {
		t.Error("no note")
	}
}

// TestReportOfABestWithoutAUROC: chance may leave it one class.
func TestReportOfABestWithoutAUROC(t *testing.T) {
	best := drawn("mor", "best", 3)
	for i := range best {
		best[i].Label = 0
	}
	in := stages.Inputs{"predictions": {evaltest.Predictions(t, 1, drawn("mor", "lora", 1))}, "known_best": {evaltest.Predictions(t, 1, best)}}
	page := reportOf(t, stages.Inputs{"metrics": {stagetest.Run(t, "eval.auroc", "{}", in)}})
	table := cut(t, page, "<h2>Results<", "</table>")
	if strings.Count(cut(t, table, row(bestName), "</tr>"), "–") != 3 || !strings.Contains(cut(t, table, row("lora"), "</tr>"), "<td>–</td>") {
		t.Errorf("a best possible without an AUROC is shown as %s", table)
	}
}

func TestReportRefusesADamagedLabelSet(t *testing.T) {
	damaged := artifact(t, "labels", task.KindLabelSet, map[string]string{label.SetFile: "zqcanary"}, dataset.Manifest{Stage: "label.set", StageVersion: 1}, nil)
	_, err := stagetest.Try(t, "eval.report", "{}", stages.Inputs{"metrics": {evaltest.Measured(t, golden(t))}, "data": {damaged}})
	if exit.Of(err) != exit.BadData || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v", err)
	}
}

// TestPartsOfASum: no hidden count follows from the others and their sum.
func TestPartsOfASum(t *testing.T) {
	for want, parts := range map[string][]int{
		"1,200 · 0 · 10":     {1200, 0, 10},
		"100 · ≥ 10 · < 10":  {100, 52, 6},
		"100 · < 10 · < 10":  {100, 4, 6},
		"< 10 · 0":           {6, 0},
		"≥ 10 · ≥ 10 · < 10": {10, 10, 9},
		"hidden · hidden":    {1, 10},
	} {
		if got := showParts(smallcell.Parts(parts)); got != want {
			t.Errorf("%v is shown as %q, want %q", parts, got, want)
		}
	}
}

// TestStylesDiffer: by colour and, for who sees none, by dashes.
func TestStylesDiffer(t *testing.T) {
	var table resultTable
	for _, variant := range append(slices.Clone(paperVariants), "another", "one_more") {
		table.Rows = append(table.Rows, resultRow{Name: variant})
	}
	colours, dashes, both := map[string]bool{}, map[string]bool{}, map[string]bool{}
	styles := table.styles()
	for _, row := range table.Rows {
		entry := styles[row.Name].Legend(row.Name, "")
		both[string(entry.Colour)+entry.Dashes] = true
		if slices.Contains(paperVariants, row.Name) {
			colours[string(entry.Colour)], dashes[entry.Dashes] = true, true
		}
	}
	if len(colours) != 6 || len(dashes) != 6 || len(both) != 8 {
		t.Errorf("%d colours and %d dashes of six variants, %d styles of eight", len(colours), len(dashes), len(both))
	}
	alone := resultTable{Rows: []resultRow{{Name: "lora"}}}
	if fmt.Sprint(alone.styles()["lora"]) != fmt.Sprint(styles["lora"]) {
		t.Error("a variant has another style in another report")
	}
}
