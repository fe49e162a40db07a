package report

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/cards"
	"github.com/clinflow/clinflow/stages/eval/compare"
	"github.com/clinflow/clinflow/stages/eval/subgroups"
)

// whole are inputs of a report that has every part.
func whole(t testing.TB) stages.Inputs {
	t.Helper()
	metrics := bounded(t, table3(t), 0.04)
	return stages.Inputs{
		"metrics": {metrics}, portCompared: {comparisons(t, metrics, 0.05)}, portSubgroups: {subgroupsTold(t)},
		"logs": table3Logs(t), "data": table3Data(t), portModelCards: {told(t, cards.KindModelCard, cards.ModelName, modelCard)}, portDataCards: {told(t, cards.KindDataCard, cards.DataName, "# Data\n\n## Read\n\n- 1,234 notes\n")},
	}
}

// modelCard is a card as eval.model_card writes one, and what it does not write.
const modelCard = `---
license: other
---

# mor, lora_downstream

A ` + "`lora`" + ` of [MIMIC](https://physionet.org/content/mimiciv/).<script>alert(1)</script>

## How well it does

| variant | AUROC (95 % interval) | average precision | Brier score | ECE | mean predicted | observed | difference | on a card that is wide |
|---|---|---|---|---|---|---|---|---|
| sur\|vived | 0.801 (0.789 to 0.813) | 0.512 | 0.102 | 0.021 | 0.231 | 0.229 | -0.004 to +0.008 | as tables are |

` + "```python\nmodel = PeftModel.from_pretrained(base, \"this/folder\")  # a line that is longer than a phone is wide, as those of programs are\n```" + `
`

// told is a dataset of one file.
func told(t testing.TB, kind, file, text string) *dataset.Dataset {
	t.Helper()
	return artifact(t, kind, kind, map[string]string{file: text}, dataset.Manifest{Stage: "eval." + kind, StageVersion: 1}, nil)
}

// bounded are metrics whose AUROCs have intervals of a half width.
func bounded(t testing.TB, d *dataset.Dataset, half float64) *dataset.Dataset {
	t.Helper()
	var m eval.Metrics
	read(t, d, eval.MetricsName, &m)
	around := func(x *float64) *eval.Interval {
		if x == nil {
			return nil
		}
		return &eval.Interval{Low: *x - half, High: *x + half}
	}
	m.Interval = &eval.IntervalSettings{Level: 0.95, Replicates: 1000, Seed: 1}
	for _, row := range []*eval.Scores{m.Baseline, m.KnownBest} {
		if row != nil {
			m.Variants[fmt.Sprintf("%p", row)] = row
		}
	}
	for name, scores := range m.Variants {
		scores.MacroInterval = around(scores.MacroAUROC)
		for task, score := range scores.Tasks {
			score.Interval, score.Patients = around(score.AUROC), 212
			brier, ece, half, threshold := 0.18, 0.07, 0.5, 0.31
			score.AUPRC, score.Prevalence = &half, &threshold
			score.Probabilities = &eval.Probabilities{Brier: brier, ECE: ece, MeanPredicted: &half}
			score.Calibration = &eval.Calibration{Slope: 0.8, N: 250, After: eval.Probabilities{Brier: 0.15, ECE: 0.03}}
			score.AtThreshold = &eval.Decisions{Threshold: &threshold, F1: &half, Sensitivity: &half, Specificity: &half}
			scores.Tasks[task] = score
		}
		if scores == m.Baseline || scores == m.KnownBest {
			delete(m.Variants, name)
		}
	}
	var curves json.RawMessage
	read(t, d, eval.CurvesName, &curves)
	classes, reliability := byClass(m)
	files := map[string]string{eval.MetricsName: text(t, m), eval.CurvesName: string(curves), eval.ClassesName: text(t, classes), eval.ReliabilityName: text(t, reliability)}
	return artifact(t, "auroc", stages.KindMetrics, files, dataset.Manifest{Stage: "eval.auroc", StageVersion: 4}, nil)
}

// byClass are figures of classes, and reliability curves.
func byClass(m eval.Metrics) (classes eval.Classes, reliability eval.Reliability) {
	codes := map[string][]string{"los": {"up to 3 days", "3 to 7", "7 to 14", "over 14"}, "diag": {"9:428", "10:I50", "9:E885", "10:A41", "9:V45"}, "proc": {"10:0DJ", "9:966", "10:5A1"}}
	of := func(name string, shift float64) (list []eval.ClassScore) {
		for i, label := range codes[name] {
			auroc, auprc := 0.6+float64(i)/20+shift, 0.3
			c := eval.ClassScore{Label: label, Positives: smallcell.Count(90 - 20*i), AUROC: &auroc, AUPRC: &auprc}
			if c.Positives < smallcell.Limit {
				c.Positives, c.SmallCells, c.AUPRC = smallcell.Below, true, nil
			}
			list = append(list, c)
		}
		return list
	}
	curve := func(shift float64) eval.ReliabilityCurve {
		calibrated := 0.02
		c := eval.ReliabilityCurve{ECE: shift, CalibratedECE: &calibrated}
		for i := range 8 {
			at := (float64(i) + 0.5) / 8
			better := at + shift/4
			c.Bins = append(c.Bins, eval.ReliabilityBin{N: 30, MeanPredicted: min(1, at+shift), Calibrated: &better, Observed: at})
		}
		return c
	}
	fill := func(shift float64) (map[string][]eval.ClassScore, map[string][]eval.ReliabilityCurve) {
		c, r := map[string][]eval.ClassScore{}, map[string][]eval.ReliabilityCurve{}
		for _, name := range paperTasks {
			c[name], r[name] = of(name, shift), []eval.ReliabilityCurve{curve(shift)}
		}
		return c, r
	}
	classes.Variants, reliability.Variants = map[string]map[string][]eval.ClassScore{}, map[string]map[string][]eval.ReliabilityCurve{}
	for name := range m.Variants {
		classes.Variants[name], reliability.Variants[name] = fill(0.1)
	}
	classes.Baseline, reliability.Baseline = fill(0.05)
	return classes, reliability
}

