package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// print writes the report for people, as far as there is one.
func (r *report) print(out io.Writer, path string) error {
	fmt.Fprintf(out, "%s, CUDA %s, nvrtc %s, driver %s: %s\n", r.Device, r.CUDA, r.Compiler, cmp.Or(r.Driver, "not told"), cmp.Or(r.Kernel, "not opened"))
	r.printChecks(out)
	if r.TFLOPS > 0 {
		fmt.Fprintf(out, "matrix product %.0f TFLOP/s, %v; copies %.0f GB/s, %v\n", r.TFLOPS, r.AtPeak, r.CopyGB, r.AtCopies)
	}
	if err := r.table(out); err != nil {
		return err
	}
	if t := r.Terms; t.Frozen > 0 {
		fmt.Fprintf(out, "\nfirst shape, ms: products with frozen weights %.2f, of LoRA %.2f, attention %.2f, optimizer %.2f, rest %.2f; %v\n",
			t.Frozen, t.LoRA, t.Attention, t.Update, t.Rest, t.State)
	}
	for _, p := range r.Products {
		fmt.Fprintln(out, " ", p)
	}
	for _, f := range r.Failures {
		fmt.Fprintln(out, "FAILED:", f)
	}
	_, err := fmt.Fprintf(out, "report: %s\n\n", path)
	return err
}

func (r *report) printChecks(out io.Writer) {
	passed := 0
	for _, c := range r.Checks {
		if c.OK {
			passed++
		}
	}
	fmt.Fprintf(out, "checks: %d of %d passed\n", passed, len(r.Checks))
	if c := r.Curve; c.Steps > 0 {
		fmt.Fprintf(out, "losses of %d steps: from %.3f to %.3f; PEFT's from %s to %s, %s of its own apart at most\n", c.Steps, c.First, c.Last,
			number("%.3f", c.PEFTFirst), number("%.3f", c.PEFTLast), number("%.1g", c.Difference))
	}
}

func (r *report) table(out io.Writer) error {
	if len(r.Shapes) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nbatch\tms/step\ttokens/s\tof peak\tGB\tcard\tPEFT eager\ttimes\tGB\tautocast\ttimes\tGB\tcompiled\ttimes\tGB\t")
	for _, s := range r.Shapes {
		name := s.name
		if s.Tuned {
			name += ", tuned"
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.0f\t%s\t%.1f\t%v\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, s.StepMS, s.TokensPerS, number("%.2f", s.ShareOfPeak), float64(s.Memory)/1e9, s.State,
			number("%.0f", s.EagerTokensPerS), number("%.2f", s.EagerRatio), gigabytes(s.EagerMemory),
			number("%.0f", s.AutocastTokensPerS), number("%.2f", s.AutocastRatio), gigabytes(s.AutocastMemory),
			number("%.0f", s.CompiledTokensPerS), number("%.2f", s.CompiledRatio), gigabytes(s.CompiledMemory))
	}
	return w.Flush()
}

// String is "1980 MHz, 650 W, thermal, software", and a dash for what was not seen.
func (s *state) String() string {
	if s == nil {
		return "-"
	}
	return strings.Join(append([]string{fmt.Sprintf("%d MHz, %.0f W", s.ClockMHz, s.PowerW)}, s.Throttled...), ", ")
}

// number is a dash for what there is not.
func number(format string, v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf(format, *v)
}

func gigabytes(bytes *int64) string {
	if bytes == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(*bytes)/1e9)
}
