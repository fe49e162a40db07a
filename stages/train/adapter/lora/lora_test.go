package lora

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

// goldenDir holds adapters that PEFT saved (oracle/llama_golden.py).
const goldenDir = "../../model/testdata/llama"

func TestReadsPEFTsConfiguration(t *testing.T) {
	for folder, want := range map[string]adapter.Config{
		"lora_lm":  {TaskType: adapter.CausalLM, BaseModel: "llama"},
		"lora_cls": {TaskType: adapter.SeqCls, BaseModel: "llama", ModulesToSave: []string{"classifier", "score"}},
	} {
		want.PEFTType, want.Method = PEFTType, Config{R: 4, LoraAlpha: 8, TargetModules: []string{"q_proj", "v_proj"}}
		got, err := adapter.ReadConfig(filepath.Join(goldenDir, folder))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Error(folder, diff, err)
		}
	}
}

func TestConfigurationsAreWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		update := Config{
			R: rapid.IntRange(1, 99).Draw(rt, "r"), LoraAlpha: rapid.Float64Range(-99, 99).Draw(rt, "alpha"),
			LoraDropout:    rapid.Float64Range(0, 0.99).Draw(rt, "dropout"),
			TargetModules:  rapid.SliceOfNDistinct(rapid.StringN(1, 9, -1), 0, 4, rapid.ID[string]).Draw(rt, "targets"),
			ExcludePattern: rapid.String().Draw(rt, "excluded"),
			Bias:           rapid.SampledFrom([]string{"", "all", "lora_only"}).Draw(rt, "bias"),
			UseRSLoRA:      rapid.Bool().Draw(rt, "rslora"),
			RankPattern:    patternsOf(rt, "ranks", rapid.IntRange(1, 9)),
			AlphaPattern:   patternsOf(rt, "alphas", rapid.Float64Range(-9, 9)),
			Init:           rapid.SampledFrom([]string{"", "gaussian", "false"}).Draw(rt, "init"),
		}
		slices.Sort(update.TargetModules)
		if rapid.Bool().Draw(rt, "some layers") {
			update.LayersToTransform = rapid.SliceOfN(rapid.IntRange(0, 9), 1, 3).Draw(rt, "layers")
			update.LayersPattern = rapid.SliceOfN(rapid.StringN(1, 9, -1), 0, 2).Draw(rt, "layers pattern")
		}
		want := update.Adapter(adapter.CausalLM)
		want.BaseModel = rapid.String().Draw(rt, "base")
		if rapid.Bool().Draw(rt, "score") {
			want.TaskType, want.ModulesToSave = adapter.SeqCls, []string{"score", "norm"}
			if rapid.Bool().Draw(rt, "head alone") {
				update.TargetModules, update.TargetPattern, update.LayersToTransform, update.LayersPattern = nil, NoModules, nil, nil
				want.Method = update
			}
		}
		var b bytes.Buffer
		if err := want.Write(&b); err != nil {
			rt.Fatal(err)
		}
		got, err := adapter.ParseConfig(b.Bytes())
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			rt.Error(diff, err)
		}
	})
}

func patternsOf[V int | float64](rt *rapid.T, name string, value *rapid.Generator[V]) Patterns[V] {
	layers := func(p Pattern[V]) string { return p.Layers }
	one := rapid.Custom(func(rt *rapid.T) Pattern[V] {
		return Pattern[V]{rapid.String().Draw(rt, "layers"), value.Draw(rt, "value")}
	})
	return rapid.SliceOfNDistinct(one, 0, 3, layers).Draw(rt, name)
}

func TestUnknownKeysThatAreSetAreRefusedByName(t *testing.T) {
	const known = `"peft_type":"LORA","task_type":"CAUSAL_LM","target_modules":["q_proj"]`
	_, err := adapter.ParseConfig([]byte(`{` + known + `,"of_tomorrow":1,"neutral":{ },"another":[0]}`))
	if err == nil || !strings.Contains(err.Error(), "another, of_tomorrow: ") || strings.Contains(err.Error(), "neutral") {
		t.Error(err)
	}
	c, err := adapter.ParseConfig([]byte(`{` + known + `,"of_tomorrow":null,"another":false,"third":{ }}`))
	if diff := cmp.Diff(Config{R: 8, LoraAlpha: 8, TargetModules: []string{"q_proj"}}, c.Method); err != nil || diff != "" {
		t.Errorf("r and lora_alpha are not LoraConfig's defaults, or %v: %s", err, diff)
	}
}

