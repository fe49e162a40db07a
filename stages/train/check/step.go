package check

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model/llama"
)

// Shape is a LLaMA with LoRA on q_proj and v_proj, or what is named instead, and a batch.
type Shape struct {
	Hidden, Intermediate, Layers, Heads, KVHeads, Vocabulary int
	Batch, Seq, Rank, Labels                                 int
	Dropout                                                  float64
	Checkpointing                                            bool
	Whole                                                    bool // the base is trained too, with tied embeddings
	BERT                                                     bool
	Packed                                                   bool           // rows hold several documents
	Adapter                                                  adapter.Config // without a PEFTType: LoRA
}

// Config is the model's. Its weights are 0.4 of what would keep the size of what
// passes through them: with larger ones bf16's own rounding grows from layer to layer
// past what tells a right gradient from a wrong one.
func (s Shape) Config() llama.Config {
	return llama.Config{
		HiddenSize: s.Hidden, IntermediateSize: s.Intermediate, NumHiddenLayers: s.Layers, NumAttentionHeads: s.Heads,
		NumKeyValueHeads: s.KVHeads, HeadDim: s.Hidden / s.Heads, VocabSize: s.Vocabulary, MaxPositionEmbeddings: s.positions(),
		RMSNormEps: 1e-6, RopeTheta: 10000, InitializerRange: 0.4 / math.Sqrt(float64(s.Hidden)), TieWordEmbeddings: s.Whole, BosTokenID: 1, PadTokenID: -1, EosTokenIDs: []int32{2},
	}
}

// positions are those of the text and of what adapters put in front of it.
func (s Shape) positions() int { return 2 * s.Seq }

// Loss is what a model is trained for.
type Loss string

// The losses.
const (
	LanguageModel Loss = "language model"
	OneOfLabels   Loss = "softmax head"
	EachLabel     Loss = "sigmoid head"
)

// pack puts documents of five tokens into the rows.
func (s Shape) pack(b *graph.Batch) {
	for i := range s.Batch * s.Seq {
		from := i % s.Seq / 5 * 5
		b.Starts, b.Positions = append(b.Starts, int32(from)), append(b.Positions, int32(i%s.Seq-from))
	}
}

// batch is random tokens of full, shorter and no length, and labels of all kinds.
func (s Shape) batch(step int) graph.Batch {
	random := rand.New(rand.NewPCG(uint64(step), 2))
	b := graph.Batch{InputIDs: make([]int32, s.Batch*s.Seq), Lengths: make([]int32, s.Batch), Step: uint64(step)}
	for i := range b.InputIDs {
		b.InputIDs[i] = random.Int32N(int32(s.Vocabulary))
	}
	if s.Packed {
		s.pack(&b)
	}
	for i := range b.Lengths {
		b.Lengths[i] = int32([]int{s.Seq, s.Seq - s.Seq/3, s.Seq, 0}[i%4])
		b.Labels = append(b.Labels, random.Int32N(int32(max(s.Labels, 1))))
		for range s.Labels {
			b.Targets = append(b.Targets, float32(random.IntN(2)))
		}
	}
	return b
}

// Step compares the loss and the gradients of a whole step, several times over: a
// device may run the first by other means than those that follow.
func Step(right, checked kernel.Backend, s Shape, loss Loss) (far float64, err error) {
	var trainers [2]*trainer
	for i, b := range []kernel.Backend{right, checked} {
		if trainers[i], err = newTrainer(b, s, loss, 3); err != nil {
			return 0, err
		}
		defer trainers[i].close()
	}
	for step := 1; step <= 4; step++ {
		wantLoss, want, errRight := trainers[0].gradients(step)
		gotLoss, got, errChecked := trainers[1].gradients(step)
		if err := errors.Join(errRight, errChecked); err != nil {
			return far, err
		}
		far = max(far, relative([]float64{gotLoss}, []float64{wantLoss}), relative(got, want))
	}
	return far, nil
}
