package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// adapter writes an artifact with a training log.
func adapter(t *testing.T, folder, log string) *shard.Dataset {
	t.Helper()
	uri := filepath.Join(t.TempDir(), folder)
	w, err := shard.NewWriter(t.Context(), uri, shard.KindAdapter, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(w, trainLog, []byte(log)); err != nil {
		t.Fatal(err)
	}
	w.SetSeed("train", 1234)
	w.SetKernel("go")
	w.Count("train_examples", 1234567)
	w.Count("quarantined", 3)
	if err := w.Commit(t.Context(), shard.Manifest{Stage: "train.finetune", StageVersion: 2}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := shard.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// log is a plausible training log.
func log() string {
	var b strings.Builder
	for step := 10; step <= 200; step += 10 {
		split := "train"
		if step%50 == 0 {
			split = "val"
		}
		fmt.Fprintf(&b, "{\"step\":%d,\"epoch\":1,\"split\":%q,\"loss\":%g,\"lr\":0.001,\"tokens\":1}\n", step, split, 0.4+math.Exp(-float64(step)/60))
	}
	return b.String()
}

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
	if path := os.Getenv("CLINFLOW_REPORT"); path != "" { // to look at it
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"Trial &lt;run&gt;", "<td>lora</td>", "<td>head</td>", "best possible", ">mor<", ">los<", ">diag<",
		"train.finetune v2", "train 1234", "1,234,567", "&lt; 10", "predictions rows <b>300</b>",
		fmt.Sprintf(">%.3f</span>", readGolden(t)[0].AUROC), "18 classes, 2 skipped",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n := strings.Count(page, "<svg"); n != 4 {
		t.Errorf("%d figures, want three of ROC curves and one of loss", n)
	}
	if strings.Contains(page, "0123456789abcdef") || strings.Contains(page, t.TempDir()) {
		t.Error("the report holds a folder's name")
	}
	if strings.Index(page, "<td>lora</td>") > strings.Index(page, "<td>head</td>") {
		t.Error("the better variant does not come first")
	}
	if page != reportOf(t, in) {
		t.Error("the same inputs give other bytes")
	}
}

// TestReportIsSelfContained: nothing is fetched and nothing runs.
func TestReportIsSelfContained(t *testing.T) {
	page := reportOf(t, stages.Inputs{"metrics": {measured(t)}, "logs": {adapter(t, "lora", log())}})
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
	if strings.Contains(page, "best possible") || !strings.Contains(page, "–") || strings.Contains(page, "Loss in training") {
		t.Error("a report of one variant without an AUROC shows what is not there")
	}
}

func TestReportWarnsOfDifferentExamples(t *testing.T) {
	c := readGolden(t)[0]
	in := stages.Inputs{"predictions": {dataset(t, 1, append(c.rows("lora"), c.rows("head")[:200]...))}}
	page := reportOf(t, stages.Inputs{"metrics": {stagetest.Run(t, "eval.auroc", "{}", in)}})
	if !strings.Contains(page, "task mor were measured on different examples") {
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

// The golden digests were written by version 1 of the stages: where one moves,
// raise the stage's version and write the new one.
const (
	goldenAUROC  = "6e55fde251989a2b569509a34d9d8e346eb8f7af301697ed63949af17e1f4cdd"
	goldenReport = "a4c294ef797a5c8415806cf7567dbbc04ad9bb4462f4c164fb481ac54e49eb8a"
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
		if got := hex.EncodeToString(sum[:]); got != c.golden || c.made.Manifest.StageVersion != 1 {
			t.Errorf("%s: digest %s of version %d", name, got, c.made.Manifest.StageVersion)
		}
	}
}
