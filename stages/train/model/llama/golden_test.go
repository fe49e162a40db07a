package llama

import (
	"encoding/json"
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
)

// engines are the backends compared with the float64 golden, and how far a
// tensor may be from it: ‖g−g′‖/‖g‖.
var engines = []struct {
	name      string
	options   cpu.Options
	tolerance float64
}{
	{"float64", cpu.Options{Float: kernel.F64}, 1e-12},
	{"float32", cpu.Options{Float: kernel.F32}, 1e-5},
	{"float32 avx2", cpu.Options{Float: kernel.F32, Kernel: "avx2"}, 1e-5},
	{"float32 go", cpu.Options{Float: kernel.F32, Kernel: "go"}, 1e-5},
}

// goldenFile is testdata/llama/golden.json.
type goldenFile struct {
	LMLoss       float64     `json:"lm_loss"`
	FullLoss     float64     `json:"full_loss"`
	ClsLoss      float64     `json:"cls_loss"`
	WeightedLoss float64     `json:"weighted_loss"`
	MultiLoss    float64     `json:"multilabel_loss"`
	Batch        goldenBatch `json:"batch"`
	Multihot     [][]float32 `json:"multihot"`
	ClassWeights []float64   `json:"class_weights"`
}

type goldenBatch struct {
	InputIDs      [][]int32 `json:"input_ids"`
	AttentionMask [][]int32 `json:"attention_mask"`
	Classes       []int32   `json:"classes"`
}

func (b goldenBatch) shape() graph.Options {
	return graph.Options{Batch: len(b.InputIDs), Seq: len(b.InputIDs[0]), Training: true}
}

func (b goldenBatch) batch() graph.Batch {
	out := graph.Batch{Labels: b.Classes}
	for i, row := range b.InputIDs {
		out.InputIDs = append(out.InputIDs, row...)
		length := int32(0)
		for _, m := range b.AttentionMask[i] {
			length += m
		}
		out.Lengths = append(out.Lengths, length)
	}
	return out
}

// bench is a model on one engine beside the golden values.
type bench struct {
	*testing.T
	*model.Model
	golden    goldenFile
	tensors   *checkpoint.Weights
	tolerance float64
}

// onEveryEngine opens the golden model on each backend.
func onEveryEngine(t *testing.T, mode graph.Mode, test func(bench)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			backend, err := cpu.New(e.options)
			if err != nil {
				t.Skip(err) // a kernel that this processor has not
			}
			m := must(model.Open(t.Context(), backend, filepath.Join(goldenDir, "hf"), mode))(t)
			tensors := must(checkpoint.OpenFile(filepath.Join(goldenDir, "golden.safetensors")))(t)
			t.Cleanup(func() { m.Close(); tensors.Close() })
			b := bench{T: t, Model: m, tensors: tensors, tolerance: e.tolerance}
			data := must(os.ReadFile(filepath.Join(goldenDir, "golden.json")))(t)
			if err := json.Unmarshal(data, &b.golden); err != nil {
				t.Fatal(err)
			}
			test(b)
		})
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// near compares a loss.
func (b bench) near(what string, got, want float64) {
	b.Helper()
	if !(math.Abs(got-want) <= b.tolerance*math.Max(1, math.Abs(want))) {
		b.Errorf("%s is %.9f, PyTorch says %.9f", what, got, want)
	}
}

