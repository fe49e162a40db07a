package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/clinflow/clinflow/bench/cost"
)

// chartsResult is what one pass over chartevents costs, beside a plain loop that
// decompresses and parses the same file and keeps nothing.
type chartsResult struct {
	Rows       int64   `json:"rows"`
	MB         float64 `json:"mb"`       // decompressed
	MBPerS     float64 `json:"mb_per_s"` // of CPU, user and system, one worker
	LoopMBPerS float64 `json:"loop_mb_per_s"`
	Ratio      float64 `json:"ingest_vs_plain_loop"`
	WallS      float64 `json:"wall_s"`
	LoopWallS  float64 `json:"loop_wall_s"`
	Memory     string  `json:"memory"` // --memory
	PeakRSSMiB int64   `json:"peak_rss_mib"`
	Kept       int64   `json:"kept"`      // rows that ventilation is known by
	SameRows   bool    `json:"same_rows"` // as many as the loop counts

	cpu, loopCPU float64
}

func chartsMain(args []string) error {
	o := pathOptions{rounds: 1}
	rows := 0
	flags := flag.NewFlagSet("charts", flag.ExitOnError)
	flags.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "clinflow-bench-charts"), "folder for the synthetic tree; removed at the end")
	flags.StringVar(&o.memory, "memory", "256MiB", "--memory of clinflow run")
	flags.IntVar(&rows, "rows", 20_000_000, "rows of chartevents of about 90 bytes")
	flags.IntVar(&o.rounds, "rounds", 1, "how often ingest and loop are measured by turns; the least counts")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	defer os.RemoveAll(o.dir)
	r, err := o.measureCharts(rows)
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Println(r)
	return nil
}

func (r chartsResult) String() string {
	return fmt.Sprintf("%d rows of chartevents, %.0f MB, one worker: %.1f MB/s of CPU, the plain loop %.1f: %.2f times; by the clock %.1f s and %.1f s; "+
		"peak %d MiB, --memory %s; %d rows kept, as many as the loop counts: %v",
		r.Rows, r.MB, r.MBPerS, r.LoopMBPerS, r.Ratio, r.WallS, r.LoopWallS, r.PeakRSSMiB, r.Memory, r.Kept, r.SameRows)
}

const chartsDAG = `name: charts
steps:
  patients: {stage: ingest.mimiciv, with: {root: %s, notes: false, chartevents: true, shards: %d}}
`

func (o pathOptions) measureCharts(rows int) (r chartsResult, err error) {
	b, err := newBuild(o)
	if err != nil {
		return r, err
	}
	tree := filepath.Join(o.dir, "charts")
	if _, err := cost.Run(exec.Command(b.exe, "charttree", tree, strconv.Itoa(rows))); err != nil {
		return r, err
	}
	if err := os.WriteFile(b.dagFile, fmt.Appendf(nil, chartsDAG, strconv.Quote(tree), parts), 0o600); err != nil {
		return r, err
	}
	r.Memory = o.memory
	for range o.rounds {
		if err := b.charts(&r, tree); err != nil {
			return r, err
		}
	}
	r.MBPerS, r.LoopMBPerS, r.Ratio = r.MB/r.cpu, r.MB/r.loopCPU, r.cpu/r.loopCPU
	return r, nil
}

// charts runs ingest and the loop.
func (b *build) charts(r *chartsResult, tree string) error {
	b.out, b.loopOut = b.next(), b.next()
	ours, err := cost.Run(exec.Command(b.binary, "run", b.dagFile, "--quiet", "--out", b.out, "--workers", "1", "--memory", b.o.memory))
	if err != nil {
		return err
	}
	loop, err := cost.Run(exec.Command(b.exe, "chartloop", tree, b.loopOut))
	if err != nil {
		return err
	}
	r.cpu, r.loopCPU = least(r.cpu, ours.CPUS), least(r.loopCPU, loop.CPUS)
	r.WallS, r.LoopWallS = least(r.WallS, ours.WallS), least(r.LoopWallS, loop.WallS)
	r.PeakRSSMiB = max(r.PeakRSSMiB, ours.PeakMiB)
	return b.compareCharts(r)
}
