package adapter_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/random"
)

// oursDir holds adapters that this program wrote (go test -update) over the base beside
// it, and what PEFT computes with them (oracle/adapters_ours.py).
const (
	oursDir  = "testdata/ours"
	oursBase = "../model/testdata/ours/base"
)

var update = flag.Bool("update", false, "write testdata/ours anew; run oracle/adapters_ours.py after it")

// oursKinds are the keys of `peft` of each folder's adapter; there is one with a head, too.
var oursKinds = map[string]string{
	"prompt":            "{type: prompt_tuning, num_virtual_tokens: 2}",
	"prefix":            "{type: prefix_tuning, num_virtual_tokens: 2}",
	"prefix_projection": "{type: prefix_tuning, num_virtual_tokens: 2, prefix_projection: true}",
	"p_tuning_mlp":      "{type: p_tuning, num_virtual_tokens: 2, encoder_hidden_size: 3}",
	"p_tuning_lstm":     "{type: p_tuning, num_virtual_tokens: 2, encoder_hidden_size: 3, encoder_reparameterization_type: LSTM, encoder_dropout: 0.5}",
	"adaption":          "{type: adaption_prompt, adapter_len: 2, adapter_layers: 1}",
}

// ours are the adapters' files by their folders.
func ours(t *testing.T) map[string][]checkpoint.File {
	files := map[string][]checkpoint.File{}
	for name, yaml := range oursKinds {
		for end, task := range map[string]string{"": adapter.CausalLM, "_head": adapter.SeqCls} {
			m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{Kernel: "go"}))(t), oursBase, graph.Frozen))(t)
			t.Cleanup(m.Close)
			a := must(m.AddAdapter("new", configOf(t, yaml, task, oursBase), 3, 7))(t)
			for _, p := range m.Params().Trainable() {
				if strings.HasSuffix(p.Name(), "adaption_gate") { // zero in a new adapter, which would hide it
					upload(t, p, []float64{random.New(3, p.Name()).Normal(0)})
				}
			}
			files[name+end] = a.Files()
		}
	}
	return files
}

func TestAdaptersThatPEFTReadsAreUnchanged(t *testing.T) {
	for folder, files := range ours(t) {
		if *update {
			if err := checkpoint.SaveDir(filepath.Join(oursDir, folder), files); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range files {
			var got bytes.Buffer
			if err := file.Write(&got); err != nil {
				t.Fatal(err)
			}
			if want := must(os.ReadFile(filepath.Join(oursDir, folder, file.Name)))(t); !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s/%s has other bytes than those that PEFT was tried with", folder, file.Name)
			}
		}
	}
}

func TestPEFTComputesTheSameWithOurAdapters(t *testing.T) {
	golden := must(checkpoint.OpenFile(filepath.Join(oursDir, "golden.safetensors")))(t)
	defer golden.Close()
	if got, want := len(golden.Names()), 2*len(oursKinds); got != want {
		t.Errorf("PEFT was tried with %d adapters, not %d", got, want)
	}
	ids := []int32{1, 5, 9, 3, 14, 7}
	for _, name := range golden.Names() {
		m := must(model.Open(t.Context(), backend(t, kernel.F32), oursBase, graph.Frozen))(t)
		must(m.LoadAdapter(t.Context(), "a", filepath.Join(oursDir, name), graph.Frozen))(t)
		output := m.LMLogits
		if strings.HasSuffix(name, "_head") {
			output = m.ClassLogits
		}
		shape, _ := golden.Shape(name)
		want := must(checkpoint.Read[float64](golden, name, shape...))(t)
		for i, got := range answer(t, m, ids, output) {
			if !(math.Abs(got-want[i]) < 1e-5) {
				t.Fatalf("%s: logit %d is %g, want %g", name, i, got, want[i])
			}
		}
		m.Close()
	}
}
