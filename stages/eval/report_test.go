package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// measured are metrics of two variants on three tasks, and the known best.
func measured(t *testing.T) *shard.Dataset {
	t.Helper()
	var rows, best []shard.Prediction
	for _, c := range readGolden(t) {
		rows = append(rows, c.rows("lora")...)
		best = append(best, c.rows("best")...)
		for _, row := range c.rows("head") {
			row.Logits = append([]float32(nil), row.Logits...)
			for k := range row.Logits {
				row.Logits[k] += float32(4 * math.Sin(float64(int(row.SubjectID)*(k+3))))
			}
			rows = append(rows, row)
		}
	}
	return stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {dataset(t, 2, rows)}, "known_best": {dataset(t, 2, best)}})
}

func reportOf(t *testing.T, in stages.Inputs) string {
	t.Helper()
	return file(t, stagetest.Run(t, "eval.report", "{title: Trial <run>}", in), ReportName)
}

func TestReport(t *testing.T) {
	in := stages.Inputs{
		"metrics": {measured(t)},
		"logs":    {adapter(t, "lora-0123456789abcdef", log())},
		"data":    {dataset(t, 2, readGolden(t)[0].rows("lora")), adapter(t, "head", log())},
	}
	page := reportOf(t, in)
	for _, want := range []string{
		"Trial &lt;run&gt;", row("lora"), row("head"), row("best possible"), ">MOR<", ">LOS<", ">DIAG<",
		"train.finetune v2", "train 1234", "1,234,567", "&lt; 10", "predictions rows <b>300</b>",
		fmt.Sprintf(">%.3f</b>", readGolden(t)[0].AUROC), "<td>18</td><td>2</td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n := strings.Count(page, "<figure>"); n != 4 {
		t.Errorf("%d figures, want three of ROC curves and one of loss", n)
	}
	if strings.Contains(page, "0123456789abcdef") || strings.Contains(page, t.TempDir()) {
		t.Error("the report holds a folder's name")
	}
	if page != reportOf(t, in) {
		t.Error("the same inputs give other bytes")
	}
}

// TestReportIsSelfContained: nothing is fetched and nothing runs.
func TestReportIsSelfContained(t *testing.T) {
	page := reportOf(t, stages.Inputs{"metrics": {table3(t)}, "logs": table3Logs(t), "data": table3Data(t)})
	for _, pattern := range []string{`<script`, `(?i)\ssrc=`, `<link`, `@import`, `url\(`, `(?i)\son\w+=`, `<iframe`, `<image`} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("the report holds %q", found)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^"' ]*`).FindAllString(page, -1) {
		if !strings.HasPrefix(address, "http://www.w3.org/") { // XML namespaces name, they are not fetched
			t.Errorf("the report names the address %s", address)
		}
	}
}

func TestReportOfMetricsAlone(t *testing.T) {
	rows := readGolden(t)[0].rows("lora")
	for i := range rows {
		rows[i].Label = 0
	}
	metrics := stagetest.Run(t, "eval.auroc", "{}", stages.Inputs{"predictions": {dataset(t, 1, rows)}})
	page := reportOf(t, stages.Inputs{"metrics": {metrics}})
	if strings.Contains(page, "best possible") || strings.Contains(page, "bag of words") || !strings.Contains(page, "–") || strings.Contains(page, "<h2>Training") || strings.Contains(page, "<h2>Data") {
		t.Error("a report of one variant without an AUROC shows what is not there")
	}
}

func TestReportWarnsOfDifferentExamples(t *testing.T) {
	c := readGolden(t)[0]
	in := stages.Inputs{"predictions": {dataset(t, 1, append(c.rows("lora"), c.rows("head")[:200]...))}}
	page := reportOf(t, stages.Inputs{"metrics": {stagetest.Run(t, "eval.auroc", "{}", in)}})
	if !strings.Contains(page, "task MOR were measured on different examples") {
		t.Error("no warning")
	}
	if strings.Contains(reportOf(t, stages.Inputs{"metrics": {measured(t)}}), "different examples") {
		t.Error("a warning where the examples are the same")
	}
}

func TestReportRefusesADamagedLog(t *testing.T) {
	in := stages.Inputs{"metrics": {measured(t)}, "logs": {adapter(t, "lora", log()+"zqcanary\n")}}
	_, err := stagetest.Try(t, "eval.report", "{}", in)
	if exit.Of(err) != exit.BadData || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "line 21") {
		t.Errorf("error %v", err)
	}
}

// The golden digests were written by version 2 of the stages: where one moves,
// raise the stage's version and write the new one.
const (
	goldenAUROC  = "3ef7a60a5b059605f3a9eb0fbb62101df971601097eed3a776a121021afacd2e"
	goldenReport = "47f3d52f266d23f5bf0619e154dd720d57450fc6dd9c629e782e8a26dddfae01"
)

func TestGoldenDigests(t *testing.T) {
	metrics := measured(t)
	report := stagetest.Run(t, "eval.report", "{}", stages.Inputs{"metrics": {metrics}, "logs": {adapter(t, "lora", log())}})
	for name, c := range map[string]struct {
		made   *shard.Dataset
		file   string
		golden string
	}{
		"eval.auroc":  {metrics, MetricsName, goldenAUROC},
		"eval.report": {report, ReportName, goldenReport},
	} {
		sum := sha256.Sum256([]byte(file(t, c.made, c.file)))
		if got := hex.EncodeToString(sum[:]); got != c.golden || c.made.Manifest.StageVersion != 2 {
			t.Errorf("%s: digest %s of version %d", name, got, c.made.Manifest.StageVersion)
		}
	}
}
