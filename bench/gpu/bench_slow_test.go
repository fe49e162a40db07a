//go:build slow

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// plantsVariable has a line for each fault that a part is to meet: the part, the call,
// its number and what it answers.
const plantsVariable = "BENCH_GPU_PLANTS"

// TestMain is the program itself in the process of a part.
func TestMain(m *testing.M) {
	if !slices.Contains(os.Args, "--inside") {
		os.Exit(emulated.Main(m))
	}
	card, err := plant(os.Args[slices.Index(os.Args, "--part")+1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	main()
	if n := card.Overruns(); n > 0 {
		fmt.Fprintln(os.Stderr, "memory was written outside of what was allocated:", n)
		os.Exit(2)
	}
}

// plant lets the emulated card of this process do what is planted for its part.
func plant(part string) (*emulated.Device, error) {
	card, err := emulated.Attach()
	if err != nil {
		return nil, err
	}
	card.SetMemory(256 << 20)
	for line := range strings.Lines(os.Getenv(plantsVariable)) {
		var of, call string
		var nth, code int
		if _, err := fmt.Sscan(line, &of, &call, &nth, &code); err != nil {
			return nil, err
		}
		if of == part {
			card.Fail(call, nth, code)
		}
	}
	return card, nil
}

// onEmulated is a run on the emulated device, whose speed is held to no target, and which
// may be as slow as the machine that it shares.
func onEmulated(t *testing.T, plants ...string) (options, *emulated.Device) {
	t.Helper()
	d := emulated.Build(t)
	t.Setenv(plantsVariable, strings.Join(plants, "\n"))
	o := options{shape: "tiny", noPeer: true, peerTime: time.Second, time: time.Hour, limits: map[string]time.Duration{}, results: filepath.Join(t.TempDir(), "results")}
	for _, p := range parts() {
		o.limits[p.name] = 10 * time.Minute
	}
	return o, d
}

// written is the one report of the folder.
func written(t *testing.T, folder string) map[string]any {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "-emulated-device") {
		t.Fatalf("the folder holds %v, %v", found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
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
	o, d := onEmulated(t)
	d.Install(t, "libnvidia-ml.so.1")
	var table strings.Builder
	if err := run(context.Background(), o, &table); err != nil {
		t.Error(err)
	}
	t.Log(table.String())
	r := written(t, o.results)
	has(t, "report", r, "date", "shape", "device", "cuda", "nvrtc", "kernel", "peer", "peak_tflop_per_s", "copy_gb_per_s", "card_at_peak", "card_at_copies", "checks", "loss_curve", "shapes", "first_shape_terms", "first_shape_products", "failures")
	for _, c := range r["checks"].([]any) {
		if c := c.(map[string]any); c["ok"] != true {
			t.Errorf("check %v", c)
		}
	}
	has(t, "curve", r["loss_curve"].(map[string]any), "steps", "first", "last", "peft_first", "peft_last", "largest_difference")
	clinical := map[any]int{}
	for _, s := range r["shapes"].([]any) {
		s := s.(map[string]any)
		has(t, "shape", s, "batch", "seq", "gradient_checkpointing", "tuned_products", "ms_per_step", "tokens_per_s", "share_of_peak", "peak_memory_bytes", "card",
			"peft_eager_tokens_per_s", "peft_autocast_tokens_per_s", "peft_compiled_tokens_per_s", "peft_eager_peak_memory_bytes", "peft_compiled_peak_memory_bytes", "ratio_peft_eager", "ratio_peft_compiled")
		if s["classes"] == float64(classes) {
			clinical[s["clinical_adapter"]]++
		}
	}
	if n := len(r["shapes"].([]any)); n != len(sizes["tiny"].timed)+2 { // checkpointed, and tuned
		t.Errorf("%d shapes", n)
	}
	if clinical[still] != 1 || clinical[trained] != 1 {
		t.Errorf("class losses with clinical adapters: %v", clinical)
	}
	has(t, "terms", r["first_shape_terms"].(map[string]any), "frozen_products_ms", "lora_products_ms", "attention_ms", "optimizer_ms", "rest_ms", "card")
	for _, p := range r["first_shape_products"].([]any) {
		card := p.(map[string]any)["card"].(map[string]any)
		if card["sm_clock_mhz"] != 1980.0 || card["power_w"] != 650.5 || fmt.Sprint(card["throttle_reasons"]) != "[thermal, software]" {
			t.Errorf("the card of a product: %v", card)
		}
	}
}

// TestSlowFailure has a kernel fail, after which a card does nothing any more: the run
// names the kernel, and still writes its report.
func TestSlowFailure(t *testing.T) {
	o, _ := onEmulated(t, "checks-f32 cuLaunchKernel:rmsnorm 1 719")
	o.part = "checks-f32"
	err := run(context.Background(), o, io.Discard)
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
