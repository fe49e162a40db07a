package llama

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/random"
)

// oursDir holds folders that this program wrote (go test -update) and what
// transformers and PEFT compute with them (oracle/llama_ours.py).
const oursDir = "../testdata/ours"

var update = flag.Bool("update", false, "write testdata/ours anew; run oracle/llama_ours.py after it")

// family are models of the other classes, and with all that a LLaMA may have.
func family(t *testing.T, backend kernel.Backend, like Config) map[string][]checkpoint.File {
	llama3, qwen2, mistral := like, like, like
	llama3.AttentionBias, llama3.MLPBias, llama3.HeadDim = true, true, 16
	llama3.RopeScaling = RopeScaling{Type: llama3Rope, Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalPositions: 64}
	qwen2.Class, qwen2.TieWordEmbeddings, qwen2.SlidingWindow, qwen2.LayerTypes = Qwen2, true, 6, []string{slidingAttention}
	mistral.Class, mistral.HeadDim, mistral.SlidingWindow = Mistral, 6, 6
	files := map[string][]checkpoint.File{}
	for name, c := range map[string]Config{"llama3": llama3, "qwen2": qwen2, "mistral": mistral} {
		m := must(New(t.Context(), backend, c, 1))(t)
		t.Cleanup(m.Close)
		for _, p := range m.Params().All() {
			if strings.HasSuffix(p.Name(), biasSuffix) { // zero in a new model, which would hide it
				if err := p.Upload(kernel.F32s(random.New(3, p.Name()).Normals(p.Len(), 0.5))); err != nil {
					t.Fatal(err)
				}
			}
		}
		files[name] = m.Files()
	}
	return files
}

// ours makes the folders: models from scratch, an adapter with a head, and a head alone.
func ours(t *testing.T) map[string][]checkpoint.File {
	backend := must(cpu.New(cpu.Options{Kernel: "go"}))(t)
	config := Config{
		HiddenSize: 8, IntermediateSize: 12, NumHiddenLayers: 1, NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 4, VocabSize: 16,
		MaxPositionEmbeddings: 32, RMSNormEps: 1e-6, RopeTheta: 500, InitializerRange: 0.3, BosTokenID: 1, EosTokenIDs: []int32{2}, PadTokenID: 0,
	}
	base := must(New(t.Context(), backend, config, 1))(t)
	t.Cleanup(base.Close)
	withBase := lora.Config{R: 2, LoraAlpha: 4, LoraDropout: 0.1, TargetModules: []string{"q_proj", "down_proj"}}.Adapter(adapter.SeqCls)
	withBase.BaseModel = "base"
	update := must(base.AddAdapter("lora", withBase, 3, 2))(t)
	for _, p := range base.Params().Trainable() {
		if strings.HasSuffix(p.Name(), "lora_B.weight") { // zero in a new adapter, which would hide it
			if err := p.Upload(kernel.F32s(random.New(3, p.Name()).Normals(p.Len(), 0.5))); err != nil {
				t.Fatal(err)
			}
		}
	}
	other := must(New(t.Context(), backend, config, 1))(t)
	t.Cleanup(other.Close)
	head := must(other.AddAdapter("head", lora.Config{R: 8, LoraAlpha: 8, TargetPattern: lora.NoModules}.Adapter(adapter.SeqCls), 3, 2))(t)
	folders := family(t, backend, config)
	folders["base"], folders["lora"], folders["head"] = base.Files(), update.Files(), head.Files()
	return folders
}

func TestFoldersThatPEFTReadsAreUnchanged(t *testing.T) {
	for folder, files := range ours(t) {
		want := filepath.Join(oursDir, folder)
		if *update {
			if err := checkpoint.SaveDir(want, files); err != nil {
				t.Fatal(err)
			}
		}
		got := t.TempDir()
		if err := checkpoint.SaveDir(got, files); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if string(must(os.ReadFile(filepath.Join(got, file.Name)))(t)) != string(must(os.ReadFile(filepath.Join(want, file.Name)))(t)) {
				t.Errorf("%s/%s has other bytes than those that PEFT was tried with", folder, file.Name)
			}
		}
	}
}

func TestPEFTComputesTheSameWithOurFolders(t *testing.T) {
	golden := must(checkpoint.OpenFile(filepath.Join(oursDir, "golden.safetensors")))(t)
	defer golden.Close()
	ids := []int32{1, 5, 9, 3, 14, 7}
	for name, onBase := range map[string]bool{"base": false, "llama3": false, "qwen2": false, "mistral": false, "lora": true, "head": true} {
		folder, adapters := filepath.Join(oursDir, name), []string(nil)
		if onBase {
			folder, adapters = filepath.Join(oursDir, "base"), []string{folder}
		}
		got := must(inspect(t, folder, adapters...).Logits(ids))(t)
		want := must(checkpoint.Read[float64](golden, name, len(got), len(got[0])))(t)
		for i, v := range want {
			if difference := math.Abs(v - float64(got[i/len(got[0])][i%len(got[0])])); !(difference < 1e-6) {
				t.Fatalf("%s: logit %d is %g off", name, i, difference)
			}
		}
	}
}

func TestANewAdapterChangesNothing(t *testing.T) {
	onEveryEngine(t, graph.Frozen, func(b bench) {
		must(b.AddAdapter("new", lora.Config{R: 3, LoraAlpha: 6, TargetModules: []string{"q_proj", "up_proj", "o_proj"}}.Adapter(adapter.CausalLM), 0, 9))(b.T)
		_, got := b.run(lmLogits(b))
		b.equal("base.logits", b.realRows(got, 64))
	})
}

func TestNewModelIsDrawnAsTransformersDraws(t *testing.T) {
	backend := must(cpu.New(cpu.Options{}))(t)
	config := must(model.ReadConfig(filepath.Join(goldenDir, "hf")))(t).(Config)
	values := func(seed int64, name string) []float32 {
		m := must(New(t.Context(), backend, config, seed))(t)
		defer m.Close()
		p := m.Params().Get(name)
		out := make([]float32, p.Len())
		if err := p.Download(kernel.F32s(out)); err != nil {
			t.Fatal(err)
		}
		return out
	}
	const name = "model.embed_tokens.weight"
	var sum, squares float64
	first := values(1, name)
	for _, v := range first {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(first))
	if mean, std := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 4*0.02/math.Sqrt(n) || math.Abs(std-0.02) > 4*0.02/math.Sqrt(2*n) {
		t.Errorf("mean %g and standard deviation %g, want 0 and 0.02", mean, std)
	}
	for _, v := range values(1, "model.norm.weight") {
		if v != 1 {
			t.Fatalf("a norm starts at %g", v)
		}
	}
	if again, other := values(1, name), values(2, name); again[0] != first[0] || other[0] == first[0] {
		t.Errorf("the values do not follow the seed: %g, %g, %g", first[0], again[0], other[0])
	}
}
