//go:build slow

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// modules stand for torch, transformers and peft: the curve is learnt in a moment, and
// making the model swallows the alarm once, as callbacks of torch.compile do.
var modules = map[string]string{
	"torch.py": `
class cuda:
    is_available = staticmethod(lambda: False)
bfloat16 = float32 = __version__ = "0"
device = lambda kind, *_: kind
manual_seed = set_default_dtype = lambda *_: None
`,
	"peft.py": "__version__ = '0'",
	"transformers.py": `
import time
__version__ = "0"
class LlamaForCausalLM:
    def from_pretrained(*_, **__):
        raise ValueError("no curve")
class LlamaConfig:
    def from_pretrained(*_, **__):
        for swallowed in range(2):
            try:
                time.sleep(120)
            except TimeoutError:
                if swallowed:
                    raise
`,
}

// TestSlowThePeerEndsInTime lets the peer's alarm be swallowed: it rings again, and what
// is not begun by then is not begun.
func TestSlowThePeerEndsInTime(t *testing.T) {
	o, _ := onEmulated(t)
	folder := t.TempDir()
	for name, text := range modules {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PYTHONPATH", folder)
	o.noPeer, o.part, o.python, o.peerTime = false, "peer", "python3", 3*time.Second
	o.limits["peer"] = time.Minute
	start := time.Now()
	if err := run(context.Background(), o, io.Discard); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 40*time.Second {
		t.Errorf("the peer took %v of 3 s", took)
	}
	if versions := written(t, o.results)["peer"].(map[string]any); versions["torch"] != "0" {
		t.Errorf("the peer's versions are %v", versions)
	}
}

// TestSlowThePeersSpeeds has a Python that prints what the script would.
func TestSlowThePeersSpeeds(t *testing.T) {
	o, _ := onEmulated(t)
	python := filepath.Join(t.TempDir(), "python")
	script := `#!/bin/sh
grep -q '"batches":\[\[2,16\],\[4,16\],\[2,32\]\]' "$2/job.json" || exit 5
grep -q autocast "$1" || exit 6
for v in eager autocast compiled; do
  echo '{"speed": {"place": 1, "variant": "'$v'", "ms": 8, "memory": 9}}'
done
sleep 300 &
exit 4
`
	if err := os.WriteFile(python, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	o.noPeer, o.part, o.python = false, "peer", python
	k := &kept{o: o}
	k.take(finding{Shape: &measured{Workload: sizes["tiny"].timed[1], Place: 1, Seconds: 0.002}})
	p, err := find("peer")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := p.child(context.Background(), o, dir, k.take); err != nil {
		t.Error(err)
	}
	r := k.report()
	if s := r.Shapes[0]; s.EagerRatio == nil || s.AutocastRatio == nil || s.CompiledRatio == nil || *s.AutocastRatio != 4 || *s.AutocastMemory != 9 {
		t.Errorf("the shape is %+v", s)
	}
	if said := strings.Join(r.Failures, ""); !strings.Contains(said, "exit status 4") || !strings.Contains(said, "--no-peer") {
		t.Errorf("failures: %s", said)
	}
}
