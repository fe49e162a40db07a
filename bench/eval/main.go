// Command eval measures the exact AUROC of a multi-label task of the paper's size,
// one thread, against scikit-learn in the same run.
//
//	go run ./bench/eval [--json] [--python PATH]
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/clinflow/clinflow/bench/peer"
	"github.com/clinflow/clinflow/internal/auroc"
)

// The test documents and labels of DIAG (the paper's table 1).
const documents, labels = 9829, 1266

type result struct {
	Seconds        float64  `json:"seconds"`
	MacroAUROC     float64  `json:"macro_auroc"`
	SklearnSeconds *float64 `json:"sklearn_seconds,omitempty"`
	Ratio          *float64 `json:"auroc_vs_sklearn,omitempty"`
	Difference     *float64 `json:"difference,omitempty"` // of the two macro AUROCs
}

//go:embed peer.py
var script string

func main() {
	asJSON := flag.Bool("json", false, "print JSON")
	python := flag.String("python", "python3", "Python with scikit-learn; empty: no peer")
	flag.Parse()
	r, err := run(*python)
	if err == nil && *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else if err == nil {
		fmt.Println(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(python string) (r result, err error) {
	data := newData()
	r.Seconds = math.Inf(1)
	for range 3 {
		start := time.Now()
		if r.MacroAUROC, err = data.macroAUROC(); err != nil {
			return r, err
		}
		r.Seconds = min(r.Seconds, time.Since(start).Seconds())
	}
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	if err := data.write(dir); err != nil {
		return r, err
	}
	var answer struct{ Seconds, Macro float64 }
	if peer.Measure(python, script, &answer, filepath.Join(dir, "scores"), filepath.Join(dir, "labels"), fmt.Sprint(documents), fmt.Sprint(labels)) {
		ratio, difference := answer.Seconds/r.Seconds, math.Abs(answer.Macro-r.MacroAUROC)
		r.SklearnSeconds, r.Ratio, r.Difference = &answer.Seconds, &ratio, &difference
	}
	return r, nil
}

// macroAUROC is the mean over the labels that some documents have, as eval.auroc
// computes it from columns.
func (d data) macroAUROC() (float64, error) {
	var mean auroc.Mean
	scores := make([]float64, documents)
	for k := range labels {
		for i, score := range d.scores[k*documents : (k+1)*documents] {
			scores[i] = float64(score)
		}
		count, err := auroc.Of(scores, d.positive[k*documents:(k+1)*documents])
		if err != nil {
			return 0, err
		}
		mean.Add(count.AUROC())
	}
	return mean.Value, nil
}

func (r result) String() string {
	text := fmt.Sprintf("AUROC of %d × %d scores: %.2f s", documents, labels, r.Seconds)
	if r.Ratio == nil {
		return text + "; scikit-learn: not at hand"
	}
	return text + fmt.Sprintf("; scikit-learn %.2f s: %.1f times; the macro AUROCs differ by %.1g", *r.SklearnSeconds, *r.Ratio, *r.Difference)
}
