package adapter_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	_ "github.com/clinflow/clinflow/stages/train" // stages with the key peft
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/trainer"
)

// baseDir is a LLaMA of two layers, 4 heads over 2 key heads and 64 words.
const baseDir = "../model/testdata/llama/hf"

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func backend(t testing.TB, float kernel.DType) kernel.Backend {
	return must(cpu.New(cpu.Options{Float: float}))(t)
}

func open(t testing.TB, b kernel.Backend) *model.Model {
	m := must(model.Open(t.Context(), b, baseDir, graph.Frozen))(t)
	t.Cleanup(m.Close)
	return m
}

// configOf is a new adapter of the keys that a user would write.
func configOf(t testing.TB, yaml, taskType, base string) adapter.Config {
	t.Helper()
	var peft adapter.PEFT
	resolved := must(dags.Resolve("peft", []byte(yaml), peft.Fields()))(t)
	if err := json.Unmarshal(resolved, &peft); err != nil {
		t.Fatal(err)
	}
	return peft.Config(taskType, base)
}

// withMethod is the base with a new adapter of the keys that a user would write.
func withMethod(t testing.TB, b kernel.Backend, taskType, yaml string) (*model.Model, *adapter.Adapter) {
	t.Helper()
	m := open(t, b)
	return m, must(m.AddAdapter("new", configOf(t, yaml, taskType, baseDir), 2, 7))(t)
}

// answer computes what a model says of a batch of one text: a graph's output.
func answer(t testing.TB, m *model.Model, ids []int32, output func(*graph.Graph) (*graph.Node, error)) []float64 {
	t.Helper()
	g := must(m.Graph(graph.Options{Batch: 1, Seq: len(ids)}))(t)
	node := g.Output(must(output(g))(t))
	machine := must(g.Compile())(t)
	defer machine.Close()
	must(machine.Run(graph.Batch{InputIDs: ids, Lengths: []int32{int32(len(ids))}}))(t)
	return read(t, machine, node)
}

func read(t testing.TB, machine *graph.Machine, node *graph.Node) []float64 {
	t.Helper()
	values := make([]float64, node.Rows()*node.Cols())
	if err := machine.Read(node, kernel.F64s(values)); err != nil {
		t.Fatal(err)
	}
	return values
}

func upload(t testing.TB, p *graph.Param, values []float64) {
	t.Helper()
	if err := p.Upload(kernel.F64s(values)); err != nil {
		t.Fatal(err)
	}
}

