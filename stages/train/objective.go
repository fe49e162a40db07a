package train

import (
	"slices"

	"github.com/clinflow/clinflow/stages/train/graph"
)

// objective is what a model is trained for: the end of its graph and what the
// loss reads beside the tokens.
type objective interface {
	// end adds the loss to a graph whose final hidden states are hidden
	// [batch·seq, hidden]; logits is nil where no one reads them.
	end(g *graph.Graph, hidden *graph.Node) (loss, logits *graph.Node)
	// labels adds the rows' labels to a batch.
	labels(in *graph.Batch, rows examples, b batch)
}

// languageModel predicts each next token.
type languageModel struct {
	head *graph.Param // [vocab, hidden]
}

func (o languageModel) end(g *graph.Graph, hidden *graph.Node) (loss, logits *graph.Node) {
	return g.LMLoss(hidden, o.head), nil
}

func (o languageModel) labels(*graph.Batch, examples, batch) {}

// classifier scores the last token's hidden state, as transformers'
// LlamaForSequenceClassification does: a matrix without bias.
type classifier struct {
	score        *graph.Param // [num_labels, hidden]
	kind         string       // singleLabel or multiLabel
	classWeights []float64    // nil: every class weighs 1
}

func (o classifier) end(g *graph.Graph, hidden *graph.Node) (loss, logits *graph.Node) {
	logits = g.Output(g.Linear(g.LastToken(hidden), o.score, nil))
	if o.kind == multiLabel {
		return g.SigmoidCrossEntropy(logits), logits
	}
	return g.CrossEntropy(logits, o.classWeights), logits
}

func (o classifier) labels(in *graph.Batch, rows examples, b batch) {
	if o.kind == singleLabel {
		in.Labels = make([]int32, len(b.rows))
		for i, row := range b.rows {
			in.Labels[i] = rows[row].Label
		}
		return
	}
	n := o.score.Shape()[0]
	in.Targets = make([]float32, len(b.rows)*n)
	for i, row := range b.rows {
		for _, label := range rows[row].Labels {
			in.Targets[i*n+int(label)] = 1
		}
	}
}

// withLabel says whether a row has a label: a class, or one of a set.
func (o classifier) withLabel(rows examples, row, label int) bool {
	if o.kind == singleLabel {
		return int(rows[row].Label) == label
	}
	return slices.Contains(rows[row].Labels, int32(label))
}
