package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
)

// print writes the report for people.
func (r *report) print(out io.Writer, path string) error {
	fmt.Fprintf(out, "%s, CUDA %s, nvrtc %s, driver %s: %s\n", r.Device, r.CUDA, r.Compiler, cmp.Or(r.Driver, "not told"), r.Kernel)
	fmt.Fprintf(out, "matrix product %.0f TFLOP/s, copies %.0f GB/s\n", r.PeakTFLOPS, r.CopyGB)
	passed := 0
	for _, c := range r.Checks {
		if c.OK {
			passed++
		}
	}
	fmt.Fprintf(out, "checks: %d of %d passed\n", passed, len(r.Checks))
	fmt.Fprintf(out, "losses of %d steps: from %.3f to %.3f; PEFT's from %s to %s, %s of its own apart at most\n\n", r.Curve.Steps, r.Curve.First, r.Curve.Last,
		number("%.3f", r.Curve.PEFTFirst), number("%.3f", r.Curve.PEFTLast), number("%.1g", r.Curve.Difference))
	if err := r.table(out); err != nil {
		return err
	}
	t := r.Terms
	fmt.Fprintf(out, "\nfirst shape, ms: products with frozen weights %.2f, of LoRA %.2f, attention %.2f, optimizer %.2f, rest %.2f\n",
		t.Frozen, t.LoRA, t.Attention, t.Update, t.Rest)
	for _, p := range r.Products {
		fmt.Fprintln(out, " ", p)
	}
	for _, f := range r.Failures {
		fmt.Fprintln(out, "FAILED:", f)
	}
	_, err := fmt.Fprintln(out, "report:", path)
	return err
}

func (r *report) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "batch\tms/step\ttokens/s\tof peak\tGB\tPEFT eager\ttimes\tGB\tcompiled\ttimes\tGB\t")
	for _, s := range r.Shapes {
		name := fmt.Sprintf("%d × %d", s.Batch, s.Seq)
		if s.Checkpointing {
			name += " checkpointed"
		}
		if s.Tuned {
			name += " tuned"
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.0f\t%s\t%.1f\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, s.StepMS, s.TokensPerS, number("%.2f", s.ShareOfPeak), float64(s.Memory)/1e9,
			number("%.0f", s.EagerTokensPerS), number("%.2f", s.EagerRatio), gigabytes(s.EagerMemory),
			number("%.0f", s.CompiledTokensPerS), number("%.2f", s.CompiledRatio), gigabytes(s.CompiledMemory))
	}
	return w.Flush()
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
