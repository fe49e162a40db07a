package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/clinflow/clinflow/stages/train/check"
)

// report is what is written.
type report struct {
	Date       string            `json:"date"`
	Shape      string            `json:"shape"`
	Device     string            `json:"device"`
	Driver     string            `json:"driver"` // NVIDIA's; empty where the system hides it
	CUDA       string            `json:"cuda"`   // the newest that the driver runs
	Compiler   string            `json:"nvrtc"`
	Kernel     string            `json:"kernel"`
	Peer       map[string]string `json:"peer"` // versions; null: not at hand
	PeakTFLOPS float64           `json:"peak_tflop_per_s"`
	CopyGB     float64           `json:"copy_gb_per_s"` // read and written
	Checks     []verdict         `json:"checks"`
	Curve      curve             `json:"loss_curve"`
	Shapes     []result          `json:"shapes"`
	Terms      terms             `json:"first_shape_terms"`
	Products   []product         `json:"first_shape_products"`
	Failures   []string          `json:"failures"`
}

// result is a shape's. What PEFT did not do is null.
type result struct {
	Batch              int      `json:"batch"`
	Seq                int      `json:"seq"`
	Checkpointing      bool     `json:"gradient_checkpointing"`
	Tuned              bool     `json:"tuned_products"`
	StepMS             float64  `json:"ms_per_step"`
	TokensPerS         float64  `json:"tokens_per_s"`
	ShareOfPeak        *float64 `json:"share_of_peak"`     // null: the peak is not known
	Memory             int64    `json:"peak_memory_bytes"` // of the whole card, the driver's part too
	EagerTokensPerS    *float64 `json:"peft_eager_tokens_per_s"`
	CompiledTokensPerS *float64 `json:"peft_compiled_tokens_per_s"`
	EagerMemory        *int64   `json:"peft_eager_peak_memory_bytes"` // of torch's tensors alone
	CompiledMemory     *int64   `json:"peft_compiled_peak_memory_bytes"`
	EagerRatio         *float64 `json:"ratio_peft_eager"`
	CompiledRatio      *float64 `json:"ratio_peft_compiled"`
	wantedShare        float64  // of the peak
}

// newResult is of a step that was timed; peak is the card's in TFLOP/s, 0 where it is
// not known.
func newResult(s check.Shape, t timing, peak float64, p speeds) result {
	r := result{
		Batch: s.Batch, Seq: s.Seq, Checkpointing: s.Checkpointing, Memory: t.memory,
		StepMS: 1e3 * t.step, TokensPerS: float64(s.Batch*s.Seq) / t.step, ShareOfPeak: finite(flop(s) / t.step / (peak * 1e12)),
	}
	r.EagerTokensPerS, r.EagerMemory, r.EagerRatio = p.eager.beside(s, r.TokensPerS)
	r.CompiledTokensPerS, r.CompiledMemory, r.CompiledRatio = p.compiled.beside(s, r.TokensPerS)
	return r
}

// beside are the peer's tokens/s and memory, and how many times as fast ours are.
func (p *speed) beside(s check.Shape, ours float64) (tokens *float64, memory *int64, ratio *float64) {
	if p == nil {
		return nil, nil, nil
	}
	theirs := 1e3 * float64(s.Batch*s.Seq) / p.MS
	times := ours / theirs
	return &theirs, &p.Memory, &times
}

func newReport(o options) *report {
	return &report{Date: time.Now().Format(time.DateOnly), Shape: o.shape, Failures: []string{}}
}

// attempt keeps what went wrong with a part of the run.
func (r *report) attempt(what string, err error) {
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", what, err))
	}
}

func (r *report) fail(err error) {
	say("failed: %v", err)
	r.Failures = append(r.Failures, err.Error())
}

// err is all that failed.
func (r *report) err() error {
	if len(r.Failures) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.Failures, "\n"))
}

// judge names every target that is missed. Checkpointing trades time for memory, and
// tuning the same bytes in every run for time: they are held to none.
func (r *report) judge(want targets) {
	for _, s := range r.Shapes {
		if s.Checkpointing || s.Tuned {
			continue
		}
		s.judge(r, "share of the peak", s.ShareOfPeak, s.wantedShare)
		s.judge(r, "times PEFT's tokens/s", s.EagerRatio, want.eager)
		s.judge(r, "times compiled PEFT's tokens/s", s.CompiledRatio, want.compiled)
	}
}

func (s result) judge(r *report, what string, got *float64, want float64) {
	if got != nil && !(*got >= want) {
		r.fail(fmt.Errorf("target missed, %d × %d: %s is %.3g, wanted %.3g", s.Batch, s.Seq, what, *got, want))
	}
}

// save writes the report into the folder, named by day and card, and returns its path.
// It may be read by anyone: it holds no data.
func (r *report) save(folder string) (path string, err error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, r.Date+"-"+dashed(r.Device)+".json")
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o644); err != nil {
		return "", err
	}
	return path, os.Rename(temporary, path)
}

// dashed is a name in lower case with dashes for all that is no letter or digit.
func dashed(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), "-")
}
