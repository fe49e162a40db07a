//go:build slow

package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

func TestMain(m *testing.M) { os.Exit(emulated.Main(m)) }

// onEmulated is a run on the emulated device, whose speed is held to no target.
func onEmulated(t *testing.T) (options, *emulated.Device) {
	t.Helper()
	d := emulated.Build(t)
	d.SetMemory(256 << 20)
	return options{shape: "tiny", noPeer: true, peerTime: time.Second, results: filepath.Join(t.TempDir(), "results")}, d
}

// written is the one report of the folder.
func written(t *testing.T, folder string) map[string]any {
	t.Helper()
	path := filepath.Join(folder, time.Now().Format(time.DateOnly)+"-emulated-device.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	if found, err := os.ReadDir(folder); err != nil || len(found) != 1 {
		t.Errorf("the folder holds %v, %v", found, err)
	}
	return fields
}

// has fails where a field is missing or empty; those of the peer are null.
func has(t *testing.T, place string, fields map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		v, ok := fields[name]
		absent := strings.Contains(name, "peft") || name == "peer" || name == "largest_difference"
		if !ok || (v == nil) != absent || v == 0.0 || v == "" {
			t.Errorf("%s: %s is %v", place, name, v)
		}
	}
}

func TestSlowReport(t *testing.T) {
	o, _ := onEmulated(t)
	var table strings.Builder
	if err := run(o, &table); err != nil {
		t.Error(err)
	}
	t.Log(table.String())
	r := written(t, o.results)
	has(t, "report", r, "date", "shape", "device", "cuda", "nvrtc", "kernel", "peer", "peak_tflop_per_s", "copy_gb_per_s", "checks", "loss_curve", "shapes", "first_shape_terms", "first_shape_products", "failures")
	for _, c := range r["checks"].([]any) {
		if c := c.(map[string]any); c["ok"] != true {
			t.Errorf("check %v", c)
		}
	}
	has(t, "curve", r["loss_curve"].(map[string]any), "steps", "first", "last", "peft_first", "peft_last", "largest_difference")
	for _, s := range r["shapes"].([]any) {
		has(t, "shape", s.(map[string]any), "batch", "seq", "gradient_checkpointing", "tuned_products", "ms_per_step", "tokens_per_s", "share_of_peak", "peak_memory_bytes",
			"peft_eager_tokens_per_s", "peft_compiled_tokens_per_s", "peft_eager_peak_memory_bytes", "peft_compiled_peak_memory_bytes", "ratio_peft_eager", "ratio_peft_compiled")
	}
	if n := len(r["shapes"].([]any)); n != len(sizes["tiny"].timed)+2 { // checkpointed, and tuned
		t.Errorf("%d shapes", n)
	}
	has(t, "terms", r["first_shape_terms"].(map[string]any), "frozen_products_ms", "lora_products_ms", "attention_ms", "optimizer_ms", "rest_ms")
}

// TestSlowFailure has a kernel fail, after which a card does nothing any more: the run
// names the kernel, and still writes its report.
func TestSlowFailure(t *testing.T) {
	o, d := onEmulated(t)
	d.Fail("cuLaunchKernel:rmsnorm", 1, 719)
	err := run(o, io.Discard)
	if err == nil {
		t.Fatal("the run went well")
	}
	for _, said := range []string{`check "kernels, f32"`, "rmsnorm", "719"} {
		if !strings.Contains(err.Error(), said) {
			t.Errorf("the error does not say %q: %v", said, err)
		}
	}
	r := written(t, o.results)
	failed := func(c any) bool { return c.(map[string]any)["ok"] == false }
	if !slices.ContainsFunc(r["checks"].([]any), failed) || len(r["failures"].([]any)) == 0 {
		t.Errorf("the report tells of no failure: %v", r)
	}
}