func near(t testing.TB, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

var text, before = []int32{1, 17, 5, 40, 9}, []int32{33, 8}

// wordsOf is a model's columns.
const words = 64

// Rows in front of the tokens that are the embeddings of words do what the words do.
func TestVirtualTokensAreTokens(t *testing.T) {
	b := backend(t, kernel.F64)
	m, a := withMethod(t, b, adapter.CausalLM, "type: virtual")
	table := must(m.Params().Get("model.embed_tokens.weight").Values())(t)
	var rows []float64
	for _, id := range before {
		for _, v := range table[int(id)*32 : (int(id)+1)*32] {
			rows = append(rows, float64(v))
		}
	}
	upload(t, a.Method.(*virtual).prompt, rows)
	plain := open(t, b)
	want := answer(t, plain, slices.Concat(before, text), plain.LMLogits)
	near(t, "logits", answer(t, m, text, m.LMLogits), want[len(before)*words:])
	near(t, "the next token's", answer(t, m, text, m.NextLogits), want[(len(before)+len(text)-1)*words:])

	// Every token of the text is predicted, the first one by the row in front of it.
	var sum float64
	for i, id := range text {
		sum += surprise(want[(len(before)+i-1)*words:][:words], id)
	}
	g := must(m.Graph(graph.Options{Batch: 1, Seq: len(text)}))(t)
	must(m.LMLoss(g))(t)
	machine := must(g.Compile())(t)
	defer machine.Close()
	got := must(machine.Run(graph.Batch{InputIDs: text, Lengths: []int32{int32(len(text))}}))(t)
	near(t, "loss and its targets", []float64{got.Sum, got.Weight}, []float64{sum, float64(len(text))})
}

// surprise is the cross-entropy of one row of logits.
func surprise(logits []float64, id int32) float64 {
	var sum float64
	for _, v := range logits {
		sum += math.Exp(v)
	}
	return math.Log(sum) - logits[id]
}

// listener keeps the keys and values of each layer as they are, and what its weights
// make of other hidden states.
type listener struct {
	adapter.Unchanged
	other        *graph.Node // nil: none
	keys, values []*graph.Node
	made         [2]*graph.Node // of other, by the first layer
}

func (l *listener) Attention(g *graph.Graph, a adapter.Attention, attend adapter.Attend) *graph.Node {
	l.keys, l.values = append(l.keys, g.Output(a.K)), append(l.values, g.Output(a.V))
	if a.Layer == 0 && l.other != nil {
		k, v := a.Project(l.other)
		l.made = [2]*graph.Node{g.Output(g.Rope(k, a.KVHeads, graph.RopeFreqs(8, 10000), 0)), g.Output(v)}
	}
	return attend(a.K, a.V)
}

// Keys and values in front that are those of words do what the words do, at their
// positions.
func TestVirtualKeysAreThoseOfTokens(t *testing.T) {
	b := backend(t, kernel.F64)
	m, a := withMethod(t, b, adapter.CausalLM, "{type: virtual, tokens: 0, keys: 2}")
	heard, machine := hear(t, b, func(*graph.Graph, *graph.Params) *graph.Node { return nil })
	for layer := range heard.keys {
		upload(t, a.Method.(*virtual).keys[layer], read(t, machine, heard.keys[layer]))
		upload(t, a.Method.(*virtual).values[layer], read(t, machine, heard.values[layer]))
	}
	plain := open(t, b)
	want := answer(t, plain, slices.Concat(before, text), plain.LMLogits)
	near(t, "logits", answer(t, m, text, m.LMLogits), want[len(before)*words:])
}

// hear runs the words before through the base with a listener.
func hear(t *testing.T, b kernel.Backend, other func(*graph.Graph, *graph.Params) *graph.Node) (*listener, *graph.Machine) {
	t.Helper()
	weights := must(checkpoint.Open(baseDir))(t)
	defer weights.Close()
	base := must(must(model.ReadConfig(baseDir))(t).Open(t.Context(), b, weights, baseDir, graph.Frozen))(t)
	g := graph.New(base.Params(), graph.Options{Batch: 1, Seq: len(before)})
	heard := &listener{other: other(g, base.Params())}
	base.Hidden(g, heard)
	machine := must(g.Compile())(t)
	t.Cleanup(func() { machine.Close(); base.Params().Close() })
	must(machine.Run(graph.Batch{InputIDs: before, Lengths: []int32{int32(len(before))}}))(t)
	return heard, machine
}

// A hook makes the keys and values that the layer makes, of the same hidden states.
func TestAHookProjectsByTheLayersWeights(t *testing.T) {
	heard, machine := hear(t, backend(t, kernel.F64), func(g *graph.Graph, ps *graph.Params) *graph.Node {
		return g.RMSNorm(g.Embedding(ps.Get("model.embed_tokens.weight")), ps.Get("model.layers.0.input_layernorm.weight"), 1e-5)
	})
	near(t, "keys", read(t, machine, heard.made[0]), read(t, machine, heard.keys[0]))
	near(t, "values", read(t, machine, heard.made[1]), read(t, machine, heard.values[0]))
}

// Adapters of several methods add up in either order where they change other things.
func TestMethodsAddUp(t *testing.T) {
	b := backend(t, kernel.F64)
	update := lora.Config{R: 2, LoraAlpha: 4, TargetModules: []string{"q_proj", "down_proj"}}.Adapter(adapter.CausalLM)
	virtualRows := adapter.Config{PEFTType: "VIRTUAL", Method: virtualConfig{1, 1}, TaskType: adapter.CausalLM}
	var answers [2][]float64
	for i, order := range [][]adapter.Config{{update, virtualRows}, {virtualRows, update}} {
		m := open(t, b)
		for _, c := range order {
			must(m.AddAdapter(c.PEFTType, c, 0, 7))(t)
		}
		for _, p := range m.Params().Trainable() {
			if strings.HasSuffix(p.Name(), "lora_B.weight") {
				upload(t, p, slices.Repeat([]float64{0.1}, p.Len()))
			}
		}
		answers[i] = answer(t, m, text, m.LMLogits)
	}
	near(t, "logits", answers[0], answers[1])
	if plain := open(t, b); slices.Equal(answers[0], answer(t, plain, text, plain.LMLogits)) {
		t.Error("the adapters change nothing")
	}
}

func TestGradientsOfAMethodAreFiniteDifferences(t *testing.T) {
	for _, checkpointing := range []bool{false, true} {
		t.Run(fmt.Sprintf("checkpointing %v", checkpointing), func(t *testing.T) {
			for _, yaml := range []string{
				"{type: virtual, tokens: 1, keys: 2}",
				"{type: prefix_tuning, num_virtual_tokens: 1, prefix_projection: true, encoder_hidden_size: 1}", // made outside of the layers
			} {
				m, _ := withMethod(t, backend(t, kernel.F64), adapter.SeqCls, yaml)
				for _, loss := range []func(*graph.Graph) (*graph.Node, error){m.LMLoss, func(g *graph.Graph) (*graph.Node, error) {
					logits, err := m.ClassLogits(g)
					return g.CrossEntropy(logits, nil), err
				}} {
					compareWithDifferences(t, m, graph.Options{Batch: 3, Seq: 5, Training: true, Checkpointing: checkpointing}, loss)
				}
			}
		})
	}
}

func compareWithDifferences(t *testing.T, m *model.Model, o graph.Options, loss func(*graph.Graph) (*graph.Node, error)) {
	t.Helper()
	// A whole text, a short one and one that is not there.
	batch := graph.Batch{InputIDs: slices.Concat(text, []int32{1, 30, 0, 0, 0}), Lengths: []int32{5, 2}, Labels: []int32{1, 0}}
	g := must(m.Graph(o))(t)
	g.Backward(must(loss(g))(t))
	machine := must(g.Compile())(t)
	defer machine.Close()
	m.Params().ZeroGrad()
	must(machine.Run(batch))(t)
	gradients := map[*graph.Param][]float64{}
	for _, p := range m.Params().Trainable() {
		gradients[p] = make([]float64, p.Len())
		if err := p.DownloadGrad(kernel.F64s(gradients[p])); err != nil {
			t.Fatal(err)
		}
	}
	for p, got := range gradients {
		values := make([]float64, p.Len())
		if err := p.Download(kernel.F64s(values)); err != nil {
			t.Fatal(err)
		}
		at := func(i int, value float64) float64 {
			changed := slices.Clone(values)
			changed[i] = value
			upload(t, p, changed)
			return must(machine.Run(batch))(t).Loss
		}
		for i, v := range values {
			const h = 1e-5
			want := (at(i, v+h) - at(i, v-h)) / (2 * h)
			if math.Abs(got[i]-want) > 1e-7*(1+math.Abs(want)) {
				t.Fatalf("%s[%d]: gradient %g, finite difference %g", p.Name(), i, got[i], want)
			}
		}
		upload(t, p, values)
	}
}

// rows are documents in which word 5 or 6 tells the label.
func rows(split string, n int) examples.Rows {
	out := make(examples.Rows, n)
	for i := range out {
		label := int32(i % 2)
		ids := []int32{1, int32(7 + i%50), 5 + label, int32(7 + i*3%50)}
		out[i] = examples.Example{ExampleID: fmt.Sprint(split, i), SubjectID: int64(i), Split: split, InputIDs: ids, NTokens: 4, Label: label}
	}
	return out
}

// Methods are trained as train.finetune trains any, saved and loaded again.
func TestMethodsAreTrainedSavedAndLoaded(t *testing.T) {
	for _, yaml := range []string{
		"{type: virtual, tokens: 2, keys: 1}",
		"{type: prompt_tuning, num_virtual_tokens: 2}",
		"{type: prefix_tuning, num_virtual_tokens: 2}",
		"{type: prefix_tuning, num_virtual_tokens: 2, prefix_projection: true}",
		"{type: p_tuning, num_virtual_tokens: 2}",
		"{type: p_tuning, num_virtual_tokens: 2, encoder_reparameterization_type: LSTM, encoder_hidden_size: 8}",
		"{type: adaption_prompt, adapter_len: 3, adapter_layers: 2}",
	} {
		t.Run(yaml, func(t *testing.T) { trainSaveLoad(t, yaml) })
	}
}

func trainSaveLoad(t *testing.T, yaml string) {
	m, a := withMethod(t, backend(t, kernel.F32), adapter.SeqCls, yaml)
	work := must(store.Open(t.TempDir()))(t)
	end := must(trainer.Trainer{
		Env: stages.Default, Name: "proof", Model: m, Objective: trainer.Classifier{Logits: m.ClassLogits, NumLabels: 2},
		Train: rows("train", 64), Val: rows("val", 32), Epochs: 8, BatchSize: 8, LearningRate: 0.03, Before: true,
		Optimization: trainer.Optimization{Accumulation: 1, LogEvery: 10, SaveEvery: 100},
	}.Learn(t.Context(), work))(t)
	if !(*end.Val < 0.5**end.Before) {
		t.Errorf("the loss on val is %.3f after training, %.3f before", *end.Val, *end.Before)
	}
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
		t.Fatal(err)
	}
	again := open(t, m.Params().Backend())
	loaded := must(again.LoadAdapter(t.Context(), "loaded", dir, graph.Frozen))(t)
	copied := t.TempDir()
	if err := checkpoint.SaveDir(copied, loaded.Files()); err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files() {
		want, got := must(os.ReadFile(filepath.Join(dir, f.Name)))(t), must(os.ReadFile(filepath.Join(copied, f.Name)))(t)
		if string(got) != string(want) {
			t.Errorf("%s has other bytes when it is loaded and saved again", f.Name)
		}
	}
	if diff := cmp.Diff(answer(t, m, text, m.ClassLogits), answer(t, again, text, again.ClassLogits)); diff != "" {
		t.Error("the loaded adapter computes something else:", diff)
	}
}

