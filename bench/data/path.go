package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// parts is how many parts the patients are spread over, as by default.
const parts = 64

// pathResult is what the path from csv.gz to tokens costs, beside the plain loop.
type pathResult struct {
	Notes           int              `json:"notes"`
	CPUS            float64          `json:"cpu_s"` // user and system, one worker
	LoopCPUS        float64          `json:"loop_cpu_s"`
	Ratio           float64          `json:"path_vs_plain_loop"`
	SameTokens      bool             `json:"same_tokens"` // and the same bytes of every other table
	Memory          string           `json:"memory"`      // --memory of all runs
	PeakRSSMiB      map[string]int64 `json:"peak_rss_mib"`
	LoopRSSMiB      int64            `json:"loop_peak_rss_mib"`
	Workers2Speedup float64          `json:"workers_2_speedup"`

	wall, wall2 float64 // with one worker and with two
}

type pathOptions struct {
	dir, memory string
	notes       int
	rounds      int
	asJSON      bool
	large       bool
}

func pathMain(args []string) error {
	var o pathOptions
	flags := flag.NewFlagSet("path", flag.ExitOnError)
	flags.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "clinflow-bench-data"), "folder that keeps the synthetic trees")
	flags.StringVar(&o.memory, "memory", "256MiB", "--memory of clinflow run")
	flags.IntVar(&o.notes, "notes", 26_000, "discharge summaries of about 10 kB")
	flags.IntVar(&o.rounds, "rounds", 3, "how often path and loop are measured by turns; the least counts")
	flags.BoolVar(&o.large, "large", false, "also the peak memory of ten times the notes")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r, err := o.measure()
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Println(r)
	return nil
}

func (r pathResult) String() string {
	return fmt.Sprintf("%d notes of 10 kB from csv.gz to tokens, one worker: %.1f s of CPU, the plain loop %.1f: %.2f times; same tokens: %v; "+
		"peak MiB by notes, --memory %s: %v, the loop's %d; two workers %.2f times as fast",
		r.Notes, r.CPUS, r.LoopCPUS, r.Ratio, r.SameTokens, r.Memory, r.PeakRSSMiB, r.LoopRSSMiB, r.Workers2Speedup)
}

func (o pathOptions) measure() (r pathResult, err error) {
	b, err := newBuild(o)
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(b.runs)
	r = pathResult{Notes: o.notes, Memory: o.memory, PeakRSSMiB: map[string]int64{}}
	for range o.rounds {
		if err := b.round(&r); err != nil {
			return r, err
		}
	}
	r.Ratio, r.Workers2Speedup = r.CPUS/r.LoopCPUS, r.wall/r.wall2
	if o.large {
		_, err = b.path(&r, 10*o.notes, 1)
	}
	return r, err
}

// round runs the path, the loop, the path with two workers, and the path over a
// tenth of the notes.
func (b *build) round(r *pathResult) error {
	ours, err := b.path(r, r.Notes, 1)
	if err != nil {
		return err
	}
	loop, err := b.loop(r.Notes)
	if err != nil {
		return err
	}
	if r.SameTokens, err = b.same(); err != nil {
		return err
	}
	two, err := b.path(r, r.Notes, 2)
	if err != nil {
		return err
	}
	_, err = b.path(r, r.Notes/10, 1)
	r.CPUS, r.LoopCPUS = least(r.CPUS, ours.CPUS), least(r.LoopCPUS, loop.CPUS)
	r.wall, r.wall2 = least(r.wall, ours.WallS), least(r.wall2, two.WallS)
	r.LoopRSSMiB = max(r.LoopRSSMiB, loop.PeakMiB)
	return err
}

// least is the lesser of two times, of which the first may not be taken yet.
func least(a, b float64) float64 {
	if a == 0 {
		return b
	}
	return min(a, b)
}
