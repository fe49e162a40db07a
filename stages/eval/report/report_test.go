package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval/evaltest"
	"github.com/clinflow/clinflow/stages/stagetest"
)

func golden(t testing.TB) []evaltest.Case {
	return evaltest.Golden(t, "../testdata/predictions.json")
}

func reportOf(t *testing.T, in stages.Inputs) string {
	t.Helper()
	return evaltest.File(t, stagetest.Run(t, "eval.report", "{title: Trial <run>}", in), FileName)
}

func TestReport(t *testing.T) {
	in := stages.Inputs{
		"metrics": {evaltest.Measured(t, golden(t))},
		"logs":    {adapter(t, "lora-0123456789abcdef", log())},
		"data":    {evaltest.Predictions(t, 2, golden(t)[0].Rows("lora")), adapter(t, "head", log())},
	}
	page := reportOf(t, in)
	for _, want := range []string{
		"Trial &lt;run&gt;", row("lora"), row("head"), row("best possible"), ">MOR<", ">LOS<", ">DIAG<",
		"train.finetune v2", "train 1234", "1,234,567", "&lt; 10", "predictions rows <b>300</b>",
		fmt.Sprintf(">%.3f<", golden(t)[0].AUROC), "<td>18</td><td>2</td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n := strings.Count(page, "<figure>"); n != 7 {
		t.Errorf("%d figures, want three of ROC curves, three of reliability and one of loss", n)
	}
	if strings.Contains(page, "0123456789abcdef") || strings.Contains(page, t.TempDir()) {
		t.Error("the report holds a folder's name")
	}
	if page != reportOf(t, in) {
		t.Error("the same inputs give other bytes")
	}
}

// TestReportIsSelfContained: nothing is fetched, and nothing runs but the script that sorts,
// which the page's policy names.
func TestReportIsSelfContained(t *testing.T) {
	page := reportOf(t, whole(t))
	script := inner(`(?s)<script>(.*?)</script>`, page)
	if len(script) != 1 || strings.Count(page, "<script") != 1 {
		t.Fatalf("%d scripts", len(script))
	}
	sum := sha256.Sum256([]byte(script[0]))
	if want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(html.UnescapeString(page), want) {
		t.Errorf("the policy has no %s", want)
	}
	for _, pattern := range []string{`(?i)\ssrc=`, `<link`, `@import`, `url\(`, `(?i)\son\w+=`, `<iframe`, `<image`} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("the report holds %q", found)
		}
	}
	for _, address := range regexp.MustCompile(`(<a href=")?https?://[^"' ]*`).FindAllString(page, -1) {
		// XML namespaces name, and links of a card wait for a click: neither is fetched.
		if !strings.HasPrefix(address, "http://www.w3.org/") && !strings.HasPrefix(address, `<a href="https://physionet.org/`) {
			t.Errorf("the report names the address %s", address)
		}
	}
}

// TestReportShowsCards: below their titles, without the head for the Hub and without HTML
// of their own.
func TestReportShowsCards(t *testing.T) {
	page := reportOf(t, whole(t))
	for _, want := range []string{
		"<summary>mor, lora_<wbr>downstream</summary>", "<summary>Data</summary>", "<h3>How well it does</h3>", "<td>sur|vived</td>", "<code>lora</code>", "<li>1,234 notes</li>",
		"eval.model_card v1",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(page, "license: other") || strings.Contains(page, "<script>alert") {
		t.Error("the report has the head of a card, or HTML that a card brings")
	}
}

func TestReportOfMetricsAlone(t *testing.T) {
	rows := golden(t)[0].Rows("lora")
	for i := range rows {
		rows[i].Label = 0
	}
	metrics := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {evaltest.Predictions(t, 1, rows)}})
	page := reportOf(t, stages.Inputs{"metrics": {metrics}})
	if strings.Contains(page, "best possible") || strings.Contains(page, "bag of words") || !strings.Contains(page, "–") || strings.Contains(page, "<h2>Training") || strings.Contains(page, "<h2>Data") {
		t.Error("a report of one variant without an AUROC shows what is not there")
	}
}