// PEFT uses the type for its wrapper alone (expected: what it reads without one).
func TestAnAdapterWithoutATaskType(t *testing.T) {
	for folder, want := range map[string]string{"lora_lm": adapter.CausalLM, "lora_cls": adapter.SeqCls} {
		good, err := os.ReadFile(filepath.Join(goldenDir, folder, adapter.ConfigName))
		if err != nil {
			t.Fatal(err)
		}
		c, err := adapter.ParseConfig([]byte(strings.Replace(string(good), `"task_type": "`+want+`"`, `"task_type": null`, 1)))
		if err != nil || c.TaskType != want {
			t.Errorf("%s: %q, %v", folder, c.TaskType, err)
		}
	}
}

func TestUnsupportedSettingsAreNamed(t *testing.T) {
	good, err := os.ReadFile(filepath.Join(goldenDir, "lora_cls", adapter.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, changed, want string }{
		{`"peft_type": "LORA"`, `"peft_type": "IA3"`, "peft_type"},
		{`"use_dora": false`, `"use_dora": true`, "use_dora"},
		{`"use_rslora": false`, `"use_rslora": 2`, "use_rslora: has the wrong type"},
		{`"bias": "none"`, `"bias": "some"`, "bias: is \"some\""},
		{`"bias": "none"`, `"bias": null`, "bias: is null"},
		{`"rank_pattern": {}`, `"rank_pattern": { "q_proj": 0 }`, "rank_pattern: a rank"},
		{`"rank_pattern": {}`, `"rank_pattern": {"q_proj": 1.5}`, "rank_pattern: has the wrong type"},
		{`"rank_pattern": {}`, `"rank_pattern": []`, "rank_pattern: has the wrong type"},
		{`"alpha_pattern": {}`, `"alpha_pattern": null`, "alpha_pattern: is null"},
		{`"layers_to_transform": null`, `"layers_to_transform": "0"`, "layers_to_transform: has the wrong type"},
		{`"layers_pattern": null`, `"layers_pattern": "layers"`, "layers_pattern: goes with layers_to_transform"},
		{`"exclude_modules": null`, `"exclude_modules": 1`, "exclude_modules: must be"},
		{`"lora_dropout": 0.0`, `"lora_dropout": null`, "lora_dropout: is null"},
		{`"loftq_config": {}`, `"loftq_config": {"loftq_bits": 4}`, "loftq_config"},
		{`"revision": null`, `"quantization": "int8"`, "quantization"},
		{`"init_lora_weights": true`, `"init_lora_weights": "pissa"`, "init_lora_weights"},
		{`"r": 4`, `"r": 0`, "r: is 0"},
		{`"r": 4`, `"r": 4.5`, "r: has the wrong type"},
		{`"r": 4`, `"r": null`, "r: is null"},
		{`"lora_alpha": 8`, `"lora_alpha": null`, "lora_alpha: is null"},
		{`"lora_dropout": 0.0`, `"lora_dropout": 1.0`, "lora_dropout"},
		{`"lora_alpha": 8`, `"lora_alpha": "8"`, "lora_alpha"},
		{`"task_type": "SEQ_CLS"`, `"task_type": "TOKEN_CLS"`, "task_type"},
		{`"task_type": "SEQ_CLS"`, `"task_type": "CAUSAL_LM"`, "modules_to_save: a head"},
		{`"score"`, `3`, "modules_to_save: has the wrong type"},
		{`"target_modules": [`, `"target_modules": [], "x": [`, "target_modules: is empty"},
		{`{`, ``, "malformed"},
	} {
		t.Run(c.changed, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.Replace(string(good), c.old, c.changed, 1)
			if text == string(good) {
				t.Fatalf("%s is not in the file", c.old)
			}
			if err := os.WriteFile(filepath.Join(dir, adapter.ConfigName), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := adapter.ReadConfig(dir)
			if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want the file and %q", err, c.want)
			}
		})
	}
}

