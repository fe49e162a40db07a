package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"

	"github.com/clinflow/clinflow/bench/cost"
	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/logs"
	"github.com/clinflow/clinflow/internal/memory"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/eval"
)

type scaleOptions struct {
	times       int
	memory, dir string
}

// scale is what eval.auroc takes of many examples, read from files.
type scale struct {
	Examples   int     `json:"examples"`
	Labels     int     `json:"labels"`
	Memory     string  `json:"memory"` // --memory
	Cores      int     `json:"cores"`
	WallS      float64 `json:"wall_s"`
	CPUS       float64 `json:"cpu_s"`
	PeakMiB    int64   `json:"peak_rss_mib"`
	MacroAUROC float64 `json:"macro_auroc"`
}

// The work of a child process, whose memory is its own.
const (
	childPredicts = "predict" // FOLDER EXAMPLES
	childMeasures = "measure" // PREDICTIONS OUT MEMORY
)

func child(work string, args []string) error {
	if work == childPredicts {
		examples, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return predict(context.Background(), args[0], examples)
	}
	return measureStage(context.Background(), args[0], args[1], args[2])
}

// run makes the predictions, measures them, and removes them.
func (o scaleOptions) run() (*scale, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.dir, "clinflow-bench-eval")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s := &scale{Examples: o.times * documents, Labels: labels, Memory: o.memory, Cores: runtime.NumCPU()}
	predictions, out := filepath.Join(dir, "predictions"), filepath.Join(dir, "metrics")
	if _, err := cost.Run(exec.Command(exe, "child", childPredicts, predictions, strconv.Itoa(s.Examples))); err != nil {
		return nil, err
	}
	took, err := cost.Run(exec.Command(exe, "child", childMeasures, predictions, out, o.memory))
	if err != nil {
		return nil, err
	}
	s.WallS, s.CPUS, s.PeakMiB = took.WallS, took.CPUS, took.PeakMiB
	s.MacroAUROC, err = macroIn(out)
	return s, err
}

// measureStage runs eval.auroc as a step of a DAG is run, without replicates: their
// work grows with the examples a thousand times over.
func measureStage(ctx context.Context, predictions, out, budget string) error {
	bytes, err := humanize.ParseBytes(budget)
	if err != nil {
		return err
	}
	env := stages.Default.With(func(s *stages.Settings) { s.Memory = memory.New(int64(bytes)) })
	spec, known := env.Lookup("eval.auroc")
	if !known {
		return fmt.Errorf("no stage eval.auroc in this binary")
	}
	config, err := dags.Resolve("with", []byte("{replicates: 0}"), spec.Config())
	if err != nil {
		return err
	}
	if err := flag.CommandLine.Parse(nil); err != nil { // Beam's flags
		return err
	}
	beam.Init()
	logs.AdoptSlog(env.Log, zerolog.ErrorLevel) // what Beam says of its plan
	return runners.Beam{Runner: "direct"}.Run(ctx, runners.Job{
		Step: "auroc", Env: env, Stage: spec, Config: config, Out: out,
		Inputs: map[string][]string{"predictions": {predictions}},
		Header: dataset.Manifest{Stage: spec.Name, StageVersion: spec.Version, Config: config},
	})
}

func macroIn(metrics string) (float64, error) {
	text, err := os.ReadFile(filepath.Join(metrics, eval.MetricsName))
	if err != nil {
		return 0, err
	}
	var m eval.Metrics
	if err := json.Unmarshal(text, &m); err != nil {
		return 0, err
	}
	return *m.Variants[variant].MacroAUROC, nil
}
