package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/clinflow/clinflow/internal/shard"
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
	flags.StringVar(&o.memory, "memory", "32MiB", "--memory of clinflow run")
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
	r = pathResult{Notes: o.notes, Memory: o.memory, PeakRSSMiB: map[string]int64{}}
	sizes := []int{o.notes / 10, o.notes}
	if o.large {
		sizes = append(sizes, 10*o.notes)
	}
	for _, notes := range sizes {
		if err := b.self("tree", b.tree(notes), strconv.Itoa(notes)); err != nil {
			return r, err
		}
	}
	if err := o.beside(b, &r); err != nil {
		return r, err
	}
	for _, notes := range sizes {
		if notes == o.notes {
			continue
		}
		c, err := b.path(notes, 1)
		if err != nil {
			return r, err
		}
		r.PeakRSSMiB[strconv.Itoa(notes)] = c.peakMiB
	}
	return r, nil
}

// beside runs path and loop by turns, and the path with two workers.
func (o pathOptions) beside(b *build, r *pathResult) error {
	var wall, wall2 float64
	for round := range o.rounds {
		ours, err := b.path(o.notes, 1)
		if err != nil {
			return err
		}
		loop, err := b.loop(o.notes)
		if err != nil {
			return err
		}
		if round == 0 {
			if r.SameTokens, err = b.same(); err != nil {
				return err
			}
		}
		two, err := b.path(o.notes, 2)
		if err != nil {
			return err
		}
		r.CPUS, r.LoopCPUS = least(r.CPUS, ours.cpuS), least(r.LoopCPUS, loop.cpuS)
		wall, wall2 = least(wall, ours.wallS), least(wall2, two.wallS)
		peak := r.PeakRSSMiB[strconv.Itoa(o.notes)]
		r.PeakRSSMiB[strconv.Itoa(o.notes)] = max(peak, ours.peakMiB)
		r.LoopRSSMiB = max(r.LoopRSSMiB, loop.peakMiB)
	}
	r.Ratio, r.Workers2Speedup = r.CPUS/r.LoopCPUS, wall/wall2
	return nil
}

// least is the lesser of two times, of which the first may not be taken yet.
func least(a, b float64) float64 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// same says whether the loop wrote the bytes that the path's manifests name, the
// token rows among them.
func (b *build) same() (bool, error) {
	steps, err := filepath.Glob(filepath.Join(b.out, "steps", "*"))
	if err != nil {
		return false, err
	}
	tokens := false
	for _, step := range steps {
		d, err := shard.Open(context.Background(), step)
		if err != nil {
			return false, err
		}
		for table, infos := range d.Manifest.Tables {
			tokens = tokens || table == shard.TableTokens
			if ok, err := b.sameTable(table, infos); !ok || err != nil {
				return false, err
			}
		}
	}
	return tokens, nil
}

// sameTable compares a table; the loop leaves out those without rows.
func (b *build) sameTable(table string, infos []shard.PartInfo) (bool, error) {
	for part, info := range infos {
		file, err := os.Open(partFile(b.loopOut, table, part))
		if os.IsNotExist(err) && info.Rows == 0 {
			continue
		}
		if err != nil {
			return false, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		file.Close()
		if digest := hex.EncodeToString(sum.Sum(nil)); err != nil || digest != info.SHA256 {
			fmt.Fprintf(os.Stderr, "part %d of table %s differs\n", part, table)
			return false, err
		}
	}
	return true, nil
}
