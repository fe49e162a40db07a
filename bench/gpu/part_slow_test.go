//go:build slow

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// TestSlowOnePartTakesNoOtherAlong has parts use an illegal address, never end, die, and
// record nothing: every figure of the others is in the report, and what went wrong.
func TestSlowOnePartTakesNoOtherAlong(t *testing.T) {
	o, _ := onEmulated(t,
		"checks-f32 cuLaunchKernel:rmsnorm 1 700",
		fmt.Sprint("curve cuStreamSynchronize 9 ", emulated.Hangs),
		fmt.Sprint("tuned cuLaunchKernel:swiglu 1 ", emulated.Dies),
		"terms cuStreamBeginCapture 1 801")
	o.limits["curve"] = 15 * time.Second
	var table strings.Builder
	err := run(context.Background(), o, &table)
	if err == nil {
		t.Fatal("the run went well")
	}
	t.Log(table.String())
	r := written(t, o.results)
	for _, says := range []string{`check "kernels, f32"`, "CUDA_ERROR_ILLEGAL_ADDRESS", "part curve: its process failed: not done after 15s", "part tuned: its process failed: signal: killed"} {
		if !strings.Contains(err.Error(), says) || !strings.Contains(fmt.Sprint(r["failures"]), says) {
			t.Errorf("neither the error nor the report may lack %q: %v", says, err)
		}
	}
	has(t, "report", r, "device", "kernel", "peak_tflop_per_s", "copy_gb_per_s")
	sound := 0
	for _, c := range r["checks"].([]any) {
		c := c.(map[string]any)
		if name := c["name"].(string); strings.HasSuffix(name, "bf16") || strings.HasPrefix(name, "MatMul") || !strings.HasSuffix(name, "f32") {
			sound++
			if c["ok"] != true {
				t.Errorf("check %v", c)
			}
		}
	}
	if sound < 20 {
		t.Errorf("%d checks of the parts that nothing happened to", sound)
	}
	if n := len(r["shapes"].([]any)); n != len(sizes["tiny"].timed)+1 {
		t.Errorf("%d shapes", n)
	}
	has(t, "terms", r["first_shape_terms"].(map[string]any), "frozen_products_ms", "lora_products_ms", "attention_ms", "optimizer_ms")
	if len(r["first_shape_products"].([]any)) == 0 {
		t.Error("no products")
	}
}

// TestSlowARunThatIsEnded is stopped after its first part, or at its end: what that found
// is there.
func TestSlowARunThatIsEnded(t *testing.T) {
	o, _ := onEmulated(t, fmt.Sprint("checks-f32 cuInit 1 ", emulated.Hangs))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	report := func() (text string) {
		files, _ := filepath.Glob(filepath.Join(o.results, "*.json")) // none at first
		for _, file := range files {
			data, _ := os.ReadFile(file)
			text += string(data)
		}
		return text
	}
	go func() {
		for !strings.Contains(report(), "two steps, bf16") {
			time.Sleep(50 * time.Millisecond)
		}
		cancel()
	}()
	err := run(ctx, o, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "part peak: not begun") {
		t.Errorf("got %v", err)
	}
	if n := len(written(t, o.results)["checks"].([]any)); n != 2 {
		t.Errorf("%d checks, want those of the first part", n)
	}
}

// TestSlowSanitizer runs the checks under a compute-sanitizer that finds nothing, and
// under one that does.
func TestSlowSanitizer(t *testing.T) {
	for found, script := range map[string]string{
		"":                                 "",
		"Invalid __global__ write of size": "echo '========= Invalid __global__ write of size 4 bytes' >\"$log\"; exit 1",
	} {
		bin := t.TempDir()
		text := "#!/bin/sh\n[ \"$*\" != \"${*#--tool memcheck --error-exitcode 1 --log-file}\" ] || exit 7\nlog=$6; shift 6\n\"$@\"\n" + script
		if err := os.WriteFile(filepath.Join(bin, "compute-sanitizer"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
		o, _ := onEmulated(t, "checks-bf16 cuInit 2 100") // at the second opening: the checks of the card are not wanted here
		o.part = "sanitizer"
		err := run(context.Background(), o, io.Discard)
		if found != "" && (err == nil || !strings.Contains(err.Error(), found)) {
			t.Errorf("%q is not told: %v", found, err)
		}
		var ok any
		for _, c := range written(t, o.results)["checks"].([]any) {
			if c := c.(map[string]any); c["name"] == "compute-sanitizer" {
				ok = c["ok"]
			}
		}
		if ok != (found == "") {
			t.Errorf("%q: the check is %v", found, ok)
		}
	}
}
