package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/bench/cost"
)

//go:embed peersingest.py
var ingestScript string

// The work is one file of discharge summaries, some 300 MB, and as many rounds by turns
// of which the least counts.
const (
	ingestNotes  = 26_000
	ingestRounds = 3
	ingestMemory = "256MiB"
)

var ingestPeerNames = []string{"polars", "duckdb", "pandas"}

// holding is what a folder of parts holds, in whatever order.
type holding struct {
	Rows, Parts int
	Digest      string
	Whole       bool // no patient is in two parts
}

// ingestCase is the file, and where its parts go.
type ingestCase struct {
	*build
	python string
	tree   string
	told   map[string]float64
}

// ingestPeers turns csv.gz into 64 zstd Parquet parts by the hash of the patient, on one
// core and on two. Each is a process of its own, from its start to its end. On one core a
// ratio is of seconds of CPU, which other programs on the machine take least of, on two of
// those by the clock; those of a peer without its imports are told too.
func ingestPeers(o peerOptions) (map[string]float64, error) {
	dir := filepath.Join(os.TempDir(), "clinflow-bench-data")
	b, err := newBuild(pathOptions{dir: dir, memory: ingestMemory})
	if err != nil {
		return nil, err
	}
	c := ingestCase{build: b, python: o.python, tree: b.tree(ingestNotes), told: map[string]float64{}}
	defer os.RemoveAll(b.runs)
	if _, err := cost.Run(exec.Command(b.exe, "tree", c.tree, strconv.Itoa(ingestNotes))); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("name: ingest\nsteps:\n  patients: {stage: ingest.mimiciv, with: {root: %q, shards: %d}}\n", c.tree, parts)
	if err := os.WriteFile(b.dagFile, []byte(text), 0o600); err != nil {
		return nil, err
	}
	for range ingestRounds {
		for _, cores := range []int{1, 2} {
			if err := c.round(cores); err != nil {
				return nil, err
			}
		}
	}
	c.ratios()
	return c.told, nil
}

// round lets ours and each peer do the work on so many cores.
func (c *ingestCase) round(cores int) error {
	out := c.next()
	ours, err := c.on(cores, "ours", exec.Command(c.binary, "run", c.dagFile, "--quiet", "--out", out, "--workers", strconv.Itoa(cores), "--memory", c.o.memory))
	if err != nil {
		return err
	}
	steps, _ := filepath.Glob(filepath.Join(out, "steps", "*", "notes"))
	if len(steps) != 1 {
		return fmt.Errorf("%s: %d steps have notes, want one", out, len(steps))
	}
	want, err := c.holds(steps[0])
	if err != nil {
		return err
	}
	c.told["ingest_rows"] = float64(want.Rows)
	c.told[key("ours", cores, "peak_mib")] = max(c.told[key("ours", cores, "peak_mib")], float64(ours.PeakMiB))
	for _, name := range ingestPeerNames {
		if err := c.peer(name, cores, want); err != nil {
			return err
		}
	}
	return nil
}

// peer lets one peer do the work, and compares what it wrote.
func (c *ingestCase) peer(name string, cores int, want holding) error {
	out := c.next()
	cmd := exec.Command(c.python, "-", name, filepath.Join(c.tree, dischargeFile), out, strconv.Itoa(cores))
	var answer bytes.Buffer
	cmd.Stdin, cmd.Stdout = strings.NewReader(ingestScript), &answer
	if _, err := c.on(cores, name, cmd); err != nil {
		return err
	}
	var inside struct {
		Seconds float64
		CPU     float64 `json:"cpu_seconds"`
	}
	if err := json.Unmarshal(answer.Bytes(), &inside); err != nil {
		return err
	}
	c.least(key(name, cores, "without_imports_s"), inside.Seconds)
	c.least(key(name, cores, "without_imports_cpu_s"), inside.CPU)
	has, err := c.holds(out)
	if err == nil && has != want {
		err = fmt.Errorf("%s wrote %+v, clinflow %+v", name, has, want)
	}
	return err
}

// on runs a command on the first cores alone, with as many threads.
func (c *ingestCase) on(cores int, name string, cmd *exec.Cmd) (cost.Cost, error) {
	pinned := exec.Command("taskset", append([]string{"-c", fmt.Sprintf("0-%d", cores-1)}, cmd.Args...)...)
	pinned.Stdin, pinned.Stdout, pinned.Env = cmd.Stdin, cmd.Stdout, os.Environ()
	for _, library := range []string{"POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS", "GOMAXPROCS"} {
		pinned.Env = append(pinned.Env, library+"="+strconv.Itoa(cores))
	}
	took, err := cost.Run(pinned)
	c.least(key(name, cores, "s"), took.WallS)
	c.least(key(name, cores, "cpu_s"), took.CPUS)
	return took, err
}

func (c *ingestCase) holds(folder string) (h holding, err error) {
	cmd := exec.Command(c.python, "-", "holds", folder)
	cmd.Stdin, cmd.Stderr = strings.NewReader(ingestScript), os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return h, fmt.Errorf("%s with polars, duckdb, pandas and pyarrow is needed: %w", c.python, err)
	}
	return h, json.Unmarshal(text, &h)
}

func (c *ingestCase) least(key string, seconds float64) {
	if before, told := c.told[key]; !told || seconds < before {
		c.told[key] = seconds
	}
}

// ratios are a peer's seconds over ours.
func (c *ingestCase) ratios() {
	for cores, seconds := range map[int]string{1: "cpu_s", 2: "s"} {
		ours := c.told[key("ours", cores, seconds)]
		for _, name := range ingestPeerNames {
			c.told[key("ingest", cores, "vs_"+name)] = c.told[key(name, cores, seconds)] / ours
			c.told[key("ingest", cores, "vs_"+name+"_without_imports")] = c.told[key(name, cores, "without_imports_"+seconds)] / ours
		}
	}
}

// key is the name of what was measured on one core, or on more.
func key(of string, cores int, what string) string {
	if of != "ingest" {
		of = "ingest_" + of
	}
	if cores > 1 {
		of += "_" + strconv.Itoa(cores) + "_cores"
	}
	return of + "_" + what
}