func TestReportWarnsOfDifferentExamples(t *testing.T) {
	c := golden(t)[0]
	in := stages.Inputs{"predictions": {evaltest.Predictions(t, 1, append(c.Rows("lora"), c.Rows("head")[:200]...))}}
	page := reportOf(t, stages.Inputs{"metrics": {stagetest.Run(t, "eval.auroc", "{}", in)}})
	if !strings.Contains(page, "task MOR were measured on different examples") {
		t.Error("no warning")
	}
	if strings.Contains(reportOf(t, stages.Inputs{"metrics": {evaltest.Measured(t, golden(t))}}), "different examples") {
		t.Error("a warning where the examples are the same")
	}
}

func TestReportRefusesADamagedLog(t *testing.T) {
	in := stages.Inputs{"metrics": {evaltest.Measured(t, golden(t))}, "logs": {adapter(t, "lora", log()+"zqcanary\n")}}
	_, err := stagetest.Try(t, "eval.report", "{}", in)
	if exit.Of(err) != exit.BadData || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "line 21") {
		t.Errorf("error %v", err)
	}
}

// The golden digest was written by version 9 of the stage: where it moves, raise
// the stage's version and write the new one.
const goldenReport = "72b837d912b586a4f26e424bc2b7011e02fa5c8fbd66c8bce11597dd5af72c0c"

func TestGoldenDigest(t *testing.T) {
	in := stages.Inputs{"metrics": {evaltest.Measured(t, golden(t))}, "logs": {adapter(t, "lora", log())}}
	report := stagetest.Run(t, "eval.report", "{}", in)
	sum := sha256.Sum256([]byte(evaltest.File(t, report, FileName)))
	if got := hex.EncodeToString(sum[:]); got != goldenReport || report.Manifest.StageVersion != 9 {
		t.Errorf("digest %s of version %d", got, report.Manifest.StageVersion)
	}
}

// TestReportSaysFirstThatPatientsOverlap: of each task that was measured with a split by
// admission, in the page's first lines, with few of them hidden.
func TestReportSaysFirstThatPatientsOverlap(t *testing.T) {
	for patients, told := range map[int]string{0: "", 7: "&lt; 10", 1234: "1,234"} {
		of := evaltest.TaskOf("mor", 2)
		of.SharedPatients = patients
		rows := golden(t)[0].Rows("lora")
		for i := range rows {
			rows[i].Task = "mor"
		}
		metrics := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {evaltest.PredictionsOf(t, 1, of, rows)}})
		page := reportOf(t, stages.Inputs{"metrics": {metrics}})
		warning := "</h1>\n<p class=\"warning\"><b>MOR: " + told + " patients are in more than one split.</b>"
		if strings.Contains(page, warning) != (told != "") || strings.Contains(page, `class="warning"`) != (told != "") {
			t.Errorf("%d patients: the page begins %s", patients, page[strings.Index(page, "<h1>"):][:400])
		}
	}
}

// TestReportHidesSmallCells: counts of one to nine, the curve that tells them, and the
// digits of their AUROC.
func TestReportHidesSmallCells(t *testing.T) {
	rows := golden(t)[0].Rows("lora")
	positives := 0
	for i := range rows {
		if rows[i].Label == 1 {
			if positives++; positives > 3 {
				rows[i].Label = 0
			}
		}
	}
	data := labelled(t, "mortality", "mor", map[string]int64{"kept": 300, "positives": 297})
	for small, wants := range map[string][]string{
		"hide": {"<td>&lt; 10</td>", "<sup>‡</sup>", "‡ Fewer than ten", "≥ 10 positive"},
		"show": {"<td>3</td>", "297 positive"},
	} {
		metrics := stagetest.Run(t, "eval.auroc", "{small_cells: "+small+"}", stages.Inputs{"predictions": {evaltest.Predictions(t, 1, rows)}})
		page := evaltest.File(t, stagetest.Run(t, "eval.report", "{small_cells: "+small+"}", stages.Inputs{"metrics": {metrics}, "data": {data}}), FileName)
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the report lacks %q", small, want)
			}
		}
		if drawn := strings.Contains(page, "<figure>"); drawn != (small == "show") {
			t.Errorf("%s: a curve is drawn: %v", small, drawn)
		}
		if marked := strings.Contains(page, "‡"); marked != (small == "hide") {
			t.Errorf("%s: marked: %v", small, marked)
		}
	}
}
