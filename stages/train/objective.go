package train

import (
	"github.com/clinflow/clinflow/internal/auroc"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/model"
)

// objective is what a model is trained for: a graph's computation and what its
// loss reads beside the tokens.
type objective interface {
	// build adds the model and its loss to a graph; logits is nil where no one
	// reads them.
	build(g *graph.Graph) (loss, logits *graph.Node, err error)
	// labels adds the rows' labels to a batch.
	labels(in *graph.Batch, rows examples, b batch)
}

// languageModel predicts each next token.
type languageModel struct{ model *model.Model }

func (o languageModel) build(g *graph.Graph) (loss, logits *graph.Node, err error) {
	return o.model.LMLoss(g), nil, nil
}

func (o languageModel) labels(*graph.Batch, examples, batch) {}

// classifier gives each document a class or a set of labels.
type classifier struct {
	logits       func(*graph.Graph) (*graph.Node, error) // [batch, numLabels]
	kind         string                                  // singleLabel or multiLabel
	numLabels    int
	classWeights []float64      // nil: every class weighs 1
	measures     auroc.Measures // the AUROC on val
}

func (o classifier) build(g *graph.Graph) (loss, logits *graph.Node, err error) {
	if logits, err = o.logits(g); err != nil {
		return nil, nil, err
	}
	g.Output(logits)
	if o.kind == multiLabel {
		return g.SigmoidCrossEntropy(logits), logits, nil
	}
	return g.CrossEntropy(logits, o.classWeights), logits, nil
}

func (o classifier) labels(in *graph.Batch, rows examples, b batch) {
	if o.kind == singleLabel {
		in.Labels = make([]int32, len(b.rows))
		for i, row := range b.rows {
			in.Labels[i] = rows[row].Label
		}
		return
	}
	in.Targets = make([]float32, len(b.rows)*o.numLabels)
	for i, row := range b.rows {
		for _, label := range rows[row].Labels {
			in.Targets[i*o.numLabels+int(label)] = 1
		}
	}
}