// What registers itself is a type of the key peft, in whatever order packages begin.
func TestAMethodIsATypeOfTheStages(t *testing.T) {
	spec, ok := stages.Default.Lookup("train.finetune")
	if !ok {
		t.Fatal("train.finetune is not registered")
	}
	for yaml, want := range map[string]string{
		`{peft: {type: virtual, keys: 3}}`: `"peft":{"type":"virtual","tokens":2,"keys":3}`,
		`{peft: {type: none}}`:             `"peft":{"type":"none","r":8,"alpha":16,"dropout":0}`,
		``:                                 `"peft":{"type":"lora","r":8,"alpha":16,"dropout":0}`,
		`{peft: {target_modules: [all-linear], rank_pattern: [{layers: q_proj, value: 2}], modules_to_save: [norm]}}`: `"target_modules":["all-linear"],"rank_pattern":[{"layers":"q_proj","value":2}],"modules_to_save":["norm"]}`,
		`{peft: {type: virtual, modules_to_save: [norm]}}`:                                                            `modules_to_save: is no key of this type; it goes with type lora or none`,
		`{peft: {bias: some}}`:                        `bias`,
		`{peft: {rank_pattern: [{layers: q_proj}]}}`:  `rank_pattern[0].value: missing`,
		`{peft: {type: virtual, r: 3}}`:               `r: is no key of this type; it goes with type lora or none`,
		`{peft: {tokens: 3}}`:                         `tokens: is no key of this type; it goes with type virtual`,
		`{peft: {num_virtual_tokens: 3}}`:             `it goes with type prefix_tuning or prompt_tuning or p_tuning`,
		`{peft: {type: p_tuning}}`:                    `num_virtual_tokens`,
		`{peft: {type: virtual, token: 3}}`:           `did you mean tokens?`,
		`{peft: {type: vitual}}`:                      `did you mean virtual?`,
		`{peft: {type: virtual, tokens: -1}}`:         `too small`,
		`{peft: {type: virtual, tokens: 1, keys: x}}`: `keys`,
	} {
		resolved, err := dags.Resolve("with", []byte(yaml), spec.Config())
		if err == nil && !strings.Contains(string(resolved), want) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v, want %s", yaml, resolved, err, want)
		}
	}
	var reference strings.Builder
	if err := stages.Default.Describe(&reference, spec); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[adaption_prompt, full, lora, none, p_tuning, prefix_tuning, prompt_tuning, virtual]", "peft.r: integer, 8 by default [at least 1], with type lora or none", "peft.keys: integer, 0 by default [at least 0], with type virtual"} {
		if !strings.Contains(strings.Join(strings.Fields(reference.String()), " "), want) {
			t.Errorf("the reference leaves out %q", want)
		}
	}
	if strings.Contains(spec.Sample(), "tokens: 2") {
		t.Error("the sample of a LoRA has another method's key")
	}
}

