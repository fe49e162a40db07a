package check_test

import (
	"math"
	"testing"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cpu"
)

func open(t *testing.T, o cpu.Options) kernel.Backend {
	t.Helper()
	b, err := cpu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheCPUAgreesWithItself(t *testing.T) {
	for _, checked := range []kernel.Backend{open(t, cpu.Options{}), open(t, cpu.Options{Float: kernel.F64})} {
		results, err := check.Kernels(open(t, cpu.Options{Kernel: "go"}), checked, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if !(r.Distance < 1e-5) {
				t.Errorf("%s of %s, %s: %g apart", r.Kernel, checked.Name(), r.Sizes, r.Distance)
			}
		}
	}
}

// idle does nothing where it should compute.
type idle struct{ kernel.Backend }

func (idle) Fill(kernel.Buffer, float64)                                               {}
func (idle) Copy(_, _ kernel.Buffer)                                                   {}
func (idle) Add(_, _, _ kernel.Buffer)                                                 {}
func (idle) AddBias(_, _ kernel.Buffer, _ int)                                         {}
func (idle) SumRows(_, _ kernel.Buffer, _ int)                                         {}
func (idle) Scale(_, _, _ kernel.Buffer, _ bool)                                       {}
func (idle) Dot(_, _, _ kernel.Buffer)                                                 {}
func (idle) Activate(_, _ kernel.Buffer, _ kernel.Function)                            {}
func (idle) ActivateBack(_, _, _ kernel.Buffer, _ kernel.Function)                     {}
func (idle) SwiGLU(_, _, _ kernel.Buffer)                                              {}
func (idle) SwiGLUBack(_, _, _, _, _ kernel.Buffer)                                    {}
func (idle) Dropout(_, _, _ kernel.Buffer, _ kernel.Drop, _ bool)                      {}
func (idle) MatMul(_, _, _ kernel.Buffer, _ kernel.MatMul)                             {}
func (idle) Gather(_, _, _ kernel.Buffer, _, _ int)                                    {}
func (idle) ScatterAdd(_, _, _ kernel.Buffer, _, _ int)                                {}
func (idle) RMSNorm(_, _, _, _ kernel.Buffer, _ kernel.Norm)                           {}
func (idle) RMSNormBack(_, _, _, _, _, _ kernel.Buffer, _ kernel.Norm, _ bool)         {}
func (idle) LayerNorm(_, _, _, _, _, _ kernel.Buffer, _ kernel.Norm)                   {}
func (idle) LayerNormBack(_, _, _, _, _, _, _, _ kernel.Buffer, _ kernel.Norm, _ bool) {}
func (idle) LSTMCell(_, _, _, _ kernel.Buffer)                                         {}
func (idle) LSTMCellBack(_, _, _, _, _, _ kernel.Buffer)                               {}
func (idle) Rope(_, _, _, _ kernel.Buffer, _ kernel.Rope)                              {}
func (idle) Attention(_, _, _, _, _ kernel.Buffer, _ kernel.Seen, _ kernel.Attention)  {}
func (idle) AttentionBack(_, _, _, _, _, _, _, _, _ kernel.Buffer, _ kernel.Seen, _ kernel.Attention) {
}
func (idle) SoftmaxLoss(_, _, _, _, _ kernel.Buffer, _ kernel.Loss)   {}
func (idle) SigmoidLoss(_, _, _, _, _ kernel.Buffer, _ kernel.Loss)   {}
func (idle) ClipFactor(_ kernel.Buffer, _ []kernel.Buffer, _ float64) {}
func (idle) AdamW(_, _, _, _, _, _ kernel.Buffer, _ kernel.Adam)      {}

func TestADeviceThatDoesNothingIsFarOff(t *testing.T) {
	results, err := check.Kernels(open(t, cpu.Options{Kernel: "go"}), idle{open(t, cpu.Options{Kernel: "go"})}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Distance < 2e-2 {
			t.Errorf("%s, %s: %g apart from a kernel that does nothing", r.Kernel, r.Sizes, r.Distance)
		}
	}
}

// turned rotates the wrong way.
type turned struct{ kernel.Backend }

func (t turned) Rope(y, x, cos, sin kernel.Buffer, r kernel.Rope) {
	r.Inverse = true
	t.Backend.Rope(y, x, cos, sin, r)
}

var small = check.Shape{Hidden: 16, Intermediate: 24, Layers: 2, Heads: 4, KVHeads: 2, Vocabulary: 37, Batch: 3, Seq: 9, Rank: 2, Labels: 3, Dropout: 0.2}

func TestStepSeesAWrongGradient(t *testing.T) {
	right := open(t, cpu.Options{Kernel: "go"})
	for _, loss := range []check.Loss{check.LanguageModel, check.OneOfLabels, check.EachLabel} {
		near, err := check.Step(right, open(t, cpu.Options{Float: kernel.F64}), small, loss)
		if err != nil || !(near < 1e-4) {
			t.Errorf("%s: the CPU is %g from itself, %v", loss, near, err)
		}
		far, err := check.Step(right, turned{right}, small, loss)
		if err != nil || !(far > 2e-2) || math.IsNaN(far) {
			t.Errorf("%s: a gradient turned the wrong way is %g off, %v", loss, far, err)
		}
	}
}

func TestStepsOfModels(t *testing.T) {
	right := open(t, cpu.Options{Kernel: "go"})
	for name, shape := range check.Models() {
		near, err := check.Step(right, open(t, cpu.Options{Float: kernel.F64}), shape, check.OneOfLabels)
		if err != nil || !(near < 1e-4) {
			t.Errorf("%s: the CPU is %g from itself, %v", name, near, err)
		}
	}
}

func TestResume(t *testing.T) {
	if err := check.Resume(open(t, cpu.Options{}), small, 6); err != nil {
		t.Error(err)
	}
}