// base is a model of two layers, as an adapter sees it.
var base = adapter.Base{Hidden: 64, InitializerRange: 0.02, Head: adapter.HeadModule{Name: "score"}, Layers: []adapter.Layer{
	{Name: "model.layers.0.self_attn.q_proj", In: 64, Out: 64}, {Name: "model.layers.0.mlp.down_proj", In: 96, Out: 64},
	{Name: "model.layers.1.self_attn.q_proj", In: 64, Out: 64}, {Name: "model.layers.1.mlp.down_proj", In: 96, Out: 64},
}}

func params(t *testing.T) *graph.Params {
	t.Helper()
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ps := graph.NewParams(backend)
	t.Cleanup(ps.Close)
	return ps
}

func values(t *testing.T, p *graph.Param) []float32 {
	t.Helper()
	out := make([]float32, p.Len())
	if err := p.Download(kernel.F32s(out)); err != nil {
		t.Fatal(err)
	}
	return out
}

// updateOf is an adapter's update of a layer, and whether there is one.
func updateOf(a *adapter.Adapter, layer string) (graph.LowRank, bool) {
	update, ok := a.Method.(*method).updates[layer]
	return update, ok
}

func TestInitialValues(t *testing.T) {
	c := Config{R: 16, LoraAlpha: 32, TargetModules: []string{"q_proj", "mlp.down_proj"}}.Adapter(adapter.SeqCls)
	ps := params(t)
	a, err := adapter.New(ps, "one", c, base, 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range base.Layers {
		pair, ok := updateOf(a, layer.Name)
		if !ok || pair.Scale != 2 {
			t.Fatalf("%s: pair %v, scale %g", layer.Name, ok, pair.Scale)
		}
		checkUniform(t, values(t, pair.A), 1/math.Sqrt(float64(layer.In)))
		for _, v := range values(t, pair.B) {
			if v != 0 {
				t.Fatalf("%s: B starts at %g", layer.Name, v)
			}
		}
	}
	if got := a.Head.Weight.Shape(); !slices.Equal(got, []int{5, 64}) {
		t.Errorf("the head has shape %v", got)
	}
	again, err := adapter.New(params(t), "one", Config{R: 16, LoraAlpha: 32, TargetModules: []string{"down_proj"}}.Adapter(adapter.CausalLM), base, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	other, err := adapter.New(ps, "two", c, base, 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	first := func(a *adapter.Adapter) float32 {
		pair, _ := updateOf(a, "model.layers.1.mlp.down_proj")
		return values(t, pair.A)[0]
	}
	if first(a) != first(again) || first(a) == first(other) {
		t.Errorf("values %g, %g, %g do not follow seed and name alone", first(a), first(again), first(other))
	}
}

// checkUniform looks at range, mean and variance, bound²/3.
func checkUniform(t *testing.T, v []float32, bound float64) {
	t.Helper()
	var sum, squares float64
	for _, x := range v {
		if math.Abs(float64(x)) > bound {
			t.Fatalf("%g is beyond %g", x, bound)
		}
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	n := float64(len(v))
	// Four standard errors; the variance of x² is bound⁴·4/45.
	if mean := sum / n; math.Abs(mean) > 4*bound/math.Sqrt(3*n) {
		t.Errorf("mean %g", mean)
	}
	if variance := squares / n; math.Abs(variance-bound*bound/3) > 4*bound*bound*math.Sqrt(4./45/n) {
		t.Errorf("variance %g, want %g", variance, bound*bound/3)
	}
}

// Of the other initialisations A is normal, or both are uniform.
func TestOtherInitialValues(t *testing.T) {
	layer := base.Layers[1].Name
	c := Config{R: 16, LoraAlpha: 32, Init: "gaussian", TargetModules: []string{"down_proj"}}
	a, err := adapter.New(params(t), "a", c.Adapter(adapter.CausalLM), base, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	pair, _ := updateOf(a, layer)
	var squares float64
	for _, v := range values(t, pair.A) {
		squares += float64(v) * float64(v)
	}
	n := float64(pair.A.Len())
	if deviation := math.Sqrt(squares / n); math.Abs(deviation*16-1) > 4/math.Sqrt(2*n) || values(t, pair.B)[0] != 0 {
		t.Errorf("A's deviation is %g, want 1/16; B begins with %g", deviation, values(t, pair.B)[0])
	}
	c.Init = "false"
	if a, err = adapter.New(params(t), "a", c.Adapter(adapter.CausalLM), base, 0, 7); err != nil {
		t.Fatal(err)
	}
	pair, _ = updateOf(a, layer)
	checkUniform(t, values(t, pair.A), 1/math.Sqrt(96))
	checkUniform(t, values(t, pair.B), 1/math.Sqrt(16))
}

func TestScales(t *testing.T) {
	c := Config{R: 4, LoraAlpha: 8, UseRSLoRA: true, TargetModules: []string{"q_proj", "down_proj"}}
	c.RankPattern, c.AlphaPattern = Patterns[int]{{"q_proj", 16}}, Patterns[float64]{{`layers\.1\..*`, 2}}
	a, err := adapter.New(params(t), "a", c.Adapter(adapter.CausalLM), base, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		rank  int
		scale float64
	}{{16, 2}, {4, 4}, {16, 0.5}, {4, 1}} {
		if pair, _ := updateOf(a, base.Layers[i].Name); pair.A.Shape()[0] != want.rank || pair.Scale != want.scale {
			t.Errorf("%s: rank %d, scale %g, want %v", base.Layers[i].Name, pair.A.Shape()[0], pair.Scale, want)
		}
	}
}

func TestWrongTargets(t *testing.T) {
	for name, c := range map[string]struct {
		targets []string
		labels  int
		want    string
	}{
		"no such layer":    {[]string{"q_proj", "query"}, 2, `"query"`},
		"part of a name":   {[]string{"proj"}, 2, `"proj"`},
		"the head's layer": {[]string{"lm_head"}, 2, `"lm_head"`},
		"no labels":        {[]string{"q_proj"}, 0, "at least one label"},
	} {
		_, err := adapter.New(params(t), "a", Config{R: 2, LoraAlpha: 2, TargetModules: c.targets}.Adapter(adapter.SeqCls), base, c.labels, 1)
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSavedAndLoaded(t *testing.T) {
	c := Config{R: 3, LoraAlpha: 6, TargetModules: []string{"down_proj"}}.Adapter(adapter.SeqCls)
	a, err := adapter.New(params(t), "a", c, base, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
		t.Fatal(err)
	}
	ps := params(t)
	b, err := adapter.Load(t.Context(), ps, "b", dir, base, graph.Frozen)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values(t, a.Head.Weight), values(t, b.Head.Weight)); diff != "" || len(ps.All()) != 5 || len(ps.Trainable()) != 0 {
		t.Errorf("%d tensors, %d trained; head: %s", len(ps.All()), len(ps.Trainable()), diff)
	}

	narrow := adapter.Base{Hidden: 64, Head: base.Head, Layers: base.Layers[:2]}
	if _, err := adapter.Load(t.Context(), params(t), "b", dir, narrow, graph.Frozen); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "layers.1.mlp.down_proj.lora_A.weight") {
		t.Errorf("a base with fewer layers: %v", err)
	}
	deep := adapter.Base{Hidden: 64, Head: base.Head, Layers: append(slices.Clone(base.Layers), adapter.Layer{Name: "model.layers.2.mlp.down_proj", In: 96, Out: 64})}
	if _, err := adapter.Load(t.Context(), params(t), "b", dir, deep, graph.Frozen); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "layers.2.mlp.down_proj.lora_A.weight") {
		t.Errorf("a base with more layers: %v", err)
	}
	wider := a.Config
	wider.Method = Config{R: 4, LoraAlpha: 6, TargetModules: []string{"down_proj"}}
	if err := checkpoint.SaveDir(dir, []checkpoint.File{{Name: adapter.ConfigName, Write: wider.Write}}); err != nil {
		t.Fatal(err)
	}
	if _, err := adapter.Load(t.Context(), params(t), "b", dir, base, graph.Frozen); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "shape [3 96]") {
		t.Errorf("another rank: %v", err)
	}
	if _, err := adapter.Load(t.Context(), params(t), "b", t.TempDir(), base, graph.Frozen); exit.Of(err) != exit.Usage {
		t.Errorf("an empty folder: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, folder := range []string{"lora_lm", "lora_cls"} {
		data, err := os.ReadFile(filepath.Join(goldenDir, folder, adapter.ConfigName))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"peft_type":"LORA","target_modules":".*q","exclude_modules":["k"],"rank_pattern":{"a":2,"b":3,"a":4},"alpha_pattern":{"q":1.5},"bias":"all","modules_to_save":["norm"]}`))
	f.Add([]byte(`{"peft_type":"LORA","target_modules":["q"],"layers_to_transform":1,"layers_pattern":["h","layers"],"use_rslora":true,"init_lora_weights":"gaussian"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := adapter.ParseConfig(data)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := adapter.ParseConfig(b.Bytes())
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("what was accepted is something else once written: %v %s", err, diff)
		}
	})
}

// A folder whose weights are elsewhere, or lack the head that its configuration lists,
// says so.
func TestAdaptersWithoutTheirWeights(t *testing.T) {
	config, err := os.ReadFile(filepath.Join(goldenDir, "lora_cls", adapter.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	for want, other := range map[string]string{
		"adapter_model.bin; give the folder of a": "README.md",
		"adapter.pt, which is there, is not":      "adapter.pt",
		"00001-of-00002.safetensors, which is":    "adapter_model-00001-of-00002.safetensors",
	} {
		dir := t.TempDir()
		if err := errors.Join(os.WriteFile(filepath.Join(dir, adapter.ConfigName), config, 0o600), os.WriteFile(filepath.Join(dir, other), []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := adapter.Load(t.Context(), params(t), "none", dir, base, graph.Frozen); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, []checkpoint.File{
		{Name: adapter.ConfigName, Write: func(w io.Writer) error { _, err := w.Write(config); return err }},
		{Name: adapter.WeightsName, Write: func(w io.Writer) error {
			return checkpoint.Write(w, map[string]checkpoint.Tensor{"base_model.model.score.modules_to_save.default.weight": {Shape: []int{1}, Values: []float32{1}}})
		}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := adapter.Load(t.Context(), params(t), "headless", dir, base, graph.Frozen); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), `has no matrix "base_model.model.score.weight"`) {
		t.Error(err)
	}
}

// A folder of adapters, and a file, are no adapter.
func TestFoldersThatAreNoAdapter(t *testing.T) {
	dir := t.TempDir()
	inner, file := filepath.Join(dir, "checkpoint-500", adapter.ConfigName), filepath.Join(dir, "x.safetensors")
	if err := errors.Join(os.Mkdir(filepath.Dir(inner), 0o700), os.WriteFile(inner, []byte("{}"), 0o600), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{dir: inner + " is there; give the folder of one adapter", file: "give the folder of a PEFT adapter"} {
		if _, err := adapter.ReadConfig(at); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestAdaptersOfInfiniteWeightsAreRefused(t *testing.T) {
	a, err := adapter.New(params(t), "a", Config{R: 3, LoraAlpha: 6, TargetModules: []string{"down_proj"}}.Adapter(adapter.CausalLM), base, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	up, _ := updateOf(a, "model.layers.1.mlp.down_proj")
	spoilt := values(t, up.B)
	spoilt[7] = float32(math.Inf(1))
	if err := up.B.Upload(kernel.F32s(spoilt)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
		t.Fatal(err)
	}
	_, err = adapter.Load(t.Context(), params(t), "b", dir, base, graph.Frozen)
	if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "layers.1.mlp.down_proj.lora_B.weight") || !strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
}
