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

// scaleResult is the path at growing sizes, the last of them MIMIC's own.
type scaleResult struct {
	Workers int        `json:"workers"`
	Memory  string     `json:"memory"` // --memory
	Sizes   []scaleRow `json:"sizes"`
}

// scaleRow is what csv.gz to five label sets and token parts costs.
type scaleRow struct {
	Notes   int64   `json:"notes"`
	TextMB  float64 `json:"text_mb"`
	WallS   float64 `json:"wall_s"`
	CPUS    float64 `json:"cpu_s"`
	PeakMiB int64   `json:"peak_rss_mib"`
	MBPerS  float64 `json:"text_mb_per_s"` // by the clock
	Files   int64   `json:"files_mb"`      // of csv.gz
}

func scaleMain(args []string) error {
	var o pathOptions
	workers, most := 2, int64(0)
	flags := flag.NewFlagSet("scale", flag.ExitOnError)
	flags.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "clinflow-bench-scale"), "folder that keeps the synthetic trees, some 2 GB, and takes the output, which is removed")
	flags.StringVar(&o.memory, "memory", "1GiB", "--memory of clinflow run")
	flags.IntVar(&workers, "workers", 2, "cores")
	flags.Int64Var(&most, "notes", mimicDischarge+mimicRadiology, "notes of the largest tree; the others have a tenth and a hundredth")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := newBuild(o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.runs)
	r := scaleResult{Workers: workers, Memory: o.memory}
	for _, notes := range []int64{most / 100, most / 10, most} {
		row, err := b.scale(notes, workers)
		if err != nil {
			return err
		}
		r.Sizes = append(r.Sizes, row)
	}
	if o.asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("%9s %9s %7s %7s %9s %6s\n", "notes", "text MB", "wall s", "CPU s", "peak MiB", "MB/s")
	for _, s := range r.Sizes {
		fmt.Printf("%9d %9.0f %7.1f %7.1f %9d %6.0f\n", s.Notes, s.TextMB, s.WallS, s.CPUS, s.PeakMiB, s.MBPerS)
	}
	return nil
}

// Mortality reads texts that do not tell of the death, so that there are two steps of
// tokens.
const scaleDAG = `name: scale
each:
  task:
    pmv: {stage: label.ventilation, label_set: ""}
    mor: {stage: label.mortality, label_set: ""}
    los: {stage: label.length_of_stay, label_set: ""}
    diag: {stage: label.diagnoses, label_set: label_set_diag}
    proc: {stage: label.procedures, label_set: label_set_proc}
steps:
  patients: {stage: ingest.mimiciv, with: {root: %[1]s, shards: %[2]d}}
  split: {stage: split.hash, in: {patients: patients}}
  label_set_diag: {stage: label.set, in: {patients: patients, split: split}, with: {task: diag}}
  label_set_proc: {stage: label.set, in: {patients: patients, split: split}, with: {task: proc}}
  labels_${task}: {stage: "${task.stage}", in: {patients: patients, label_set: "${task.label_set}"}}
  texts: {stage: text.admission, in: {patients: patients}}
  texts_without_deaths: {stage: text.without_deaths, in: {texts: texts}}
  tokens: {stage: tokenize.texts, in: {texts: texts}, with: {tokenizer: %[1]s, max_length: 128}}
  tokens_without_deaths: {stage: tokenize.texts, in: {texts: texts_without_deaths}, with: {tokenizer: %[1]s, max_length: 128}}
`

// scale measures one size, on as many cores as there are workers.
func (b *build) scale(notes int64, workers int) (row scaleRow, err error) {
	tree := filepath.Join(b.o.dir, "scale-"+strconv.FormatInt(notes, 10))
	if _, err := cost.Run(exec.Command(b.exe, "scaletree", tree, strconv.FormatInt(notes, 10))); err != nil {
		return row, err
	}
	text, err := os.ReadFile(filepath.Join(tree, sizeFile))
	if err != nil {
		return row, err
	}
	var size scaleSize
	if err := json.Unmarshal(text, &size); err != nil {
		return row, err
	}
	if err := os.WriteFile(b.dagFile, fmt.Appendf(nil, scaleDAG, strconv.Quote(tree), parts), 0o600); err != nil {
		return row, err
	}
	cmd := exec.Command("taskset", "-c", fmt.Sprintf("0-%d", workers-1),
		b.binary, "run", b.dagFile, "--quiet", "--out", b.next(), "--workers", strconv.Itoa(workers), "--memory", b.o.memory)
	took, err := cost.Run(cmd)
	mb := float64(size.TextBytes) / 1e6
	return scaleRow{Notes: notes, TextMB: mb, WallS: took.WallS, CPUS: took.CPUS, PeakMiB: took.PeakMiB, MBPerS: mb / took.WallS, Files: filesMB(tree)}, err
}

// filesMB are the megabytes of a tree's csv.gz.
func filesMB(tree string) (mb int64) {
	files, _ := filepath.Glob(filepath.Join(tree, "*", "*.csv.gz"))
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			mb += info.Size()
		}
	}
	return mb / 1e6
}
