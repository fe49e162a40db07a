// Command eval measures what evaluation costs, on tasks of the paper's largest size: the
// exact AUROC of each label of DIAG, on one core, against scikit-learn in the same run;
// 1,000 bootstrap replicates over patients of the same on two cores; and eval.auroc by Beam's direct runner on a hundred times as many examples, in a
// process of its own whose peak memory is told.
//
//	go run ./bench/eval [--json] [--python PATH] [--times 100] [--memory 2GiB] [--dir DIR]
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"github.com/clinflow/clinflow/bench/cost"
	"github.com/clinflow/clinflow/bench/peer"
	"github.com/clinflow/clinflow/internal/auroc"
)

// The test documents and labels of DIAG (the paper's table 1).
const documents, labels = 9829, 1266

// rounds are how often a thing is measured; the fastest counts.
const rounds = 5

// result tells CPU seconds, of which other programs on the machine take least, but
// where it says wall. What is measured of one core has one.
type result struct {
	CPUFlags       string   `json:"cpu_flags"`
	Seconds        float64  `json:"seconds"`
	MacroAUROC     float64  `json:"macro_auroc"`
	SklearnSeconds *float64 `json:"sklearn_seconds,omitempty"`
	Ratio          *float64 `json:"auroc_vs_sklearn,omitempty"`
	Difference     *float64 `json:"difference,omitempty"` // of the two macro AUROCs
	// 1,000 replicates over patients of all labels, on two cores: by the clock.
	ReplicatesSeconds float64 `json:"replicates_seconds"`
	ReplicatesCPU     float64 `json:"replicates_cpu_seconds"`
	Scale             *scale  `json:"scale,omitempty"`
}

//go:embed peer.py
var script string

func main() {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		end(child(os.Args[2], os.Args[3:]))
		return
	}
	var o scaleOptions
	asJSON := flag.Bool("json", false, "print JSON")
	python := flag.String("python", "python3", "Python with scikit-learn; empty: no peer")
	flag.IntVar(&o.times, "times", 100, "how many times DIAG's documents the stage measures; 0: none")
	flag.StringVar(&o.memory, "memory", "2GiB", "what the stage may take, as --memory of clinflow run")
	flag.StringVar(&o.dir, "dir", os.TempDir(), "folder that takes the predictions, 5 GB, which are removed")
	flag.Parse()
	r := result{CPUFlags: cost.CPUFlags()}
	err := r.measure(*python)
	if err == nil {
		err = r.replicate()
	}
	if err == nil && o.times > 0 {
		r.Scale, err = o.run()
	}
	if err == nil && *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else if err == nil {
		fmt.Println(r)
	}
	end(err)
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// measure compares with the peer on one core.
func (r *result) measure(python string) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	data := newData()
	r.Seconds = math.Inf(1)
	for range rounds {
		start := cost.CPUSeconds()
		macro, err := data.macroAUROC()
		if err != nil {
			return err
		}
		r.MacroAUROC, r.Seconds = macro, min(r.Seconds, cost.CPUSeconds()-start)
	}
	dir, err := os.MkdirTemp("", "clinflow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := data.write(dir); err != nil {
		return err
	}
	var answer struct{ Seconds, Macro float64 }
	if peer.Measure(python, script, &answer, filepath.Join(dir, "scores"), filepath.Join(dir, "labels"), fmt.Sprint(documents), fmt.Sprint(labels)) {
		ratio, difference := answer.Seconds/r.Seconds, math.Abs(answer.Macro-r.MacroAUROC)
		r.SklearnSeconds, r.Ratio, r.Difference = &answer.Seconds, &ratio, &difference
	}
	return nil
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
	text := fmt.Sprintf("AUROC of %d × %d scores on one core: %.3f s", documents, labels, r.Seconds)
	if r.Ratio == nil {
		text += "; scikit-learn: not at hand"
	} else {
		text += fmt.Sprintf("; scikit-learn %.2f s: %.1f times; the macro AUROCs differ by %.1g", *r.SklearnSeconds, *r.Ratio, *r.Difference)
	}
	text += fmt.Sprintf("\n%d replicates over patients on %d cores: %.1f s, of CPU %.1f s", replicated, cores, r.ReplicatesSeconds, r.ReplicatesCPU)
	if s := r.Scale; s != nil {
		text += fmt.Sprintf("\neval.auroc of %d × %d on %d cores: %.0f s, of CPU %.0f s, peak memory %d MiB", s.Examples, s.Labels, s.Cores, s.WallS, s.CPUS, s.PeakMiB)
	}
	return text
}