// equal compares a tensor by ‖got-want‖/‖want‖.
func (b bench) equal(name string, got []float64) {
	b.Helper()
	shape, _ := b.tensors.Shape(name)
	want := must(checkpoint.Read[float64](b.tensors, name, shape...))(b.T)
	if len(got) != len(want) {
		b.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	var difference, norm float64
	for i := range want {
		difference += (got[i] - want[i]) * (got[i] - want[i])
		norm += want[i] * want[i]
	}
	if distance := math.Sqrt(difference / norm); !(distance <= b.tolerance) {
		b.Errorf("%s differs from PyTorch's by %.3g", name, distance)
	}
}

func (b bench) adapter(folder string, mode graph.Mode) {
	b.Helper()
	must(b.LoadAdapter(b.Context(), folder, filepath.Join(goldenDir, folder), mode))(b.T)
}

// run builds a graph of the golden batch's shape and runs it; the loss may be nil.
func (b bench) run(build func(*graph.Graph) (output, loss *graph.Node)) (graph.Result, []float64) {
	b.Helper()
	g := must(b.Graph(b.golden.Batch.shape()))(b.T)
	output, loss := build(g)
	if output != nil {
		g.Output(output)
	}
	if loss != nil {
		g.Backward(loss)
	}
	machine := must(g.Compile())(b.T)
	defer machine.Close()
	b.Params().ZeroGrad()
	batch := b.golden.Batch.batch()
	for _, row := range b.golden.Multihot {
		batch.Targets = append(batch.Targets, row...)
	}
	result := must(machine.Run(batch))(b.T)
	if output == nil {
		return result, nil
	}
	values := make([]float64, output.Rows()*output.Cols())
	if err := machine.Read(output, kernel.F64s(values)); err != nil {
		b.Fatal(err)
	}
	return result, values
}

// gradients compares the gradient of every trainable parameter. prefix stands
// before the golden's names.
func (b bench) gradients(prefix string) {
	b.Helper()
	for _, p := range b.Params().Trainable() {
		got := make([]float64, p.Len())
		if err := p.DownloadGrad(kernel.F64s(got)); err != nil {
			b.Fatal(err)
		}
		_, file, found := strings.Cut(p.Name(), "/")
		if !found {
			file = p.Name()
		}
		b.equal(prefix+file, got)
	}
}

func lmLogits(b bench) func(*graph.Graph) (*graph.Node, *graph.Node) {
	return func(g *graph.Graph) (*graph.Node, *graph.Node) { return must(b.LMLogits(g))(b.T), nil }
}

func lmLoss(b bench) func(*graph.Graph) (*graph.Node, *graph.Node) {
	return func(g *graph.Graph) (*graph.Node, *graph.Node) { return nil, must(b.LMLoss(g))(b.T) }
}

// realRows zeroes the rows of padding, which nothing may read.
func (b bench) realRows(values []float64, cols int) []float64 {
	for i, row := range b.golden.Batch.AttentionMask {
		for j, real := range row {
			if real == 0 {
				at := (i*len(row) + j) * cols
				clear(values[at : at+cols])
			}
		}
	}
	return values
}

func TestLogits(t *testing.T) {
	onEveryEngine(t, graph.Frozen, func(b bench) {
		_, got := b.run(lmLogits(b))
		b.equal("base.logits", b.realRows(got, 64))
	})
}

// transformers writes the shards and their index in bfloat16.
func TestShardsOfBfloat16(t *testing.T) {
	onEveryEngine(t, graph.Frozen, func(b bench) {
		b.Model = must(model.Open(b.Context(), b.Params().Backend(), filepath.Join(goldenDir, "sharded"), graph.Frozen))(b.T)
		defer b.Close()
		_, got := b.run(lmLogits(b))
		b.equal("sharded.logits", b.realRows(got, 64))
	})
}

func TestLoRALanguageModel(t *testing.T) {
	onEveryEngine(t, graph.Frozen, func(b bench) {
		b.adapter("lora_lm", graph.Trainable)
		_, got := b.run(lmLogits(b))
		b.equal("lm.logits", b.realRows(got, 64))
		result, _ := b.run(lmLoss(b))
		b.near("loss", result.Loss, b.golden.LMLoss)
		b.gradients("lm.grad.")
	})
}

func TestGradientsOfEveryWeight(t *testing.T) {
	onEveryEngine(t, graph.Trainable, func(b bench) {
		result, _ := b.run(lmLoss(b))
		b.near("loss", result.Loss, b.golden.FullLoss)
		b.gradients("full.grad.")
	})
}

func TestClassification(t *testing.T) {
	for name, loss := range map[string]func(b bench, g *graph.Graph, logits *graph.Node) (*graph.Node, float64){
		"cls": func(b bench, g *graph.Graph, logits *graph.Node) (*graph.Node, float64) {
			return g.CrossEntropy(logits, nil), b.golden.ClsLoss
		},
		"weighted": func(b bench, g *graph.Graph, logits *graph.Node) (*graph.Node, float64) {
			return g.CrossEntropy(logits, b.golden.ClassWeights), b.golden.WeightedLoss
		},
		"multilabel": func(b bench, g *graph.Graph, logits *graph.Node) (*graph.Node, float64) {
			return g.SigmoidCrossEntropy(logits), b.golden.MultiLoss
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEveryEngine(t, graph.Frozen, func(b bench) {
				b.adapter("lora_cls", graph.Trainable)
				var want float64
				result, logits := b.run(func(g *graph.Graph) (output, node *graph.Node) {
					output = must(b.ClassLogits(g))(b.T)
					node, want = loss(b, g, output)
					return output, node
				})
				b.equal("cls.logits", logits)
				b.near("loss", result.Loss, want)
				b.gradients(name + ".grad.")
			})
		})
	}
}