// Virtual tokens take positions from the text.
func TestATextThatIsTooLongWithVirtualTokens(t *testing.T) {
	m, _ := withMethod(t, backend(t, kernel.F32), adapter.CausalLM, "{type: virtual, tokens: 3, keys: 1}")
	must(m.Graph(graph.Options{Batch: 1, Seq: 60}))(t)
	if _, err := m.Graph(graph.Options{Batch: 1, Seq: 61}); exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), "61 tokens and 4 virtual ones") {
		t.Error(err)
	}
}

// A head has the name and the bias that the model's class gives it.
func TestHeadsOfOtherClasses(t *testing.T) {
	base := adapter.Base{Hidden: 8, InitializerRange: 0.02, Head: adapter.HeadModule{Name: "classifier", Bias: true}}
	c := adapter.Config{PEFTType: "VIRTUAL", Method: virtualConfig{tokens: 1}, TaskType: adapter.SeqCls}
	ps := graph.NewParams(backend(t, kernel.F32))
	defer ps.Close()
	a := must(adapter.New(ps, "a", c, base, 3, 1))(t)
	upload(t, a.Head.Bias, []float64{1, 2, 3})
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
		t.Fatal(err)
	}
	loaded := must(adapter.Load(t.Context(), ps, "b", dir, base, graph.Frozen))(t)
	if got := must(loaded.Head.Bias.Values())(t); !slices.Equal(got, []float32{1, 2, 3}) {
		t.Errorf("the bias is %v", got)
	}
	if got := loaded.Config.ModulesToSave; !slices.Equal(got, []string{"classifier"}) {
		t.Errorf("modules_to_save is %q", got)
	}
	if !loaded.Head.Has(loaded.Head.Bias) || loaded.Head.Has(a.Head.Weight) {
		t.Error("a head does not know its parameters")
	}
	other := base
	other.Head = adapter.HeadModule{Name: "score"}
	if _, err := adapter.Load(t.Context(), ps, "c", dir, other, graph.Frozen); exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "classifier") {
		t.Errorf("a model with another head: %v", err)
	}
}

// A damaged configuration may ask for any size: its file does not, and none is allocated.
func TestAnAdapterLargerThanItsFile(t *testing.T) {
	base := adapter.Base{Hidden: 8, Layers: []adapter.Layer{{Name: "layers.0.q_proj", In: 8, Out: 8}}}
	c := adapter.Config{PEFTType: "LORA", Method: lora.Config{R: 2, LoraAlpha: 2, TargetModules: []string{"q_proj"}}, TaskType: adapter.CausalLM}
	ps := graph.NewParams(backend(t, kernel.F32))
	defer ps.Close()
	a := must(adapter.New(ps, "a", c, base, 0, 1))(t)
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, adapter.ConfigName)
	data := must(os.ReadFile(path))(t)
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), `"r": 2`, `"r": 1000000000000`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := adapter.Load(t.Context(), ps, "b", dir, base, graph.Frozen)
	if exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), "has shape [2 8], the configuration asks for [1000000000000 8]") {
		t.Errorf("got %v", err)
	}
}