// comparisons are of all variants with each other and the baseline: a difference of the
// macro mean above a threshold is not chance.
func comparisons(t testing.TB, metrics *dataset.Dataset, threshold float64) *dataset.Dataset {
	t.Helper()
	var m eval.Metrics
	read(t, metrics, eval.MetricsName, &m)
	of := map[string]*eval.Scores{"baseline": m.Baseline}
	for name, scores := range m.Variants {
		of[name] = scores
	}
	between := func(a, b string, x, y *float64) compare.Comparison {
		d := *x - *y
		p := math.Exp(-math.Abs(d) / threshold * 3)
		against := compare.AgainstVariant
		if b == "baseline" {
			against = compare.AgainstBaseline
		}
		return compare.Comparison{A: a, B: b, Against: against, Patients: 240, Difference: d, Interval: &eval.Interval{Low: d - threshold, High: d + threshold}, PBootstrap: &p, PPermutation: &p, PHolm: &p}
	}
	c := compare.Comparisons{Split: "test", Interval: m.Interval, Permutations: 1000, Tasks: map[string][]compare.Comparison{}}
	for i, a := range paperVariants {
		for _, b := range append(paperVariants[i+1:len(paperVariants):len(paperVariants)], "baseline") {
			c.Macro = append(c.Macro, between(a, b, of[a].MacroAUROC, of[b].MacroAUROC))
			for task, score := range of[a].Tasks {
				c.Tasks[task] = append(c.Tasks[task], between(a, b, score.AUROC, of[b].Tasks[task].AUROC))
			}
		}
	}
	return artifact(t, "comparisons", "comparisons", map[string]string{compare.FileName: text(t, c)}, dataset.Manifest{Stage: "eval.compare", StageVersion: 1}, nil)
}

// subgroupsTold tell of groups by sex and age, one of which is too small.
func subgroupsTold(t testing.TB) *dataset.Dataset {
	t.Helper()
	s := subgroups.Result{Split: "test", Variants: map[string]map[string][]subgroups.Attribute{}}
	for _, variant := range paperVariants {
		s.Variants[variant] = map[string][]subgroups.Attribute{}
		for i, task := range paperTasks {
			x, predicted, observed := 0.6+float64(i)/20, 0.31, 0.24
			group := func(name string, n int) subgroups.GroupScore {
				return subgroups.GroupScore{Group: name, N: smallcell.Count(n), Patients: smallcell.Count(n), Positives: 30, AUROC: &x, MeanPredicted: &predicted, Observed: &observed, ECE: &predicted}
			}
			s.Variants[variant][task] = []subgroups.Attribute{
				{Name: subgroups.AttributeSex, Groups: []subgroups.GroupScore{group("F", 118), group("M", 122)}},
				{Name: subgroups.AttributeAge, Groups: []subgroups.GroupScore{group("18–44", 60), group("45–64", 81), group("65–79", 77)}, Hidden: []string{"80 and over"}},
			}
		}
	}
	mean, median := 1.25, 63.0
	s.Table1 = &subgroups.Table1{}
	for _, split := range splitNames {
		s.Table1.Splits = append(s.Table1.Splits, subgroups.Table1Split{
			Split: split, Patients: 1750, Admissions: 2187, AdmissionsPerPatient: &mean, Age: &subgroups.Ages{Mean: 62.4, SD: 17.1, Median: &median, Q1: &median, Q3: &median},
			Attributes: []subgroups.PatientGroups{{Name: subgroups.AttributeSex, Groups: []subgroups.PatientGroup{{Group: "F", N: 840, Share: 0.48}, {Group: "M", N: 910, Share: 0.52}}}},
		})
	}
	return artifact(t, "subgroups", "subgroups", map[string]string{subgroups.FileName: text(t, s)}, dataset.Manifest{Stage: "eval.subgroups", StageVersion: 1}, nil)
}

func read(t testing.TB, d *dataset.Dataset, name string, value any) {
	t.Helper()
	if err := d.ReadJSON(t.Context(), name, value); err != nil {
		t.Fatal(err)
	}
}

func text(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