func TestAdaptersAddUp(t *testing.T) {
	onEveryEngine(t, graph.Frozen, func(b bench) {
		b.adapter("lora_lm", graph.Frozen)
		b.adapter("lora_cls", graph.Trainable)
		_, got := b.run(func(g *graph.Graph) (*graph.Node, *graph.Node) { return must(b.ClassLogits(g))(b.T), nil })
		b.equal("stacked.logits", got)
		if n := len(b.Params().Trainable()); n != 9 {
			b.Errorf("%d tensors are trained, want the second adapter's 9", n)
		}
	})
}

func TestTiedEmbeddings(t *testing.T) {
	onEveryEngine(t, graph.Trainable, func(b bench) {
		// The golden's tied model has the untied one's weights but the head.
		untied := b.Model
		config := must(model.ReadConfig(filepath.Join(goldenDir, "hf")))(b.T).(Config)
		config.TieWordEmbeddings = true
		b.Model = model.New(must(build(b.T.Context(), untied.Params().Backend(), config, graph.Trainable))(b.T))
		defer b.Close()
		for _, p := range b.Params().All() {
			values := make([]float32, p.Len())
			if err := untied.Params().Get(p.Name()).Download(kernel.F32s(values)); err != nil {
				b.Fatal(err)
			}
			if err := p.Upload(kernel.F32s(values)); err != nil {
				b.Fatal(err)
			}
		}
		_, got := b.run(lmLogits(b))
		b.equal("tied.logits", b.realRows(got, 64))
		b.run(lmLoss(b))
		embed := b.Params().Get("model.embed_tokens.weight")
		gradient := make([]float64, embed.Len())
		if err := embed.DownloadGrad(kernel.F64s(gradient)); err != nil {
			b.Fatal(err)
		}
		b.equal("tied.grad.model.embed_tokens.weight", gradient)
	})
}

func TestSavedAdapterIsPEFTs(t *testing.T) {
	for _, folder := range []string{"lora_lm", "lora_cls"} {
		from := filepath.Join(goldenDir, folder)
		m := must(model.Open(t.Context(), must(cpu.New(cpu.Options{}))(t), filepath.Join(goldenDir, "hf"), graph.Frozen))(t)
		defer m.Close()
		a := must(m.LoadAdapter(t.Context(), folder, from, graph.Frozen))(t)
		dir := t.TempDir()
		if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
			t.Fatal(err)
		}
		got := must(os.ReadFile(filepath.Join(dir, adapter.WeightsName)))(t)
		want := must(os.ReadFile(filepath.Join(from, adapter.WeightsName)))(t)
		if string(got) != string(want) {
			t.Errorf("%s: the weights differ from what PEFT saved", folder)
		}
	}
}

// attention_dropout changes a training alone, and is told to those that keep hidden states.
func TestDropoutOfAttention(t *testing.T) {
	losses := map[bool][]float64{}
	config := must(model.ReadConfig(filepath.Join(goldenDir, "hf")))(t).(Config)
	config.InitializerRange, config.AttentionDropout = 0.4, 0.5
	m := must(New(t.Context(), must(cpu.New(cpu.Options{}))(t), config, 1))(t)
	defer m.Close()
	for _, training := range []bool{false, true} {
		g := must(m.Graph(graph.Options{Batch: 1, Seq: 8, Training: training, Seed: 3}))(t)
		g.Backward(must(m.LMLoss(g))(t))
		machine := must(g.Compile())(t)
		defer machine.Close()
		for step := range uint64(2) {
			result := must(machine.Run(graph.Batch{InputIDs: []int32{1, 5, 9, 3, 14, 7, 8, 4}, Lengths: []int32{8}, Step: step}))(t)
			losses[training] = append(losses[training], result.Loss)
		}
	}
	if losses[false][0] != losses[false][1] || losses[true][0] == losses[true][1] || !m.Drops() {
		t.Errorf("losses %v, drops %v", losses, m.Drops())
	}
}
