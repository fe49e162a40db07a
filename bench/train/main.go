// Command train measures a LoRA training step of the engine on one core against
// PyTorch (transformers and PEFT) and against the matrix product's own peak, all in
// one run.
//
//	go run ./bench/train [--json] [--python PATH]
//
// Python needs what oracle/requirements.txt names; without it the peer is left out.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// result is a line of the report.
type result struct {
	Shape          string   `json:"shape"`
	Kernel         string   `json:"kernel"`
	TokensPerS     float64  `json:"tokens_per_s"`
	StepMS         float64  `json:"ms_per_step"`
	PeakGFLOPS     float64  `json:"peak_gflop_per_s"` // of the packed matrix product, measured beside it
	ShareOfPeak    float64  `json:"share_of_peak"`
	PeerTokensPerS *float64 `json:"pytorch_tokens_per_s,omitempty"`
	Ratio          *float64 `json:"ratio,omitempty"` // to PyTorch on one thread
}

// kernels are those that are measured, where the processor has them.
var kernels = []string{"avx512", "avx2"}

func main() {
	asJSON := flag.Bool("json", false, "print JSON")
	python := flag.String("python", "python3", "Python with torch, transformers and peft; empty: no peer")
	least := flag.Duration("least", 10*time.Second, "time a measurement takes at least")
	flag.Parse()
	if err := run(*asJSON, *python, *least); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(asJSON bool, python string, least time.Duration) error {
	var results []result
	for _, s := range shapes {
		dir, err := os.MkdirTemp("", "clinflow-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := s.write(dir); err != nil {
			return err
		}
		peer := pytorch(python, dir, s, least)
		for _, kernel := range kernels {
			r, ok, err := s.measure(dir, kernel, least)
			if err != nil {
				return err
			}
			if ok {
				results = append(results, r.against(peer))
			}
		}
	}
	if asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string][]result{"shapes": results})
	}
	for _, r := range results {
		fmt.Println(r)
	}
	return nil
}

func (r result) against(peer *float64) result {
	if peer != nil {
		ratio := r.TokensPerS / *peer
		r.PeerTokensPerS, r.Ratio = peer, &ratio
	}
	return r
}

func (r result) String() string {
	text := fmt.Sprintf("%s, %s, one core: %.0f tokens/s, %.1f ms a step, %.0f %% of the packed matrix product's %.0f GFLOP/s",
		r.Shape, r.Kernel, r.TokensPerS, r.StepMS, 100*r.ShareOfPeak, r.PeakGFLOPS)
	if r.Ratio == nil {
		return text + "; PyTorch: not at hand"
	}
	return text + fmt.Sprintf("; PyTorch on one thread %.0f tokens/s: %.2f times", *r.PeerTokensPerS, *r.Ratio)
}
