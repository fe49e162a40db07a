package parity

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/clinflow/clinflow/stages/train" // architectures and methods
	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/checkpoint"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
	"github.com/clinflow/clinflow/stages/train/model"
)

// tolerance is of logits and gradients, as ‖got−want‖/‖want‖, and lossTolerance of a loss.
const tolerance, lossTolerance = 1e-5, 1e-6

// languageHead is LLaMA's, which lies unused under a classification head.
const languageHead = "lm_head.weight"

// labels are the classes of softmax and the labels of sigmoid.
const labels = 3

// parityCase is a case.json.
type parityCase struct {
	dir           string
	Base          string          `json:"base"`
	Adapter       bool            `json:"adapter"`
	Full          bool            `json:"full"` // the base is trained beside the adapter
	Task          string          `json:"task"` // lm, softmax or sigmoid
	Loss          float64         `json:"loss"`
	InputIDs      [][]int32       `json:"input_ids"`
	AttentionMask [][]int32       `json:"attention_mask"`
	PositionIDs   [][]int32       `json:"position_ids"`
	Labels        json.RawMessage `json:"labels"` // of softmax a class a row, of sigmoid a row of labels
	ClassWeights  []float64       `json:"class_weights"`
}

func TestCasesEqualTransformersAndPEFT(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*/case.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		c := parityCase{dir: filepath.Dir(file)}
		if err := json.Unmarshal(must(os.ReadFile(file))(t), &c); err != nil {
			t.Fatal(file, err)
		}
		for _, kernels := range []string{"", "go"} {
			t.Run(filepath.Base(c.dir)+" "+kernels, func(t *testing.T) {
				compare(t, c, must(cpu.New(cpu.Options{Kernel: kernels}))(t))
			})
		}
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

func compare(t *testing.T, c parityCase, b kernel.Backend) {
	golden := must(checkpoint.OpenFile(filepath.Join(c.dir, "golden.safetensors")))(t)
	defer golden.Close()
	m, a := c.trained(t, b, golden)
	logits := c.logits(t, m)
	near(t, "logits", logits, tensor(t, golden, "logits"), 0)
	c.gradients(t, m, golden)
	if a == nil {
		return
	}
	dir := t.TempDir()
	if err := checkpoint.SaveDir(dir, a.Files()); err != nil {
		t.Fatal(err)
	}
	equal, mode := same, graph.Trainable
	if encoder(golden) != nil { // our output of it is not PEFT's to the last bit
		equal, mode = near, graph.Frozen
	}
	compareFiles(t, filepath.Join(dir, adapter.WeightsName), filepath.Join(c.dir, "adapter", adapter.WeightsName), equal)
	again, _ := c.open(t, b, dir, mode)
	if !slices.Equal(c.logits(t, again), logits) {
		t.Error("the adapter predicts something else once it is saved and loaded")
	}
}

// encoder lists the golden's parameters of an encoder, of which the adapter's file has
// the output alone.
func encoder(golden *checkpoint.Weights) (names []string) {
	for _, name := range golden.Names() {
		if param, ok := strings.CutPrefix(name, "param."); ok {
			names = append(names, param)
		}
	}
	return names
}

// trained is the model with the adapter that is trained: the folder's, or where that has
// no encoder a new one with the golden's.
func (c parityCase) trained(t *testing.T, b kernel.Backend, golden *checkpoint.Weights) (*model.Model, *adapter.Adapter) {
	t.Helper()
	dir := filepath.Join(c.dir, "adapter")
	if encoder(golden) == nil {
		return c.open(t, b, dir, graph.Trainable)
	}
	m, _ := c.open(t, b, dir, graph.Frozen) // PEFT's output, in its own way
	near(t, "logits of PEFT's file", c.logits(t, m), tensor(t, golden, "logits"), 0)
	m = must(model.Open(t.Context(), b, filepath.Join("testdata/bases", c.Base), graph.Frozen))(t)
	t.Cleanup(m.Close)
	a := must(m.AddAdapter("a", must(adapter.ReadConfig(dir))(t), labels, 1))(t)
	file := must(checkpoint.OpenFile(filepath.Join(dir, adapter.WeightsName)))(t)
	defer file.Close()
	for _, p := range m.Params().Trainable() {
		name, from := strings.TrimPrefix(p.Name(), "a/"), file
		if slices.Contains(encoder(golden), name) {
			name, from = "param."+name, golden
		}
		if err := p.Upload(kernel.F64s(tensor(t, from, name))); err != nil {
			t.Fatal(err)
		}
	}
	return m, a
}

// open opens the base with the adapter of a folder, or all of it to be trained.
func (c parityCase) open(t *testing.T, b kernel.Backend, dir string, mode graph.Mode) (*model.Model, *adapter.Adapter) {
	t.Helper()
	m := must(model.Open(t.Context(), b, filepath.Join("testdata/bases", c.Base), graph.Mode(c.Full || !c.Adapter)))(t)
	t.Cleanup(m.Close)
	if !c.Adapter {
		return m, nil
	}
	return m, must(m.LoadAdapter(t.Context(), "a", dir, mode))(t)
}

// logits are of each token [batch·seq, vocabulary], zero at padding, or of each text
// [batch, labels].
func (c parityCase) logits(t *testing.T, m *model.Model) []float64 {
	t.Helper()
	g := must(m.Graph(c.shape()))(t)
	output := m.ClassLogits
	if c.Task == "lm" {
		output = m.LMLogits
	}
	node := g.Output(must(output(g))(t))
	machine := must(g.Compile())(t)
	defer machine.Close()
	must(machine.Run(c.batch(t)))(t)
	values := make([]float64, node.Rows()*node.Cols())
	if err := machine.Read(node, kernel.F64s(values)); err != nil {
		t.Fatal(err)
	}
	if c.Task == "lm" {
		return c.inPlace(values, node.Cols())
	}
	return values
}

// inPlace puts the rows of the texts where the golden has them, zeros at padding.
func (c parityCase) inPlace(values []float64, cols int) []float64 {
	out := make([]float64, len(values))
	for i, mask := range c.AttentionMask {
		from, length := text(mask)
		row := i * len(mask) * cols
		copy(out[row+from*cols:][:length*cols], values[row:])
	}
	return out
}

// text is where a row's text begins and how many tokens it has.
func text(mask []int32) (from, length int) {
	from = slices.Index(mask, 1)
	for _, real := range mask {
		length += int(real)
	}
	return from, length
}

// gradients compares the loss and the gradient of every trained parameter.
func (c parityCase) gradients(t *testing.T, m *model.Model, golden *checkpoint.Weights) {
	t.Helper()
	g := must(m.Graph(c.shape()))(t)
	g.Backward(c.loss(t, m, g))
	machine := must(g.Compile())(t)
	defer machine.Close()
	m.Params().ZeroGrad()
	result := must(machine.Run(c.batch(t)))(t)
	if !(math.Abs(result.Loss-c.Loss) <= lossTolerance*max(1, c.Loss)) {
		t.Errorf("the loss is %.9f, want %.9f", result.Loss, c.Loss)
	}
	want := map[string][]float64{}
	var all float64
	for _, name := range golden.Names() {
		if param, ok := strings.CutPrefix(name, "grad."); ok {
			want[param] = tensor(t, golden, name)
			all = math.Hypot(all, norm(want[param]))
		}
	}
	trained := 0
	for _, p := range m.Params().Trainable() {
		_, name, found := strings.Cut(p.Name(), "/")
		if !found {
			name = p.Name()
		}
		got := make([]float64, p.Len())
		if err := p.DownloadGrad(kernel.F64s(got)); err != nil {
			t.Fatal(err)
		}
		if c.Task != "lm" && name == languageHead && norm(got) == 0 {
			continue // the class of classifiers has none
		}
		trained++
		// Some gradients are zero but for rounding, such as that of a bias on all keys.
		near(t, "the gradient of "+name, got, want[name], 1e-2*all)
	}
	if trained != len(want) {
		t.Errorf("%d tensors are trained, want %d", trained, len(want))
	}
}

func (c parityCase) loss(t *testing.T, m *model.Model, g *graph.Graph) *graph.Node {
	t.Helper()
	switch c.Task {
	case "lm":
		return must(m.LMLoss(g))(t)
	case "softmax":
		return g.CrossEntropy(must(m.ClassLogits(g))(t), c.ClassWeights)
	default:
		return g.SigmoidCrossEntropy(must(m.ClassLogits(g))(t))
	}
}

func (c parityCase) shape() graph.Options {
	return graph.Options{Batch: len(c.InputIDs), Seq: len(c.InputIDs[0]), Positioned: c.leftPadded() || c.PositionIDs != nil}
}

func (c parityCase) leftPadded() bool {
	return slices.ContainsFunc(c.AttentionMask, func(mask []int32) bool { return mask[0] == 0 })
}

// batch is padded on the right, as ours are; where the golden is padded on the left, its
// tokens keep the positions that they have there.
func (c parityCase) batch(t *testing.T) graph.Batch {
	t.Helper()
	var b graph.Batch
	for i, mask := range c.AttentionMask {
		from, length := text(mask)
		b.InputIDs = append(append(b.InputIDs, c.InputIDs[i][from:]...), make([]int32, from)...)
		b.Lengths = append(b.Lengths, int32(length))
		for at := range mask {
			b.Positions = append(b.Positions, int32(min(from+at, len(mask)-1)))
		}
	}
	if c.PositionIDs != nil {
		b.Positions = slices.Concat(c.PositionIDs...)
	}
	var err error
	switch c.Task {
	case "softmax":
		err = json.Unmarshal(c.Labels, &b.Labels)
	case "sigmoid":
		var rows [][]float32
		err = json.Unmarshal(c.Labels, &rows)
		b.Targets = slices.Concat(rows...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tensor(t *testing.T, w *checkpoint.Weights, name string) []float64 {
	t.Helper()
	shape, _ := w.Shape(name)
	return must(checkpoint.Read[float64](w, name, shape...))(t)
}

func norm(v []float64) (n float64) {
	for _, x := range v {
		n = math.Hypot(n, x)
	}
	return n
}

// near compares by ‖got−want‖/‖want‖, of which the denominator is floor at least.
func near(t *testing.T, what string, got, want []float64, floor float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	difference := make([]float64, len(want))
	for i := range want {
		difference[i] = got[i] - want[i]
	}
	if distance := norm(difference) / max(norm(want), floor); !(distance <= tolerance) {
		t.Errorf("%s: differs by %.3g", what, distance)
	}
}

func same(t *testing.T, what string, got, want []float64, _ float64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: has other values", what)
	}
}

// compareFiles demands two files of equal tensors, but for those that PEFT writes twice with
// bias all.
func compareFiles(t *testing.T, got, want string, equal func(t *testing.T, what string, got, want []float64, floor float64)) {
	t.Helper()
	a, b := must(checkpoint.OpenFile(got))(t), must(checkpoint.OpenFile(want))(t)
	defer a.Close()
	defer b.Close()
	once := slices.DeleteFunc(b.Names(), func(name string) bool {
		return strings.Contains(name, ".modules_to_save.") || strings.Contains(name, ".original_module.")
	})
	if !slices.Equal(a.Names(), once) {
		t.Errorf("the saved adapter has the tensors %q, PEFT's has %q", a.Names(), once)
		return
	}
	for _, name := range a.Names() {
		equal(t, "the saved "+name, tensor(t, a, name), tensor(t, b, name), 0)
	}
}
